"""Schedules, shifts, overrides and swaps over the public API, as OnCall's clients send and read them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.api.resources.maintenance_windows import instant
from shared import clock
from tests.integration.api.api_running import RunningApi
from tests.integration.api.test_shapes import check

pytestmark = pytest.mark.integration
# Every field, mostly null, as the Terraform provider sends a shift.
TERRAFORM_SHIFT: dict[str, Any] = {
    "team_id": "",
    "name": "Weekly",
    "type": "rolling_users",
    "time_zone": None,
    "level": 0,
    "start": "2026-03-02T09:00:00",
    "until": None,
    "duration": 43_200,
    "frequency": "weekly",
    "interval": 1,
    "week_start": "MO",
    "by_day": ["MO", "TU"],
    "by_month": None,
    "by_monthday": None,
    "users": None,
    "start_rotation_from_user_index": 0,
    "source": 3,
}

BAD_SCHEDULES: list[tuple[dict[str, Any], str]] = [
    ({"type": "paper"}, "type"),
    ({"type": None}, "type"),
    ({"name": " "}, "name"),
    ({"time_zone": "Mars/Olympus"}, "time_zone"),
    ({"shifts": ["ONOBODY"]}, "shifts"),
    ({"team_id": "TNOBODY"}, "team_id"),
    ({"notify_empty_oncall": "maybe"}, "notify_empty_oncall"),
    ({"type": "ical", "ical_url_primary": "file:///etc/passwd"}, "ical_url_primary"),
]
BAD_SHIFTS: list[tuple[dict[str, Any], str]] = [
    ({"type": "party"}, "type"),
    ({"start": "2026-03-02T09:00:00Z"}, "start"),
    ({"start": "2026-03-02"}, "start"),
    ({"until": "2026-03-01T09:00:00"}, "until"),
    ({"duration": 0}, "duration"),
    ({"duration": None}, "duration"),
    ({"duration": "3600"}, "duration"),
    ({"frequency": None}, "frequency"),
    ({"frequency": "yearly"}, "frequency"),
    ({"interval": 0}, "interval"),
    ({"by_day": ["XX"]}, "by_day"),
    ({"by_month": [13]}, "by_month"),
    ({"by_monthday": [0]}, "by_monthday"),
    ({"week_start": "monday"}, "week_start"),
    ({"time_zone": "Mars/Olympus"}, "time_zone"),
    ({"rolling_users": []}, "rolling_users"),
    ({"rolling_users": [["UNOBODY"]]}, "rolling_users"),
    ({"start_rotation_from_user_index": None}, "start_rotation_from_user_index"),
    ({"start_rotation_from_user_index": 1}, "start_rotation_from_user_index"),
    ({"frequency": "daily", "interval": 3}, "interval"),
    ({"schedule": "SNOBODY"}, "schedule"),
]
BAD_OVERRIDES: list[tuple[dict[str, Any], str]] = [
    ({"users": []}, "users"),
    ({"users": ["UNOBODY"]}, "users"),
    ({"start": None}, "start"),
    ({"end": "2020-01-01T00:00:00Z"}, "end"),
]
BAD_SWAPS: list[tuple[dict[str, Any], str]] = [
    ({"schedule": None}, "schedule"),
    ({"beneficiary": "UNOBODY"}, "beneficiary"),
    ({"beneficiary": None}, "beneficiary"),
    ({"swap_start": "2020-01-01T00:00:00Z"}, "swap_start"),
    ({"swap_start": "soon"}, "swap_start"),
    ({"swap_end": "2020-01-01T00:00:00Z"}, "swap_end"),
]


async def a_user(api: RunningApi, name: str) -> str:
    """Create a user and return the id."""
    return str((await api.post("users", username=name, email=f"{name}@example.org"))["id"])


async def always(api: RunningApi, user: str, **more: Any) -> dict[str, Any]:
    """Create a shift of one person that never ends."""
    fields = {"type": "recurrent_event", "frequency": "daily", "duration": 86_400, "users": [user]}
    base = {"name": "Always", "start": "2024-01-01T00:00:00"}
    return dict(await api.post("on_call_shifts", **{**base, **fields, **more}))


async def web(api: RunningApi, **more: Any) -> dict[str, Any]:
    """Create a web schedule."""
    return dict(await api.post("schedules", **{"name": "Primary", "type": "web", **more}))


def in_hours(hours: float) -> str:
    """Return an instant so many hours from now, as clients write it."""
    return instant(clock.now() + timedelta(hours=hours))


async def test_a_terraform_schedule_of_shared_shifts_reads_back_as_written(api: RunningApi):
    ann, bob = await a_user(api, "ann"), await a_user(api, "bob")

    shift = await api.post("on_call_shifts/", **TERRAFORM_SHIFT, rolling_users=[[ann], [bob]])

    assert "users" not in shift
    expected = {**TERRAFORM_SHIFT, "team_id": None, "rolling_users": [[ann], [bob]]}
    assert {name: shift.get(name) for name in expected} == expected
    body = {"team_id": "", "type": "calendar", "time_zone": "Europe/Berlin", "enable_web_overrides": False}
    made = await api.post("schedules/", name="Shared", shifts=[shift["id"]], slack=None, **body)
    assert made["shifts"] == [shift["id"]]
    assert made["slack"] == {"channel_id": None, "user_group_id": None}
    assert made == await api.get(f"schedules/{made['id']}/")
    again = await api.put(f"schedules/{made['id']}", name="Shared", shifts=None, slack={"channel_id": "C1"})
    assert (again["shifts"], again["slack"]["channel_id"], again["time_zone"]) == ([], "C1", "Europe/Berlin")


async def test_on_call_now_is_who_the_shifts_say(api: RunningApi):
    ann, bob = await a_user(api, "ann"), await a_user(api, "bob")
    low, high = await always(api, ann), await always(api, bob, level=1, name="Above")

    made = await web(api, shifts=[low["id"], high["id"]])

    assert made["on_call_now"] == [bob]
    await api.delete(f"on_call_shifts/{high['id']}")
    assert (await api.get("schedules", name="Primary"))["results"][0]["on_call_now"] == [ann]
    await api.delete(f"users/{ann}")
    assert (await api.get(f"schedules/{made['id']}"))["on_call_now"] == []


async def test_a_schedule_has_the_fields_of_its_type_and_its_addresses_read_back(api: RunningApi):
    secret = "webcal://calendar.example.org/secret/basic.ics"

    made = await api.post("schedules/", name="Outside", type="ical", ical_url_primary=secret, team_id=None)

    assert made["ical_url_primary"] == secret
    assert made["ical_url_overrides"] is None
    assert not {"shifts", "time_zone"} & set(made)
    stored = await api.store.collection("schedules").find_one({"_id": made["id"]})
    assert stored is not None
    assert "calendar.example.org" not in str(stored)
    assert "ical_url_primary" not in await web(api)
    zoned = await api.put(f"schedules/{made['id']}", time_zone="Europe/Berlin")
    assert (zoned["time_zone"], zoned["ical_url_primary"]) == ("Europe/Berlin", secret)


async def test_a_schedule_that_says_nothing_useful_is_refused_by_field(api: RunningApi):
    for changed, field in BAD_SCHEDULES:
        refused = await api.refused("POST", "schedules/", {"name": "One", "type": "web", **changed})

        assert list(refused) == [field], changed


async def test_a_shift_that_says_nothing_useful_is_refused_by_field(api: RunningApi):
    ann = await a_user(api, "ann")
    for changed, field in BAD_SHIFTS:
        refused = await api.refused(
            "POST", "on_call_shifts", {**TERRAFORM_SHIFT, "rolling_users": [[ann]], **changed}
        )

        assert field in refused, changed


async def test_every_fault_of_a_shift_is_told_at_once(api: RunningApi):
    body = {**TERRAFORM_SHIFT, "rolling_users": [], "interval": 0, "start": "tomorrow", "duration": 0}

    refused = await api.refused("POST", "on_call_shifts", body)

    assert set(refused) == {"rolling_users", "interval", "start", "duration"}
    assert all(isinstance(one, str) for sentences in refused.values() for one in sentences)


async def test_an_override_keeps_its_people_and_wins(api: RunningApi):
    ann, bob = await a_user(api, "ann"), await a_user(api, "bob")
    made = await web(api, shifts=[(await always(api, ann))["id"]])
    url = f"schedules/{made['id']}/overrides"

    override = await api.post(url, users=[bob], start=in_hours(-1), end=in_hours(1))

    assert (await api.get(f"schedules/{made['id']}"))["on_call_now"] == [bob]
    shift = await api.get(f"on_call_shifts/{override['id']}")
    assert (shift["type"], shift["users"], shift["schedule"]) == ("override", [bob], made["id"])
    on_call = await api.get(f"schedules/{made['id']}/on_call")
    check(on_call, "/api/v1/schedules/{id}/on_call")
    assert [(one["username"], one["by"]) for one in on_call["on_call"]] == [("bob", "override")]
    assert [one["username"] for one in on_call["next"]["users"]] == ["ann"]
    moved = await api.put(f"{url}/{override['id']}", start=in_hours(5), end=in_hours(6))
    assert moved["users"] == [bob]
    assert (await api.get(url))["results"] == [moved]
    assert (await api.get(f"schedules/{made['id']}"))["on_call_now"] == [ann]
    await api.delete(f"{url}/{override['id']}")
    assert (await api.ask("DELETE", f"{url}/{override['id']}")).status == 404


async def test_an_override_of_nobody_or_no_time_is_refused(api: RunningApi):
    made, ann = await web(api), await a_user(api, "ann")
    for changed, field in BAD_OVERRIDES:
        body = {"users": [ann], "start": in_hours(1), "end": in_hours(2), **changed}

        assert list(await api.refused("POST", f"schedules/{made['id']}/overrides", body)) == [field]


async def test_final_shifts_are_listed_in_pages_and_their_span_is_bounded(api: RunningApi):
    ann, bob = await a_user(api, "ann"), await a_user(api, "bob")
    shift = {
        **TERRAFORM_SHIFT,
        "by_day": None,
        "duration": 604_800,
        "week_start": "MO",
        "start": "2026-03-02T00:00:00",
    }
    rotation = await api.post("on_call_shifts", **shift, rolling_users=[[ann], [bob]])
    made = await web(api, shifts=[rotation["id"]])
    url = f"schedules/{made['id']}/final_shifts"

    found = await api.get(url, start_date="2026-03-02", end_date="2026-03-15")

    check(found, "/api/v1/schedules/{id}/final_shifts")
    first = {"user_pk": ann, "user_email": "ann@example.org", "user_username": "ann"}
    assert found["results"][0] == {
        **first,
        "shift_start": "2026-03-02T00:00:00Z",
        "shift_end": "2026-03-09T00:00:00Z",
    }
    assert (found["count"], found["results"][1]["shift_end"]) == (2, "2026-03-16T00:00:00Z")
    one = await api.get(url, start_date="2026-03-02", end_date="2026-03-15", perpage="1")
    assert (one["count"], len(one["results"]), one["page_size"]) == (2, 1, 1)
    minutes = await api.get(url, start_date="2026-03-08T23:30", end_date="2026-03-09T00:30")
    assert [one["user_username"] for one in minutes["results"]] == ["ann", "bob"]
    for query, field in [
        ("start_date=2026-03-02", "end_date"),
        ("start_date=2026-03-02&end_date=2026-03-01", "end_date"),
        ("start_date=2025-01-01&end_date=2026-03-01", "end_date"),
        ("start_date=yesterday&end_date=2026-03-01", "start_date"),
    ]:
        assert list(await api.refused("GET", f"{url}?{query}")) == [field]


async def test_a_swap_is_asked_for_taken_and_then_holds(api: RunningApi):
    ann, bob = await a_user(api, "ann"), await a_user(api, "bob")
    made = await web(api, shifts=[(await always(api, ann))["id"]])
    asked = {"schedule": made["id"], "swap_start": in_hours(24), "swap_end": in_hours(48)}

    swap = await api.post("shift_swaps", **asked, beneficiary=ann, description="dentist")

    assert (swap["status"], swap["benefactor"], swap["description"]) == ("open", None, "dentist")
    assert [swap[name] for name in ("swap_start", "swap_end")] == [asked["swap_start"], asked["swap_end"]]
    url = f"shift_swaps/{swap['id']}"
    refused = await api.refused("POST", f"{url}/take", {"benefactor": ann})
    assert "benefactor" in refused
    assert "benefactor" in await api.refused("POST", f"{url}/take", {})  # the token is nobody's
    taken = await api.ask("POST", f"{url}/take/", {"benefactor": bob})
    assert (taken.status, taken.body["status"], taken.body["benefactor"]) == (200, "taken", bob)
    # What is handed over, and before that what would be: the beneficiary's times.
    for shown, who in ((swap, ann), (taken.body, bob)):
        assert {one["users"][0]["pk"] for one in shown["shifts"]} == {who}
        assert (shown["shifts"][0]["start"], shown["shifts"][-1]["end"]) == (
            swap["swap_start"],
            swap["swap_end"],
        )
    assert (await api.ask("POST", f"{url}/take", {"benefactor": bob})).status == 400
    assert (await api.ask("PUT", url, {"description": "no"})).status == 400
    on_call = await api.get(f"schedules/{made['id']}/on_call", at=in_hours(30))
    assert [(one["username"], one["by"]) for one in on_call["on_call"]] == [("bob", "swap")]
    assert on_call["on_call"][0]["in_place_of"] == ann
    await api.delete(url)
    assert (await api.ask("GET", url)).status == 404
    assert (await api.get(f"schedules/{made['id']}/on_call", at=in_hours(30)))["on_call"][0]["by"] == "shift"


async def test_whoever_takes_a_swap_with_a_token_of_their_own_stands_in(api: RunningApi):
    ann, bob = await a_user(api, "ann"), await a_user(api, "bob")
    made = await web(api)
    asked = {"schedule": made["id"], "swap_start": in_hours(24), "swap_end": in_hours(48)}
    swap = await api.post("shift_swaps/", **asked, beneficiary=ann)
    api.token = await api.new_token(user_id=bob)

    taken = await api.ask("POST", f"shift_swaps/{swap['id']}/take")

    assert (taken.status, taken.body["benefactor"]) == (200, bob)


async def test_swaps_are_filtered_as_clients_ask(api: RunningApi):
    ann, bob = await a_user(api, "ann"), await a_user(api, "bob")
    made = await web(api)
    base = {"schedule": made["id"], "beneficiary": ann}
    soon = await api.post("shift_swaps", **base, swap_start=in_hours(2), swap_end=in_hours(4))
    late = await api.post(
        "shift_swaps", **base, swap_start=in_hours(50), swap_end=in_hours(60), benefactor=bob
    )

    async def ids(**query: str) -> list[str]:
        return [one["id"] for one in (await api.get("shift_swaps", **query))["results"]]

    assert await ids() == [soon["id"], late["id"]]
    assert await ids(starting_after=in_hours(10)) == [late["id"]]
    assert await ids(open_only="true") == [soon["id"]]
    assert await ids(benefactor=bob) == [late["id"]]
    assert await ids(beneficiary=bob) == []
    assert await ids(schedule_id="SNOBODY") == []


async def test_a_swap_that_says_nothing_useful_is_refused_by_field(api: RunningApi):
    made, ann = await web(api), await a_user(api, "ann")
    for changed, field in BAD_SWAPS:
        body = {
            "schedule": made["id"],
            "beneficiary": ann,
            "swap_start": in_hours(1),
            "swap_end": in_hours(2),
        }

        assert list(await api.refused("POST", "shift_swaps", {**body, **changed})) == [field]


async def test_a_schedule_in_use_is_deleted_with_what_is_its_own(api: RunningApi):
    ann = await a_user(api, "ann")
    shared = await always(api, ann)
    made = await web(api, shifts=[shared["id"]])
    own = await always(api, ann, name="Own", schedule=made["id"])
    await api.post(
        "shift_swaps", schedule=made["id"], beneficiary=ann, swap_start=in_hours(1), swap_end=in_hours(2)
    )
    assert (await api.get("on_call_shifts", schedule_id=made["id"]))["count"] == 2

    await api.delete(f"schedules/{made['id']}")

    assert (await api.ask("GET", f"schedules/{made['id']}")).status == 404
    assert [one["id"] for one in (await api.get("on_call_shifts"))["results"]] == [shared["id"]]
    assert (await api.ask("GET", f"on_call_shifts/{own['id']}")).status == 404
    assert (await api.get("shift_swaps"))["count"] == 0


async def test_what_is_answered_about_schedules_is_as_described(api: RunningApi):
    ann = await a_user(api, "ann")
    made = await web(api, shifts=[(await always(api, ann))["id"]])
    override = await api.post(
        f"schedules/{made['id']}/overrides", users=[ann], start=in_hours(1), end=in_hours(2)
    )
    swap = await api.post(
        "shift_swaps", schedule=made["id"], beneficiary=ann, swap_start=in_hours(1), swap_end=in_hours(2)
    )

    for name, id in (
        ("schedules", made["id"]),
        ("on_call_shifts", override["id"]),
        ("shift_swaps", swap["id"]),
    ):
        check(await api.get(name), f"/api/v1/{name}")
        check(await api.get(f"{name}/{id}"), f"/api/v1/{name}/{{id}}")
    check(await api.get(f"schedules/{made['id']}/overrides"), "/api/v1/schedules/{id}/overrides")


async def test_an_observer_reads_schedules_and_writes_none(api: RunningApi):
    made = await web(api)
    api.token = await api.new_token(scope="read")

    assert (await api.ask("GET", f"schedules/{made['id']}/on_call")).status == 200
    assert (await api.ask("PUT", f"schedules/{made['id']}", {"name": "Other"})).status == 403
    assert (await api.ask("POST", f"schedules/{made['id']}/overrides", {})).status == 403


async def test_gaps_and_quality_are_told_ahead(api: RunningApi):
    ann, bob = await a_user(api, "ann"), await a_user(api, "bob")
    made = await web(api)

    empty = await api.get(f"schedules/{made['id']}/gaps", days="7")
    check(empty, "/api/v1/schedules/{id}/gaps")
    assert [(one["start"], one["end"]) for one in empty["gaps"]] == [(empty["from"], empty["to"])]
    await always(api, ann, schedule=made["id"])
    await always(api, bob, schedule=made["id"], name="Too", level=1, by_day=["SA", "SU"])

    assert (await api.get(f"schedules/{made['id']}/gaps"))["gaps"] == []
    quality = await api.get(f"schedules/{made['id']}/quality")
    check(quality, "/api/v1/schedules/{id}/quality")
    assert (quality["coverage"], [one["username"] for one in quality["overloaded_users"]]) == (100, ["ann"])
    assert list(await api.refused("GET", f"schedules/{made['id']}/gaps?days=0")) == ["days"]


async def test_a_shift_of_another_type_drops_what_the_old_one_had_alone(api: RunningApi):
    ann = await a_user(api, "ann")
    shift = await always(api, ann, by_day=["MO"])

    once = await api.put(f"on_call_shifts/{shift['id']}", type="single_event")

    assert once["type"] == "single_event"
    assert not {"frequency", "by_day", "until"} & set(once)
    again = await api.refused("PUT", f"on_call_shifts/{shift['id']}", {"type": "recurrent_event"})
    assert list(again) == ["frequency"]
    assert list(await api.refused("PUT", f"on_call_shifts/{shift['id']}", {"type": "party"})) == ["type"]
