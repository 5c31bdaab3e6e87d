"""What people changed by hand since a set was applied last: seen in the plan, and taken back only on purpose."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.api.api_running import RunningApi
from tests.integration.api.test_apply import applied, apply

pytestmark = pytest.mark.integration


def a_chain(minutes: int = 1, name: str = "ops") -> dict[str, Any]:
    return {"chains": [{"name": name, "steps": [{"type": "wait", "duration": minutes * 60}]}]}


async def the_step(api: RunningApi) -> dict[str, Any]:
    (step,) = (await api.get("escalation_policies"))["results"]
    return dict(step)


async def wait_by_hand(api: RunningApi, minutes: int) -> None:
    await api.put(f"escalation_policies/{(await the_step(api))['id']}", duration=minutes * 60)


async def test_an_apply_that_takes_back_what_was_changed_by_hand_is_refused_until_it_may(api: RunningApi):
    await applied(api, a_chain())
    await wait_by_hand(api, 10)

    planned = await apply(api, a_chain(), dry_run="true")
    refused = await apply(api, a_chain())
    message = "escalation_chains ops: steps changed by hand since it was applied last"
    assert [(one["name"], one["fields"]) for one in planned.body["taken_back"]] == [("ops", ["steps"])]
    assert (refused.status, [one["message"] for one in refused.body["errors"]]) == (409, [message])
    assert (await the_step(api))["duration"] == 600

    done = await apply(api, a_chain(), overwrite="true")
    assert (done.status, [one["message"] for one in done.body["taken_back"]]) == (200, [message])
    assert (await the_step(api))["duration"] == 60
    assert await applied(api, a_chain(minutes=2)) != []


async def test_what_was_taken_over_into_the_declaration_is_no_change_by_hand_any_more(api: RunningApi):
    await applied(api, a_chain())
    await wait_by_hand(api, 10)

    planned = (await apply(api, a_chain(minutes=10), dry_run="true")).body
    assert (planned["changes"], planned["taken_back"], planned["noted"]) == ([], [], 1)
    assert await applied(api, a_chain(minutes=10)) == []
    again = (await apply(api, a_chain(minutes=10), dry_run="true")).body
    assert again["noted"] == 0
    assert (await apply(api, a_chain(minutes=3))).status == 200


async def test_code_changes_other_fields_beside_what_was_changed_by_hand(api: RunningApi):
    hook: dict[str, Any] = {"name": "hook", "type": "webhook", "routes": []}
    declared = {"integrations": [hook]}
    await applied(api, declared)
    (stored,) = (await api.get("integrations"))["results"]
    await api.put(f"integrations/{stored['id']}", description_short="by hand")
    hook["routes"] = [{"regex": "x"}]

    done = await apply(api, declared, dry_run="true")
    fields = [one["fields"] for one in done.body["taken_back"]]

    # A declaration that says nothing of a field puts it back to its default, so that is taken back as well.
    assert fields == [["description_short"]]
    hook["description_short"] = "by hand"
    assert (await apply(api, declared)).status == 200


async def test_removing_what_was_changed_by_hand_needs_to_be_said_too(api: RunningApi):
    await applied(api, a_chain())
    await wait_by_hand(api, 10)

    assert (await apply(api, {})).status == 409
    assert (await apply(api, {}, overwrite="true")).status == 200
    assert (await api.get("escalation_chains"))["count"] == 0


async def test_nothing_else_counts_as_changed_by_hand(api: RunningApi):
    shift: dict[str, Any] = {
        "name": "Days",
        "type": "rolling_users",
        "rolling_users": [["ann"]],
        "frequency": "daily",
        "start": "2026-01-01T00:00:00",
        "duration": 86_400,
        "start_rotation_from_user_index": 0,
    }
    schedule: dict[str, Any] = {"name": "primary", "type": "web", "time_zone": "UTC", "shifts": [shift]}
    declared: dict[str, Any] = {"users": [{"username": "ann"}], "schedules": [schedule], "set": "people"}
    await applied(api, declared)
    (listed,) = (await api.get("schedules"))["results"]
    (ann,) = (await api.get("users"))["results"]
    await api.post(
        f"schedules/{listed['id']}/overrides",
        users=[ann["id"]],
        start="2026-06-01T00:00:00Z",
        end="2026-06-02T00:00:00Z",
    )
    await api.post("escalation_chains/", name="nobody's")
    shift["name"] = "Nights"
    schedule["time_zone"] = "Europe/Berlin"

    planned = (await apply(api, declared, dry_run="true")).body

    assert planned["changes"] != []
    assert planned["taken_back"] == []
    assert (await apply(api, declared)).status == 200
