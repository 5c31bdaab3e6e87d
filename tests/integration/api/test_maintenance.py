"""Maintenance over the public API: as OnCall's clients start and stop it, and as windows of their own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared import clock
from shared.domain.escalation import Escalation
from shared.domain.storm import HeldPage, Storm, digest_id
from shared.domain.storm_digest import begun
from shared.store.alert_groups import AlertGroups, GroupWrite
from shared.store.digests import Digests
from shared.store.escalations import Escalations, EscalationWrite
from shared.store.storms import Storms
from tests.integration.api.api_running import RunningApi
from tests.support.build import a_group

pytestmark = pytest.mark.integration
WEEKLY = {
    "name": "Sunday upgrades",
    "starts_at": "2026-03-08T02:00:00",
    "duration": 7200,
    "time_zone": "Europe/Berlin",
    "rrule": "RRULE:FREQ=WEEKLY;BYDAY=SU",
    "comment": "db1",
}


def instant(text: str) -> datetime:
    """Return an instant as the API writes it."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


async def start(api: RunningApi, integration: str, status: int = 200, **body: Any) -> Any:
    """Start maintenance of an integration."""
    reply = await api.ask("POST", f"integrations/{integration}/maintenance_start", body)
    assert reply.status == status, reply
    return reply.body


async def stop(api: RunningApi, integration: str, status: int = 200) -> Any:
    """Stop maintenance of an integration."""
    reply = await api.ask("POST", f"integrations/{integration}/maintenance_stop/")
    assert reply.status == status, reply
    return reply.body


async def test_maintenance_is_started_shown_and_stopped_as_oncalls_clients_do_it(api: RunningApi):
    made = await api.post("integrations/", type="webhook")

    begun = await start(api, made["id"], mode="debug", duration=3600)

    assert begun == await api.get(f"integrations/{made['id']}")
    assert begun["maintenance_mode"] == "debug"
    length = instant(begun["maintenance_end_at"]) - instant(begun["maintenance_started_at"])
    assert length == timedelta(hours=1)

    stopped = await stop(api, made["id"])
    fields = ("maintenance_mode", "maintenance_started_at", "maintenance_end_at")
    assert [stopped[one] for one in fields] == [None, None, None]
    assert await stop(api, made["id"]) == stopped


async def test_an_integration_that_is_in_maintenance_already_is_refused_and_one_that_was_is_not(
    api: RunningApi,
):
    made = await api.post("integrations/", type="webhook", name="Hook")
    await start(api, made["id"], mode="maintenance", duration=60)

    refused = await start(api, made["id"], 400, mode="debug", duration=60)

    assert "already: Maintenance of Hook" in refused["detail"]
    await stop(api, made["id"])
    await start(api, made["id"], mode="debug", duration=60)
    # What is over of an integration's own goes with the next one.
    windows = (await api.get("maintenance_windows", integration_id=made["id"]))["results"]
    assert [(one["name"], one["is_active"]) for one in windows] == [("Debug of Hook", True)]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"mode": "holiday", "duration": 60}, "mode"),
        ({"duration": 60}, "mode"),
        ({"mode": "debug"}, "duration"),
        ({"mode": "debug", "duration": 0}, "duration"),
        ({"mode": "debug", "duration": "60"}, "duration"),
        ({"mode": "debug", "duration": 10**9}, "duration"),
    ],
)
async def test_a_start_that_says_something_else_is_refused_by_field(
    api: RunningApi, body: dict[str, Any], field: str
):
    made = await api.post("integrations/", type="webhook")

    assert list(await start(api, made["id"], 400, **body)) == [field]


async def test_an_unknown_integration_and_an_observer_start_nothing(api: RunningApi):
    made = await api.post("integrations/", type="webhook")
    assert (await start(api, "CNOBODY", 404, mode="debug", duration=60))["detail"] == "Not found."
    api.token = await api.new_token(scope="read")

    await start(api, made["id"], 403, mode="debug", duration=60)


async def test_a_window_is_created_read_changed_and_deleted(api: RunningApi):
    integration = await api.post("integrations/", type="webhook")
    made = await api.post(
        "maintenance_windows/",
        **WEEKLY,
        integration_ids=[integration["id"]],
        route_ids=[integration["default_route"]["id"]],
        labels={"team": ["db", "web"], "env": "prod"},
    )

    assert made == await api.get(f"maintenance_windows/{made['id']}")
    assert made["id"].startswith("M")
    assert made["starts_at"] == "2026-03-08T01:00:00.000000Z"
    assert made["rrule"] == "FREQ=WEEKLY;BYDAY=SU"
    assert made["labels"] == {"team": ["db", "web"], "env": ["prod"]}
    assert instant(made["next_starts_at"]) > clock.now()
    changed = await api.put(f"maintenance_windows/{made['id']}", mode="debug", labels={}, comment=None)
    assert (changed["mode"], changed["labels"], changed["comment"]) == ("debug", {}, "")
    assert changed["rrule"] == made["rrule"]
    # A scope narrower than the integration is not the integration's own mode.
    assert (await api.get(f"integrations/{integration['id']}"))["maintenance_mode"] is None
    await api.delete(f"maintenance_windows/{made['id']}")
    assert (await api.get("maintenance_windows"))["count"] == 0


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": None}, "name"),
        ({"mode": "holiday"}, "mode"),
        ({"starts_at": "tomorrow"}, "starts_at"),
        ({"starts_at": "1970-01-01T00:00:00"}, "starts_at"),
        ({"duration": None}, "duration"),
        ({"duration": 40 * 86_400}, "duration"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"rrule": "FREQ=SECONDLY"}, "rrule"),
        ({"rrule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}, "rrule"),
        ({"integration_ids": ["CNOBODY"]}, "integration_ids"),
        ({"integration_ids": [""]}, "integration_ids"),
        ({"route_ids": ["RNOBODY"]}, "route_ids"),
        ({"labels": {"team": []}}, "labels"),
        ({"labels": {"team": 5}}, "labels"),
        ({"comment": "x" * 1001}, "comment"),
    ],
)
async def test_a_window_that_cannot_be_is_refused_by_field(
    api: RunningApi, changed: dict[str, Any], field: str
):
    refused = await api.refused("POST", "maintenance_windows", WEEKLY | changed)

    assert list(refused) == [field]
    assert (await api.get("maintenance_windows"))["count"] == 0


async def test_a_window_is_stopped_early_and_comes_again_next_time(api: RunningApi):
    began = (clock.now() - timedelta(minutes=5)).isoformat()
    made = await api.post(
        "maintenance_windows", name="Nightly", starts_at=began, duration=3600, rrule="FREQ=DAILY"
    )
    assert made["is_active"]

    reply = await api.ask("POST", f"maintenance_windows/{made['id']}/stop")

    assert (reply.status, reply.body["is_active"]) == (200, False)
    assert instant(reply.body["next_starts_at"]) > clock.now() + timedelta(hours=23)
    # Another time for it is a new decision.
    again = await api.put(f"maintenance_windows/{made['id']}", duration=7200)
    assert (again["is_active"], again["stopped_at"]) == (True, None)


async def test_a_window_over_all_integrations_is_not_stopped_by_one_of_them(api: RunningApi):
    made = await api.post("integrations/", type="webhook")
    window = await api.post("maintenance_windows", name="Everything", duration=3600)
    assert (await api.get(f"integrations/{made['id']}"))["maintenance_mode"] == "maintenance"

    refused = await stop(api, made["id"], 400)

    assert window["id"] in refused["detail"]


async def test_a_window_never_widens_because_what_it_names_is_deleted(api: RunningApi):
    first = await api.post("integrations/", type="webhook")
    second = await api.post("integrations/", type="webhook")
    route = await api.post("routes", integration_id=first["id"], routing_regex="x")
    both = {"integration_ids": [first["id"], second["id"]]}
    await api.post("maintenance_windows", **{**WEEKLY, "name": "both"}, **both)
    await api.post("maintenance_windows", **{**WEEKLY, "name": "first"}, integration_ids=[first["id"]])
    await api.post("maintenance_windows", **{**WEEKLY, "name": "route"}, route_ids=[route["id"]])

    await api.delete(f"routes/{route['id']}")
    await api.delete(f"integrations/{first['id']}")

    left = (await api.get("maintenance_windows"))["results"]
    assert [(one["name"], one["integration_ids"]) for one in left] == [("both", [second["id"]])]


async def test_storm_mode_of_an_integration_is_set_shown_and_reset(api: RunningApi):
    made = await api.post("integrations/", type="webhook", storm={"groups_per_minute": 60})
    assert made["storm"] == {"groups_per_minute": 60, "digest_interval": None}
    assert made["storm_state"] is None

    changed = await api.put(f"integrations/{made['id']}", storm={"digest_interval": 600})
    assert changed["storm"] == {"groups_per_minute": 60, "digest_interval": 600}
    assert (await api.put(f"integrations/{made['id']}", name="x"))["storm"] == changed["storm"]
    refused = await api.refused("PUT", f"integrations/{made['id']}", {"storm": {"groups_per_minute": -1}})
    assert list(refused) == ["storm"]
    reset = await api.put(f"integrations/{made['id']}", storm=None)
    assert reset["storm"] == {"groups_per_minute": None, "digest_interval": None}


async def test_a_storm_that_is_on_is_shown_with_its_integration_and_with_the_groups_it_holds(
    api: RunningApi,
):
    made = await api.post("integrations/", type="webhook")
    storm = Storm(
        integration_id=made["id"],
        since=clock.now(),
        until=clock.now() + timedelta(minutes=3),
        rate=412.4,
        digest_interval_s=300,
    )
    await Storms(api.store).count(made["id"], 1, clock.now())
    assert await Storms(api.store).write(None, storm)
    held, told = [await a_stored_group(api, storm, made["id"], name) for name in ("held", "told")]
    digest = begun(storm, held.held_pages[0]).model_copy(update={"told": (told.held_pages[0].id,)})
    await Digests(api.store).add([digest], clock.now())

    shown = await api.get(f"integrations/{made['id']}")
    by_group = {name: (await api.get(f"alert_groups/I{name}"))["held"] for name in ("held", "told")}

    assert shown["storm_state"]["groups_per_minute"] == 412
    assert by_group["told"] is None
    assert by_group["held"]["by"] == "storm"
    assert "412 groups a minute" in by_group["held"]["reason"]


async def a_stored_group(api: RunningApi, storm: Storm, integration_id: str, name: str) -> Escalation:
    """Store a firing group whose page waits for a digest, as grouper and escalator do."""
    group = a_group(id=f"I{name}", integration_id=integration_id, key=name)
    page = HeldPage(
        id=f"page-{name}",
        digest_id=digest_id(storm, "U1", "email"),
        user_id="U1",
        channel="email",
        at=clock.now(),
    )
    escalation = Escalation(
        id=f"{group.id}:1",
        group_id=group.id,
        run=1,
        group=group,
        cards={},
        round_began_at=clock.now(),
        held_pages=(page,),
    )
    await AlertGroups(api.store).save([GroupWrite(group, None, [], clock.now())])
    write = EscalationWrite(escalation, None, [], clock.now(), timedelta(days=1))
    await Escalations(api.store).save([write])
    return escalation


async def test_a_group_in_a_window_says_what_holds_it(api: RunningApi):
    window = await api.post("maintenance_windows", name="Everything", duration=3600, comment="why not")
    group = a_group(id="IWINDOW")
    taken = a_group(id="ITAKEN", key="other", acknowledged_at=clock.now())
    await AlertGroups(api.store).save([GroupWrite(one, None, [], clock.now()) for one in (group, taken)])

    held = (await api.get("alert_groups/IWINDOW"))["held"]

    assert (held["by"], held["window_id"], held["comment"]) == ("maintenance", window["id"], "why not")
    assert "maintenance window Everything (why not)" in held["reason"]
    assert (await api.get("alert_groups/ITAKEN"))["held"] is None
