"""POST /config/behaviour tells exactly the stored alerts that a declaration would have treated otherwise."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pymongo
import pytest
import pytest_asyncio
import yaml

from deploy.local.servers import Servers
from shared import clock
from shared.domain.model import Alert
from shared.events import derived_id
from shared.store.alerts import Alerts
from tests.integration.api.api_running import RunningApi, an_api
from tests.support import servers as shared_servers
from tests.support.rehearsing import DECLARATION

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
COUNT = 300
SEVERITIES = ("info", "warning", "critical")
Payload = dict[str, Any]


def payload_of(number: int) -> Payload:
    return {
        "host": f"h{number % 7}",
        "disk": f"d{number % 2}",
        "title": f"alert {number}",
        "severity": SEVERITIES[number % 3],
    }


PAYLOADS = {derived_id("behaviour", number): payload_of(number) for number in range(COUNT)}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stored(
    servers: Servers, mongo_client: pymongo.MongoClient[Any], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningApi]:
    """An api with the declaration applied, and alerts of its integration, one a second."""
    database = shared_servers.fresh_name()
    mongo_url = shared_servers.with_database(servers.mongo_url, database)
    async with an_api(mongo_url, tmp_path_factory.mktemp("behaviour")) as api:
        await fill(api)
        yield api
    mongo_client.drop_database(database)


async def fill(api: RunningApi) -> None:
    reply = await api.ask("POST", "config/apply", yaml.safe_load(DECLARATION))
    assert reply.status == 200, reply
    (shop,) = await all_of(api, "integrations")
    began_at = clock.now() - timedelta(hours=2)
    alerts = [
        Alert(
            id=id, integration_id=shop["id"], received_at=began_at + timedelta(seconds=place), payload=payload
        )
        for place, (id, payload) in enumerate(PAYLOADS.items())
    ]
    old = alerts[0].model_copy(update={"id": "old", "received_at": began_at - timedelta(days=2)})
    demo = alerts[0].model_copy(update={"id": "demo", "is_demo": True})
    await Alerts(api.store).insert_new([*alerts, old, demo], clock.now() + timedelta(days=1))


async def all_of(api: RunningApi, kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await api.get(f"{kind}/"))["results"]
    return found


async def planned(
    api: RunningApi, *changes: tuple[str, str]
) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """Return the lines by kind of change and alert, and the summary, of the declaration with texts replaced."""
    text = DECLARATION
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    reply = await api.ask("POST", "config/behaviour?since=86400", yaml.safe_load(text))
    assert reply.status == 200, reply
    *lines, last = [json.loads(one) for one in reply.body.splitlines()]
    by_kind: dict[str, dict[str, Any]] = {}
    for one in lines:
        if "change" in one:
            by_kind.setdefault(one["change"], {})[one["alert_id"]] = one
    return by_kind, last["summary"]


def chosen(holds: Callable[[Payload], bool]) -> set[str]:
    return {id for id, payload in PAYLOADS.items() if holds(payload)}


def openers(key: Callable[[Payload], Any]) -> dict[str, str]:
    """Return for each alert the one that opened its group, when nothing ever ends a group."""
    first: dict[Any, str] = {}
    return {id: first.setdefault(key(payload), id) for id, payload in PAYLOADS.items()}


def moved(before: Callable[[Payload], Any], after: Callable[[Payload], Any]) -> set[str]:
    was, will = openers(before), openers(after)
    return {id for id in PAYLOADS if was[id] != will[id]}


def by_host(payload: Payload) -> Any:
    return (payload["severity"] == "info", payload["host"])


async def test_a_declaration_that_changes_nothing_needs_no_look_at_alerts(stored: RunningApi):
    lines, summary = await planned(stored)

    assert lines == {}
    assert (summary["alerts"], summary["affected"], summary["ended_early"]) == (0, 0, None)


async def test_a_wider_route_takes_exactly_the_alerts_that_it_matches_now(stored: RunningApi):
    lines, summary = await planned(stored, ("severity == 'info'", "severity in ['info', 'warning']"))

    def after(payload: Payload) -> Any:
        return (payload["severity"] != "critical", payload["host"])

    assert set(lines["route"]) == chosen(lambda one: one["severity"] == "warning")
    assert {(one["from"], one["to"]) for one in lines["route"].values()} == {
        ("default route (ops)", "route 1 (no chain)")
    }
    assert set(lines["group"]) == moved(by_host, after)
    assert {id: one["to"] for id, one in lines["group"].items()}.items() <= openers(after).items()
    paged = {id for id in openers(by_host).values() if PAYLOADS[id]["severity"] != "info"}
    assert set(lines["pages"]) == paged ^ {
        id for id in openers(after).values() if PAYLOADS[id]["severity"] == "critical"
    }
    assert (summary["alerts"], summary["changes"]["route"]) == (COUNT + 1, COUNT // 3)


async def test_a_grouping_template_moves_exactly_the_alerts_whose_group_it_changes(stored: RunningApi):
    split = "{{ payload.host }}{% if payload.severity == 'critical' %} {{ payload.disk }}{% endif %}"

    lines, _ = await planned(stored, ('{{ payload.host }}"\n      resolve', f'{split}"\n      resolve'))

    def after(payload: Payload) -> Any:
        return (*by_host(payload), payload["severity"] == "critical" and payload["disk"])

    assert set(lines) == {"group", "pages"}
    assert set(lines["group"]) == moved(by_host, after)
    assert {id: one["from"] for id, one in lines["group"].items()}.items() <= openers(by_host).items()


async def test_a_text_is_told_for_exactly_the_alerts_that_would_show_another(stored: RunningApi):
    title = "{% if payload.severity == 'critical' %}! {% endif %}{{ payload.title }}"

    lines, summary = await planned(stored, ("web: {", f'sms: {{ title: "{title}" }}\n      web: {{'))

    assert set(lines) == {"text"}
    assert set(lines["text"]) == chosen(lambda one: one["severity"] == "critical")
    one = next(iter(lines["text"].values()))
    assert (one["where"], one["to"]) == ("sms.title", f"! {one['from']}")
    assert summary["affected"] == COUNT // 3


async def test_a_chain_pages_otherwise_for_exactly_the_groups_that_run_through_it(stored: RunningApi):
    lines, summary = await planned(stored, ("duration: 5m", "duration: 6m"))

    assert set(lines) == {"pages"}
    assert set(lines["pages"]) == {
        id for id in openers(by_host).values() if PAYLOADS[id]["severity"] != "info"
    }
    one = next(iter(lines["pages"].values()))
    assert [(page["after_s"], page["username"], page["channel"]) for page in one["to"]] == [
        (0, "alice", "email"),
        (360, "bob", "sms"),
        (480, "bob", "email"),
    ]
    assert summary["affected"] == 14 - 7


async def test_labels_signals_and_a_removed_integration_are_told(stored: RunningApi):
    changes = ("service: shop", "service: till"), ("payload.state == 'ok'", "payload.severity == 'info'")
    otherwise, _ = await planned(stored, *changes)
    start = DECLARATION.index("  - name: Shop")
    other = DECLARATION[start:].replace("Shop", "Till")
    removed, summary = await planned(stored, (DECLARATION[start:], other))

    assert set(otherwise["labels"]) == set(PAYLOADS)
    assert set(otherwise["signal"]) == chosen(lambda one: one["severity"] == "info")
    assert set(removed) == {"integration"}
    assert set(removed["integration"]) == set(PAYLOADS)
    assert summary["affected"] == COUNT


async def test_what_cannot_be_planned_is_refused_before_anything_is_read(stored: RunningApi):
    wrong = await stored.refused("POST", "config/behaviour?since=soon", {})
    mistaken = await stored.refused("POST", "config/behaviour", {"integrations": [{"name": "x"}]})

    assert "since" in wrong
    assert mistaken["errors"][0]["path"] == ["integrations", 0, "type"]


async def test_a_second_plan_waits_for_its_turn(stored: RunningApi):
    body = yaml.safe_load(DECLARATION.replace("{{ payload.host }}", "{{ payload.disk }}"))
    replies = await asyncio.gather(*(stored.ask("POST", "config/behaviour", body) for _ in range(2)))

    # The first one to begin is answered; who comes while it runs is told so.
    assert {one.status for one in replies} <= {200, 429}
    assert 200 in {one.status for one in replies}


async def test_only_an_admin_may_ask(stored: RunningApi):
    alice = next(one for one in await all_of(stored, "users") if one["username"] == "alice")
    token = await stored.new_token(user_id=alice["id"])

    reply = await stored.ask("POST", "config/behaviour", {}, headers={"Authorization": token})

    assert reply.status == 403
