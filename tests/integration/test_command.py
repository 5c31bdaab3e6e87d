"""The command line, against an api, a receiver and a recorder that run as processes."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aio_pika
import pymongo
import pytest
import pytest_asyncio

from deploy.local.ports import free_port, is_free
from deploy.local.servers import Servers
from tests.support import servers as shared_servers
from tests.support import vhosts
from tests.support.stack import Stack, StackFailed, existing_services

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
NEEDED = ("api", "receiver", "recorder")
DECLARATION = """
users:
  - username: alice
    email: alice@example.org
chains:
  - name: ops
    steps:
      - { type: notify_persons, persons_to_notify: [alice] }
integrations:
  - name: Prometheus
    type: alertmanager
    token: knownknownknownknown1
    default_route: { chain: ops }
"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stack(
    servers: Servers, mongo_client: pymongo.MongoClient[Any], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stack]:
    instances = {name: int(name in NEEDED) for name in existing_services()}
    database = shared_servers.fresh_name()
    mongo_url = shared_servers.with_database(servers.mongo_url, database)
    with vhosts.fresh_vhost(servers) as amqp_url:
        running = Stack(amqp_url, mongo_url, tmp_path_factory.mktemp("command"), instances)
        try:
            await running.start(DECLARATION)
            yield running
        finally:
            await running.stop()
            mongo_client.drop_database(database)


async def failed(stack: Stack, *arguments: str) -> str:
    with pytest.raises(StackFailed) as failure:
        await stack.command(*arguments)
    return str(failure.value)


async def test_apply_shows_what_changes_and_applies_it(stack: Stack, tmp_path: Path):
    file = tmp_path / "more.yaml"
    file.write_text(DECLARATION.replace("alice@example.org", "alice@example.com") + "webhooks: []\n")

    shown = await stack.command("apply", "-f", str(file), "--dry-run")
    again = await stack.command("apply", "-f", str(file), "--dry-run")
    done = await stack.command("apply", "-f", str(file))
    after = await stack.command("apply", "-f", str(file))

    assert shown == again
    assert "~ users alice" in shown
    assert "'alice@example.org' -> 'alice@example.com'" in shown
    assert "1 changed" in done
    assert "0 changed" in after


async def test_apply_reads_a_folder_and_tells_mistakes_with_file_and_line(stack: Stack, tmp_path: Path):
    (tmp_path / "a.yaml").write_text("chains:\n  - name: ops\n")
    (tmp_path / "b.yaml").write_text(
        "integrations:\n  - name: Prometheus\n    type: alertmanager\n    templates:\n      slack:\n"
        "        title: '{{ payload.'\n    default_route: { chain: none }\n"
    )

    told = await failed(stack, "apply", "-f", str(tmp_path))

    assert f"{tmp_path}/b.yaml:6: integrations.0.templates.slack.title: " in told


async def test_apply_tells_a_misspelt_key_before_asking_anybody(stack: Stack, tmp_path: Path):
    file = tmp_path / "a.yaml"
    file.write_text("users:\n  - username: a\n    emial: x\n")

    told = await failed(stack, "apply", "-f", str(file), "--url", "http://127.0.0.1:1")

    assert f"{file}:3: users.0.emial: this key is not known here" in told


async def test_send_by_name_or_by_token_and_trace(stack: Stack):
    by_name = await stack.command("send", "alertmanager", "--integration", "Prometheus", "-q", "--key", "one")
    by_token = await stack.command(
        "send", "alertmanager", "--token", "knownknownknownknown1", "-q", "--key", "one", "--resolved"
    )
    assert by_name == by_token

    traced = json.loads(await stack.command("trace", by_name.strip(), "-o", "json"))
    table = await stack.command("trace", by_name.strip())

    assert traced["stages"][0]["event_type"] == "alert.received.v1"
    assert table.splitlines()[0].split()[:3] == ["AT", "STAGE", "EVENT"]
    assert "receiver" in table
    assert "Not found" in await failed(stack, "trace", "00000000-0000-0000-0000-000000000000")


async def test_problems_are_listed_by_the_name_of_the_integration(stack: Stack):
    assert "no-such" in await failed(stack, "problems", "list", "--integration", "no-such")
    assert (
        json.loads(await stack.command("problems", "list", "--integration", "Prometheus", "-o", "json")) == []
    )
    heads = await stack.command("problems", "list", "--state", "all")
    assert heads.split()[:3] == ["SEVERITY", "INTEGRATION", "WHERE"]


async def test_topology_and_queues_name_every_queue(stack: Stack):
    declared = (await stack.command("topology", "-q")).split()
    states = json.loads(await stack.command("queues", "-o", "json"))

    assert [one["name"] for one in states] == declared
    assert all(one["exists"] for one in states)
    assert "tocsin.router" in await stack.command("queues")


async def bury(stack: Stack, *ids: str) -> None:
    """Put events among the dead letters of the router, as it would."""
    connection = await aio_pika.connect(stack.environment["TOCSIN_AMQP_URL"])
    async with connection:
        channel = await connection.channel()
        for one in ids:
            event = {"specversion": "1.0", "id": one, "type": "alert.received.v1", "source": "/t", "data": {}}
            body = json.dumps([event]).encode()
            message = aio_pika.Message(body, headers={"x-reason": "it broke", "x-exception": "Boom"})
            await channel.default_exchange.publish(message, "tocsin.router.dead")


async def waiting(stack: Stack, queue: str) -> int:
    states = json.loads(await stack.command("queues", "-o", "json"))
    return next(int(one["messages"]) for one in states if one["name"] == queue)


async def test_dead_letters_are_listed_shown_replayed_and_discarded(stack: Stack):
    assert json.loads(await stack.command("deadletter", "list", "-o", "json")) == []
    await bury(stack, "first", "second", "third")

    assert (await stack.command("deadletter", "list", "-q")).split() == ["first", "second", "third"]
    assert "it broke" in await stack.command("deadletter", "list", "--service", "router")
    shown = json.loads(await stack.command("deadletter", "show", "second"))
    assert (shown[0]["id"], shown[0]["exception"]) == ("second", "Boom")
    assert "no dead letter" in await failed(stack, "deadletter", "show", "none")

    before = await waiting(stack, "tocsin.router")
    assert (await stack.command("deadletter", "replay", "second", "-q")).split() == ["second"]
    assert await waiting(stack, "tocsin.router") == before + 1
    assert "Say which" in await failed(stack, "deadletter", "discard")
    discarded = await stack.command("deadletter", "discard", "--all", "--reason", "test", "-q")
    assert discarded.split() == ["first", "third"]
    assert await stack.command("deadletter", "list", "-q") == ""


async def test_alerts_that_no_group_knows_are_replayed_from_the_journal(stack: Stack):
    alert_id = (await stack.command("send", "alertmanager", "--integration", "Prometheus", "-q")).strip()
    await stack.command("trace", alert_id)
    before = await waiting(stack, "tocsin.router")

    assert await stack.command("replay", alert_id) == "1 replayed\n"
    assert await waiting(stack, "tocsin.router") == before + 1
    assert "not a time span" in await failed(stack, "replay", "--since", "yesterday")
    again = await stack.command("replay", "--since", "10m", "--until", "0s")
    assert int(again.split()[0]) >= 1


async def test_a_token_for_a_user_acts_as_the_user(stack: Stack):
    token = (await stack.command("token", "create", "--user", "alice", "-q")).strip()

    assert len(token) == 64
    assert "no user named nobody" in await failed(stack, "token", "create", "--user", "nobody")


async def test_the_generated_documents_are_printed(stack: Stack):
    assert (await stack.command("openapi")).startswith("openapi: 3.1.0")
    assert "asyncapi: 3.0.0" in await stack.command("asyncapi")


async def test_run_names_the_services_there_are(stack: Stack):
    told = await failed(stack, "run", "nothing")
    assert "receiver" in told


async def test_run_all_is_one_process_that_takes_an_alert_to_its_group(
    servers: Servers, mongo_url: str, tmp_path: Path
):
    with vhosts.fresh_vhost(servers) as amqp_url:
        lone = Stack(amqp_url, mongo_url, tmp_path, dict.fromkeys(existing_services(), 0))
        port = _consecutive_ports(len(existing_services()))
        environment = lone.environment | {
            "TOCSIN_PORT": str(port),
            "TOCSIN_API_URL": f"http://127.0.0.1:{port}",
            "TOCSIN_INGEST_URL": f"http://127.0.0.1:{port + existing_services().index('receiver')}",
        }
        lone.environment = environment
        command = [str(Path(sys.executable).with_name("tocsin")), "run", "--all"]
        log = (tmp_path / "log").open("wb")
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            lone.token = (await lone.command("token", "create", "-q")).strip()
            (tmp_path / "c.yaml").write_text(DECLARATION)
            await _until_done(
                lone, "apply", "-f", str(tmp_path / "c.yaml"), "--url", environment["TOCSIN_API_URL"]
            )
            sent = await _until_done(lone, "send", "alertmanager", "--token", "knownknownknownknown1", "-q")
            await _until_grouped(lone, sent.strip(), environment["TOCSIN_API_URL"])
        finally:
            process.terminate()
            code = await asyncio.to_thread(process.wait, 30)
            log.close()

    assert code == 0, (tmp_path / "log").read_text()[-3000:]


def _consecutive_ports(count: int) -> int:
    """Return the first of so many ports in a row that are free."""
    while True:
        first = free_port()
        if first + count < 65_535 and all(is_free(first + number) for number in range(count)):
            return first


async def _until_done(stack: Stack, *arguments: str) -> str:
    """Repeat a command until it succeeds: the services are still starting."""
    async with asyncio.timeout(100):
        while True:
            try:
                return await stack.command(*arguments)
            except StackFailed:
                await asyncio.sleep(0.1)


async def _until_grouped(stack: Stack, alert_id: str, url: str) -> None:
    async with asyncio.timeout(60):
        while True:
            traced = await _until_done(stack, "trace", alert_id, "--url", url)
            if "group.rendered" in traced:
                return
