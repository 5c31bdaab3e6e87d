"""Actions on alert groups, with the real grouper and recorder behind the real broker."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import pytest_asyncio
from aiohttp import web

from deploy.local.servers import Servers
from services.grouper.service import service as grouper
from services.recorder.service import service as recorder
from shared import clock
from shared.domain.model import State
from shared.domain.posting import Post
from shared.store.alert_groups import AlertGroups
from shared.store.configuration import ConfigurationStore
from shared.store.posts import Posts
from tests.integration.api.api_running import RunningApi, a_service, an_api, drop
from tests.integration.api.test_shapes import check
from tests.support import servers as shared_servers
from tests.support import vhosts
from tests.support.build import an_alert, routed

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
SECRET = "signing-secret"
TIMEOUT_S = 60


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningApi]:
    """One api, grouper and recorder for the module; every test has groups of its own."""
    folder = tmp_path_factory.mktemp("actions")
    mongo_url = shared_servers.with_database(servers.mongo_url, shared_servers.fresh_name())
    with vhosts.fresh_vhost(servers) as amqp_url:
        both = {"mongo_url": mongo_url, "amqp_url": amqp_url}
        async with (
            a_service(grouper, folder, **both),
            a_service(recorder, folder, **both),
            an_api(**both, data_dir=folder, slack_signing_secret=SECRET) as running,
        ):
            await running.connected()
            yield running
        await drop(mongo_url)


async def a_group(api: RunningApi, integration_id: str = "", **fields: Any) -> dict[str, Any]:
    """Have one alert grouped, by itself unless told otherwise, and return its group."""
    name = uuid.uuid4().hex
    alert = an_alert(name, at=clock.now(), payload=fields.pop("payload", None))
    alert = alert.model_copy(update={"integration_id": integration_id or f"C{name}"})
    event = routed(
        alert=alert, at=clock.now(), key=name, title="DiskFull", labels={"service": "db"}, **fields
    )
    await api.running.io.bus.publish([event])
    async with asyncio.timeout(TIMEOUT_S):
        while True:
            found = (await api.get("alert_groups/", integration_id=alert.integration_id))["results"]
            for one in found:
                if one["last_alert"] and one["last_alert"]["id"] == alert.id:
                    return dict(one)
            await asyncio.sleep(0.02)


async def test_a_group_says_where_its_messages_are_seen(api: RunningApi):
    group = await a_group(api)
    assert (group["permalinks"]["slack"], group["permalinks"]["telegram"]) == (None, None)
    links = {
        "slack": "https://x.slack.com/archives/C1/p1",
        "telegram": "https://t.me/c/1/2",
        "mattermost": "",
    }
    rows = [
        Post(
            id=f"{group['id']}{medium}", group_id=group["id"], medium=medium, channel="C1", request={},
            version=1, state=State.FIRING, run=1, permalink=link,
        )
        for medium, link in links.items()
    ]  # fmt: skip
    await Posts(api.store, timedelta(days=1)).want([(None, one) for one in rows], clock.now())

    shown = (await api.get(f"alert_groups/{group['id']}"))["permalinks"]
    assert (shown["slack"], shown["slack_app"], shown["telegram"]) == (
        links["slack"],
        None,
        links["telegram"],
    )


async def test_a_group_reads_as_clients_know_it(api: RunningApi):
    group = await a_group(api, payload={"x": 1})

    assert await api.get(f"alert_groups/{group['id']}/") == group
    assert (group["state"], group["alerts_count"], group["title"]) == ("firing", 1, "DiskFull")
    assert group["labels"] == [
        {"key": {"id": "service", "name": "service"}, "value": {"id": "db", "name": "db"}}
    ]
    assert group["permalinks"]["web"].endswith(f"/alert-groups/{group['id']}")
    assert group["created_at"].endswith("Z")
    assert len(group["created_at"]) == len("2026-01-05T10:00:00.000000Z")
    assert group["last_alert"]["payload"] == {"x": 1}
    assert group["last_alert"]["alert_group_id"] == group["id"]


async def test_every_action_answers_with_the_new_state_and_an_illegal_one_with_400(api: RunningApi):
    group = await a_group(api)
    way = [
        ("acknowledge", None, "acknowledged"),
        ("unacknowledge", None, "firing"),
        ("silence", {"delay": 1800}, "silenced"),
        ("unsilence", None, "firing"),
        ("silence", {"delay": -1}, "silenced"),
        ("resolve", None, "resolved"),
        ("unresolve", None, "firing"),
    ]
    for action, body, state in way:
        reply = await api.ask("POST", f"alert_groups/{group['id']}/{action}/", body)
        assert (reply.status, reply.body["state"]) == (200, state), action
        assert (await api.get(f"alert_groups/{group['id']}"))["state"] == state

    for action in ("unacknowledge", "unresolve", "unsilence"):
        refused = await api.refused("POST", f"alert_groups/{group['id']}/{action}")
        assert refused["detail"]


@pytest.mark.parametrize(
    "body", [None, {}, {"delay": None}, {"delay": -2}, {"delay": "5"}, {"delay": 1.5}, {"delay": True}]
)
async def test_a_silence_needs_a_whole_number(api: RunningApi, body: Any):
    group = await a_group(api)
    assert list(await api.refused("POST", f"alert_groups/{group['id']}/silence", body)) == ["delay"]


async def test_the_acting_user_is_named_and_an_unknown_group_or_action_is_404(api: RunningApi):
    user = await api.post("users/", username=uuid.uuid4().hex, role="user")
    token = await api.new_token(user_id=user["id"])
    group = await a_group(api)

    done = await api.ask("POST", f"alert_groups/{group['id']}/acknowledge", headers={"Authorization": token})

    assert done.body["acknowledged_by"] == user["id"]
    await api.refused("POST", "alert_groups/INONE/acknowledge", status=404)
    await api.refused("POST", f"alert_groups/{group['id']}/explode", status=404)


async def test_the_same_idempotency_key_gets_the_first_answer_again(api: RunningApi):
    group = await a_group(api)
    path, headers = f"alert_groups/{group['id']}/acknowledge", {"Idempotency-Key": "k1"}

    first = await api.ask("POST", path, headers=headers)
    again = await api.ask("POST", path, headers=headers)
    other = await api.ask("POST", path, headers={"Idempotency-Key": "k2"})

    assert (first.status, again.status, other.status) == (200, 200, 400)


async def test_groups_are_filtered(api: RunningApi):
    first = await a_group(api, "CFILTER")
    second = await a_group(api, "CFILTER")
    await api.ask("POST", f"alert_groups/{second['id']}/resolve")

    async def ids(**query: str) -> list[str]:
        query = {"integration_id": "CFILTER", **query}
        return [one["id"] for one in (await api.get("alert_groups", **query))["results"]]

    assert await ids() == [second["id"], first["id"]]
    assert await ids(state="new") == [first["id"]]
    assert await ids(state="resolved") == [second["id"]]
    assert await ids(route_id="R1", id=first["id"]) == [first["id"]]
    assert await ids(route_id="R2") == []
    assert await ids(integration_id="CNONE") == []
    assert await ids(team_id="null") == [second["id"], first["id"]]
    assert await ids(team_id="TNONE") == []
    assert len(await ids(label="service:db")) == 2
    assert await ids(label="service:web") == []
    assert len(await ids(started_at="2020-01-01T00:00:00_2100-01-01T00:00:00")) == 2
    assert await ids(started_at="2020-01-01T00:00:00_2020-01-02T00:00:00") == []
    for wrong in ({"state": "odd"}, {"started_at": "now"}, {"label": "x"}):
        reply = await api.ask("GET", "alert_groups", params=wrong)
        assert (reply.status, list(reply.body)) == (400, list(wrong))


async def test_alerts_are_listed_searched_and_read(api: RunningApi):
    group = await a_group(api, payload={"text": "nEEdle in hay"})
    alert_id = group["last_alert"]["id"]

    assert (await api.get("alerts/", alert_group_id=group["id"]))["results"] == [group["last_alert"]]
    assert await api.get(f"alerts/{alert_id}/") == group["last_alert"]
    assert (await api.get("alerts", search="NEEDLE"))["count"] == 1
    assert (await api.get("alerts", id=alert_id))["count"] == 1


async def test_the_answers_are_as_described(api: RunningApi):
    group = await a_group(api)
    await api.ask("POST", f"alert_groups/{group['id']}/acknowledge")
    alert_id = group["last_alert"]["id"]

    check(await api.get("alert_groups"), "/api/v1/alert_groups")
    check(await api.get("alerts"), "/api/v1/alerts")
    check(await api.get(f"alerts/{alert_id}/trace"), "/api/v1/alerts/{id}/trace")
    check(await api.get(f"alert_groups/{group['id']}/timeline"), "/api/v1/alert_groups/{id}/timeline")


async def test_the_trace_and_the_timeline_tell_who_did_what_and_why(api: RunningApi):
    group = await a_group(api)
    await api.ask("POST", f"alert_groups/{group['id']}/acknowledge")
    async with asyncio.timeout(TIMEOUT_S):
        while True:
            timeline = (await api.get(f"alert_groups/{group['id']}/timeline/"))["results"]
            if any(one["event_type"] == "action.applied.v1" for one in timeline):
                break
            await asyncio.sleep(0.05)

    acknowledged = next(one for one in timeline if one["event_type"] == "group.acknowledged.v1")
    assert acknowledged["actor"]["name"] == "test"
    assert acknowledged["stage"] == "grouper"
    trace = await api.get(f"alerts/{group['last_alert']['id']}/trace")
    assert trace["group_id"] == group["id"]
    opened = next(one for one in trace["stages"] if one["event_type"] == "group.opened.v1")
    assert opened["worked_ms"] >= 0
    assert opened["instance"]


async def test_a_new_version_is_announced_to_every_instance(api: RunningApi):
    await api.post("escalation_chains/", name=uuid.uuid4().hex)
    stored = await ConfigurationStore(api.store).version()

    # The next look of its own would come after 10 s.
    async with asyncio.timeout(9):
        while api.running.io.config.current.version < stored:
            await asyncio.sleep(0.02)


async def test_a_trace_waits_for_the_first_record(api: RunningApi):
    event = routed(uuid.uuid4().hex, at=clock.now())
    asked = asyncio.create_task(api.get(f"alerts/{event.alert.id}/trace"))
    await api.running.io.bus.publish([event])

    assert (await asked)["stages"]


async def test_without_an_outcome_the_answer_is_202_and_without_a_broker_503(
    mongo_url: str, amqp_url: str, tmp_path: Path
):
    servers = {"mongo_url": mongo_url, "amqp_url": amqp_url}
    async with a_service(grouper, tmp_path, **servers), an_api(**servers, data_dir=tmp_path) as api:
        await api.connected()
        path = f"alert_groups/{(await a_group(api))['id']}/acknowledge"

    async with an_api(**servers, data_dir=tmp_path) as api:
        await api.connected()
        reply = await api.ask("POST", path)
        assert (reply.status, "pages may still go out" in reply.body["detail"]) == (202, True)
    async with an_api(mongo_url, tmp_path) as api:
        reply = await api.ask("POST", path)
        assert (reply.status, reply.headers["Retry-After"]) == (503, "2")


def pressed(group_id: str, user_id: str, answer_url: str = "", action: str = "acknowledge") -> bytes:
    """Return the body that Slack sends for a press of a button."""
    payload = {
        "type": "block_actions",
        "user": {"id": user_id, "username": "someone"},
        "container": {"channel_id": "C1", "message_ts": "1.2"},
        "response_url": answer_url,
        "actions": [{"action_id": action, "action_ts": "1.5", "value": json.dumps({"group_id": group_id})}],
    }
    return urlencode({"payload": json.dumps(payload)}).encode()


async def press(api: RunningApi, body: bytes, age_s: int = 0, secret: str = SECRET, path: str = "") -> int:
    timestamp = str(int(clock.now().timestamp()) - age_s)
    signature = hmac.new(secret.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256).hexdigest()
    headers = {
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": f"v0={signature}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    path = path or "/api/v1/slack/interactive"
    async with api.client.post(api.url + path, data=body, headers=headers) as answer:
        return answer.status


@pytest.mark.parametrize("path", ["/api/v1/slack/interactive", "/slack/interactive_api_endpoint/"])
async def test_a_button_of_a_known_user_acts(api: RunningApi, path: str):
    slack_id = uuid.uuid4().hex
    user = await api.post("users/", username=slack_id, slack={"user_id": slack_id}, role="user")
    group = await a_group(api)
    await api.running.io.config.load()

    assert await press(api, pressed(group["id"], slack_id), path=path) == 200

    async with asyncio.timeout(TIMEOUT_S):
        while (await api.get(f"alert_groups/{group['id']}"))["acknowledged_by"] != user["id"]:
            await asyncio.sleep(0.05)


@asynccontextmanager
async def note_taker() -> AsyncIterator[tuple[str, asyncio.Queue[Any]]]:
    """Serve what the presser alone is told; yield its URL and the notes."""
    notes: asyncio.Queue[Any] = asyncio.Queue()

    async def note(request: web.Request) -> web.Response:
        await notes.put(await request.json())
        return web.Response()

    app = web.Application()
    app.router.add_post("/note", note)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/note", notes
    finally:
        await runner.cleanup()


async def test_a_resolve_in_chat_needs_the_note_that_is_required(api: RunningApi):
    made = await api.post("integrations/", type="webhook", resolution_note_required=True)
    await api.post("users/", username="nora", slack={"user_id": "UNORA"}, role="user")
    await api.running.io.config.load()
    group = await a_group(api, made["id"])
    async with asyncio.timeout(TIMEOUT_S):
        # Until the grouper has the newest configuration it lets everybody resolve.
        while (await api.ask("POST", f"alert_groups/{group['id']}/resolve")).status == 200:
            await api.ask("POST", f"alert_groups/{group['id']}/unresolve")
    async with note_taker() as (url, notes):
        assert await press(api, pressed(group["id"], "UNORA", url, "resolve")) == 200
        refusal = await asyncio.wait_for(notes.get(), TIMEOUT_S)

    assert "note is required" in refusal["text"]
    assert (await api.get(f"alert_groups/{group['id']}"))["state"] == "firing"


async def test_a_button_of_a_stranger_acts_on_nothing_and_says_so(api: RunningApi):
    group = await a_group(api)
    async with note_taker() as (url, notes):
        assert await press(api, pressed(group["id"], "U999", url)) == 200
        told = await asyncio.wait_for(notes.get(), TIMEOUT_S)
        await api.post("users/", username="dora", slack={"user_id": "UDORA"}, role="user")
        await api.running.io.config.load()
        assert await press(api, pressed(group["id"], "UDORA", url, "unacknowledge")) == 200
        refusal = await asyncio.wait_for(notes.get(), TIMEOUT_S)

    assert told["response_type"] == "ephemeral"
    assert refusal["text"].startswith("Not done")
    stored = await AlertGroups(api.store).get(group["id"])
    assert stored is not None
    assert stored.acknowledged_at is None


async def test_a_button_without_a_fresh_signature_is_refused(api: RunningApi):
    body = pressed("I1", "U1")

    assert await press(api, body, secret="other") == 403
    assert await press(api, body, age_s=400) == 403
    assert await press(api, b"payload=nonsense") == 400
