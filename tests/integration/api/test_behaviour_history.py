"""A behavioural plan does again what people did to the stored groups, as the journal tells it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from shared import clock
from shared.bus import wire
from shared.domain.grouping import group_id_of
from shared.domain.model import SOURCE, Actor, Alert, Group
from shared.events import Event, GroupResolved, GroupSilenced, GroupUnsilenced
from shared.store.alert_groups import AlertGroups, GroupWrite
from shared.store.alerts import Alerts
from shared.store.journal import Journal, Page
from tests.integration.api.api_running import RunningApi, an_api
from tests.support.build import a_group
from tests.support.rehearsing import DECLARATION

pytestmark = pytest.mark.integration
KEEP = timedelta(days=1)
BEGAN_AT = clock.now().replace(microsecond=0) - timedelta(hours=3)
CAROL = Actor(kind="user", id="UCAROL", name="carol")


def after(minutes: float) -> datetime:
    return BEGAN_AT + timedelta(minutes=minutes)


@pytest.fixture
async def api(mongo_url: str, tmp_path: Path) -> AsyncIterator[RunningApi]:
    """An api with the declaration applied, and two alerts of two hosts."""
    async with an_api(mongo_url, tmp_path) as running:
        reply = await running.ask("POST", "config/apply", yaml.safe_load(DECLARATION))
        assert reply.status == 200, reply
        (shop,) = (await running.get("integrations/"))["results"]
        alerts = [
            Alert(id=name, integration_id=shop["id"], received_at=after(0), payload={"host": name})
            for name in ("quiet", "loud")
        ]
        await Alerts(running.store).insert_new(alerts, clock.now() + KEEP)
        yield running


async def store_group(
    api: RunningApi, alert_id: str, *facts: tuple[type[Any], Actor, float, dict[str, Any]]
) -> None:
    """Store the group of an alert as it became by these facts, and what the journal has of them."""
    (shop,) = (await api.get("integrations/"))["results"]
    group = a_group(
        id=group_id_of(alert_id),
        integration_id=shop["id"],
        first_alert_id=alert_id,
        last_alert_id=alert_id,
        opened_at=after(0),
    )
    told: list[Event] = []
    for place, (kind, actor, at, changes) in enumerate(facts):
        group = Group.model_validate({**group.__dict__, **changes, "version": group.version + 1})
        told.append(kind(id=f"{alert_id}{place}", time=after(at), group=group, actor=actor, subject=group.id))
    await AlertGroups(api.store).save([GroupWrite(group, None, [], clock.now())])
    entries = [orjson.loads(wire.encode(one, wire.Provenance("grouper", "test"))) for one in told]
    if entries:
        await Journal(api.store).add([Page(entries, [alert_id], [group.id], clock.now(), clock.now() + KEEP)])


async def pages_of(api: RunningApi) -> dict[str, list[tuple[float, str]]]:
    """Return whom each alert's group pages as it is, in minutes after it opened, as a changed chain tells."""
    body = yaml.safe_load(DECLARATION.replace("duration: 5m", "duration: 6m"))
    reply = await api.ask("POST", "config/behaviour?since=86400", body)
    assert reply.status == 200, reply
    lines = [json.loads(one) for one in reply.body.splitlines()]
    return {
        one["alert_id"]: [(page["after_s"] / 60, page["username"]) for page in one["from"]]
        for one in lines
        if one.get("change") == "pages"
    }


async def test_a_silence_that_is_over_since_then_is_replayed_from_the_journal(api: RunningApi):
    silenced = {"silenced_at": after(2), "silenced_until": after(62), "silenced_by": CAROL}
    over = {"silenced_at": None, "silenced_until": None, "silenced_by": None, "run": 2}
    await store_group(
        api,
        "quiet",
        (GroupSilenced, CAROL, 2, silenced),
        (GroupUnsilenced, Actor(), 62, over),
        (GroupResolved, CAROL, 66, {"resolved_at": after(66), "resolved_by": CAROL}),
    )

    pages = await pages_of(api)

    assert pages["loud"] == [(0, "alice"), (5, "bob"), (7, "bob")]
    # The chain begins anew when the silence is over, and ends before it gets to bob.
    assert "quiet" not in pages


async def test_a_silence_that_somebody_ended_lets_the_chain_begin_anew_then(api: RunningApi):
    silenced = {"silenced_at": after(2), "silenced_by": CAROL}
    over = {"silenced_at": None, "silenced_by": None, "run": 2}
    await store_group(api, "quiet", (GroupSilenced, CAROL, 2, silenced), (GroupUnsilenced, CAROL, 10, over))

    pages = await pages_of(api)

    assert pages["quiet"] == [(0, "alice"), (10, "alice"), (15, "bob"), (17, "bob")]


async def test_without_a_journal_the_state_of_a_group_tells_what_was_done(api: RunningApi):
    resolved = {"resolved_at": after(6), "resolved_by": CAROL, "run": 2}
    await store_group(api, "quiet", (GroupResolved, CAROL, 6, resolved))
    await store_group(
        api, "loud", (GroupResolved, SOURCE, 6, {"resolved_at": after(6), "resolved_by": SOURCE})
    )
    await Journal(api.store).collection.delete_many({})

    pages = await pages_of(api)

    assert pages["quiet"] == [(0, "alice"), (5, "bob")]
    # What the source did comes from its alerts, and there is none of it here.
    assert pages["loud"] == [(0, "alice"), (5, "bob"), (7, "bob")]
