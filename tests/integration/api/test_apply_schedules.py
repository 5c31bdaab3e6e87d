"""Schedules are declared with their shifts: found by name, ids kept, and removed when they are no longer written."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.api.api_running import RunningApi
from tests.integration.api.test_apply import applied, apply
from tests.integration.api.test_schedules import in_hours

pytestmark = pytest.mark.integration
USERS = [{"username": name, "email": f"{name}@example.org"} for name in ("alice", "bob", "carol")]
WEEKS: dict[str, Any] = {
    "name": "Week by week",
    "type": "rolling_users",
    "start": "2026-01-05T09:00:00",
    "duration": "7d",
    "frequency": "weekly",
    "week_start": "MO",
    "rolling_users": ["alice", ["bob", "carol"]],
}
NIGHTS = {
    "name": "Nights",
    "type": "recurrent_event",
    "start": "2026-01-05T22:00:00",
    "duration": "8h",
    "frequency": "daily",
    "level": 1,
    "users": ["bob"],
}


def declared(*shifts: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a declaration of one schedule."""
    schedule = {"name": "Primary", "time_zone": "Europe/Berlin", "shifts": list(shifts), **more}
    return {"users": USERS, "schedules": [schedule]}


async def shifts_of(api: RunningApi, schedule_id: str) -> dict[str, dict[str, Any]]:
    """Return the shifts of a schedule by name."""
    return {one["name"]: one for one in (await api.get("on_call_shifts", schedule_id=schedule_id))["results"]}


async def test_a_schedule_and_its_shifts_become_what_is_written_and_keep_their_ids(api: RunningApi):
    await applied(api, declared(WEEKS, NIGHTS, slack={"channel_id": "C1"}))

    (made,) = (await api.get("schedules", name="Primary"))["results"]
    before = await shifts_of(api, made["id"])
    users = {one["username"]: one["id"] for one in (await api.get("users"))["results"]}
    assert before["Week by week"]["rolling_users"] == [[users["alice"]], [users["bob"], users["carol"]]]
    assert (before["Week by week"]["duration"], made["slack"]["channel_id"]) == (604_800, "C1")
    await api.post(
        f"schedules/{made['id']}/overrides", users=[users["carol"]], start=in_hours(1), end=in_hours(2)
    )

    await applied(api, declared({**WEEKS, "level": 2}))

    after = await shifts_of(api, made["id"])
    assert set(after) == {"Week by week", "Override of Primary"}
    assert after["Week by week"] == {**before["Week by week"], "level": 2}
    assert (await api.get(f"schedules/{made['id']}"))["slack"]["channel_id"] is None
    again = await applied(api, declared({**WEEKS, "level": 2}))
    assert again == []
    await applied(api, {"users": USERS})
    assert (await api.get("schedules"))["count"] == (await api.get("on_call_shifts"))["count"] == 0


async def test_mistakes_are_told_with_their_places(api: RunningApi):
    wrong = declared(
        {**WEEKS, "rolling_users": ["nobody"]}, {**NIGHTS, "duration": 0}, time_zone="Mars/Olympus"
    )

    refused = await api.ask("POST", "config/apply", wrong)

    assert refused.status == 400
    places = {".".join(map(str, one["path"])) for one in refused.body["errors"]}
    assert "schedules.0.time_zone" in places
    right = declared({**WEEKS, "rolling_users": ["nobody"]}, {**NIGHTS, "duration": 0})
    refused = await api.ask("POST", "config/apply", right)
    places = {".".join(map(str, one["path"])) for one in refused.body["errors"]}
    assert {"schedules.0.shifts.0.rolling_users.0.0", "schedules.0.shifts.1.duration"} <= places


async def test_shifts_of_the_same_name_are_told_apart_by_their_order(api: RunningApi):
    early, late = NIGHTS, {**NIGHTS, "start": "2026-02-05T22:00:00"}
    await applied(api, declared(early, late))
    ids = [one["id"] for one in (await api.get("on_call_shifts"))["results"]]

    assert await applied(api, declared(early, late)) == []
    assert await applied(api, declared(early, {**late, "level": 2})) == [("update", "Nights")]

    found = (await api.get("on_call_shifts"))["results"]
    assert [(one["id"], one["level"]) for one in found] == [(ids[0], 1), (ids[1], 2)]


async def test_an_address_of_a_calendar_is_not_shown_in_what_changes(api: RunningApi):
    def outside(url: str) -> dict[str, Any]:
        return {"schedules": [{"name": "Outside", "type": "ical", "ical_url_primary": url}]}

    await applied(api, outside("https://calendar.example.org/secret-one"))

    changed = await apply(api, outside("https://calendar.example.org/secret-two"))

    fields = [one["fields"] for one in changed.body["changes"]]
    assert {"ical_url_primary": {"from": "(secret)", "to": "(secret)"}} in fields
