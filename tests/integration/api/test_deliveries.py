"""Deliveries through the API and the command, with the real notifier behind the real broker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from typer.testing import CliRunner

from deploy.local.servers import Servers
from services.notifier.service import service as notifier
from shared import clock
from shared.command.main import app_for
from shared.domain import delivery
from shared.domain.delivery import Delivery, NoWord, Policy, Sent
from shared.domain.model import Group
from shared.store.alert_groups import AlertGroups, GroupWrite
from shared.store.configuration import ConfigurationStore
from shared.store.deliveries import Deliveries
from tests.integration.api.api_running import RunningApi, a_service, an_api, drop
from tests.integration.api.test_shapes import check
from tests.support import servers as shared_servers
from tests.support import vhosts
from tests.support.outgoing import a_group, page_requested
from tests.support.smtp_double import SmtpDouble

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def smtp() -> AsyncIterator[SmtpDouble]:
    async with SmtpDouble() as double:
        yield double


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(
    servers: Servers, smtp: SmtpDouble, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningApi]:
    folder = tmp_path_factory.mktemp("deliveries")
    mongo_url = shared_servers.with_database(servers.mongo_url, shared_servers.fresh_name())
    mail = {"smtp_host": smtp.host, "smtp_port": smtp.port, "smtp_from": "tocsin@example.org"}
    with vhosts.fresh_vhost(servers) as amqp_url:
        both = {"mongo_url": mongo_url, "amqp_url": amqp_url}
        async with (
            an_api(**both, data_dir=folder) as running,
            a_service(notifier, folder, **both, **mail, allow_private_addresses=True),
        ):
            await running.connected()
            yield running
        await drop(mongo_url)


async def a_row(api: RunningApi, part: str, outcome: delivery.SendOutcome, firing: bool = True) -> Delivery:
    """Store a page to a user of the api that ended so, as the notifier would."""
    user = await api.post("users/", username=f"u-{part}", email=f"{part}@example.org")
    group = await _stored(api, a_group(key=part, **({} if firing else {"silenced_at": clock.now()})))
    version = await ConfigurationStore(api.store).version()
    event = page_requested(group, part=part, user_id=user["id"], config_version=version)
    row, _ = delivery.concluded(
        delivery.requested(event, "email:example.org", clock.now()), outcome, Policy(), clock.now()
    )
    await Deliveries(api.store, timedelta(days=1)).add([(row, [])], clock.now())
    return row


async def _stored(api: RunningApi, group: Group) -> Group:
    await AlertGroups(api.store).save([GroupWrite(group, None, [], clock.now())])
    return group


async def settled(api: RunningApi, row: Delivery, action: str) -> Any:
    reply = await api.ask("POST", f"deliveries/{row.id}/{action}")
    assert reply.status == 200, reply
    return reply.body


async def test_unknown_deliveries_are_listed_and_found_by_every_filter(api: RunningApi):
    unknown = await a_row(api, "lost", NoWord("line broke"))
    sent = await a_row(api, "fine", Sent(handle="250 ok"))

    listed = await api.get("deliveries", state="unknown,failed")
    assert unknown.id in [one["id"] for one in listed["results"]]
    assert sent.id not in [one["id"] for one in listed["results"]]
    for name, value in (("user_id", sent.subject_id), ("alert_group_id", sent.group_id)):
        (found,) = (await api.get("deliveries", **{name: value}))["results"]
        assert found["id"] == sent.id
    assert (await api.get("deliveries", channel="sms"))["count"] == 0
    check(await api.get(f"deliveries/{sent.id}"), "/api/v1/deliveries/{id}")
    assert (await api.ask("GET", "deliveries", params={"state": "lost"})).status == 400
    assert (await api.ask("GET", "deliveries/nothing")).status == 404


async def test_a_resent_delivery_goes_out_and_one_whose_group_is_taken_does_not(
    api: RunningApi, smtp: SmtpDouble
):
    wanted = await a_row(api, "again", NoWord("?"))
    unwanted = await a_row(api, "over", NoWord("?"), firing=False)

    shown = await settled(api, wanted, "resend")
    await settled(api, unwanted, "resend")

    assert shown["state"] in ("pending", "sent", "sending")
    async with asyncio.timeout(60):
        while (await api.get(f"deliveries/{unwanted.id}"))["state"] != "cancelled":
            await asyncio.sleep(0.05)
        while (await api.get(f"deliveries/{wanted.id}"))["state"] != "sent":
            await asyncio.sleep(0.05)
    assert len(smtp.of("again@example.org")) == 1
    assert smtp.of("over@example.org") == []


async def test_what_was_settled_is_settled_and_only_unknown_ones_can_be(api: RunningApi):
    row = await a_row(api, "settled", NoWord("?"))

    shown = await settled(api, row, "mark_sent")
    again = await api.ask("POST", f"deliveries/{row.id}/give_up")

    assert (shown["state"], shown["reason"].startswith("marked as sent by")) == ("sent", True)
    assert again.status == 400
    assert again.body["detail"].startswith("the delivery is sent; give_up is for")
    assert (await api.ask("POST", f"deliveries/{row.id}/explode")).status == 404


async def test_the_command_lists_and_settles(api: RunningApi):
    row = await a_row(api, "command", NoWord("?"))
    where = ["--url", api.url, "--api-token", api.token]
    runner = CliRunner()

    async def run(*arguments: str) -> str:
        app = app_for(["deliveries"])
        result = await asyncio.to_thread(runner.invoke, app, ["deliveries", *arguments, *where])
        assert result.exit_code == 0, result.output
        return result.output

    listed = await run("list", "--state", "unknown", "-q")
    output = await run("settle", row.id, "--as", "failed")

    assert row.id in listed.split()
    assert "given up by" in output
    assert (await api.get(f"deliveries/{row.id}"))["state"] == "failed"


async def test_words_to_a_person_are_refused_with_the_known_errors(api: RunningApi):
    await api.post("users/", username="dumb", email="dumb@example.org")
    asked = {"message": "the lights are out"}

    nobody = await api.ask("POST", "make_call", {"email": "nobody@example.org", **asked})
    no_number = await api.ask("POST", "send_sms/", {"email": "DUMB@example.org", **asked})
    empty = await api.ask("POST", "send_sms", {"email": "dumb@example.org"})
    too_long = await api.ask("POST", "send_sms", {"email": "dumb@example.org", "message": "x" * 1025})

    assert (nobody.status, nobody.body) == (404, {"error": "user-not-found"})
    assert (no_number.status, no_number.body) == (400, {"error": "number-not-verified"})
    assert (empty.status, list(empty.body)) == (400, ["message"])
    assert too_long.status == 400


async def test_words_that_cannot_be_sent_are_answered_as_failed(api: RunningApi):
    """No provider is set up here; what providers do is shown where they are played (channels)."""
    await api.post("users/", username="phone", email="phone@example.org", phone_number="+4917012345678")

    reply = await api.ask("POST", "make_call", {"email": "phone@example.org", "message": "hello"})

    assert (reply.status, reply.body["error"]) == (503, "failed")
    assert "not set up" in reply.body["detail"]
