"""Escalation chains and their steps over the public API."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.api.api_running import RunningApi

pytestmark = pytest.mark.integration


@pytest.fixture
async def chain(api: RunningApi) -> dict[str, Any]:
    return await api.post("escalation_chains/", name="ops", team_id=None)


async def test_a_chain_has_a_name_that_is_unique(api: RunningApi, chain: dict[str, Any]):
    assert chain == {"id": chain["id"], "name": "ops", "team_id": None}
    assert list(await api.refused("POST", "escalation_chains/", {"name": "ops"})) == ["name"]
    assert list(await api.refused("POST", "escalation_chains/", {"team_id": ""})) == ["name"]
    assert (await api.get("escalation_chains/", name="ops"))["count"] == 1
    assert (await api.get("escalation_chains/", name="op"))["count"] == 0


async def test_each_step_reads_back_with_the_parameters_of_its_type_only(
    api: RunningApi, chain: dict[str, Any]
):
    user = await api.post("users/", username="alice")
    hook = await api.post("webhooks/", name="hook", url="https://example.org/")
    written = [
        {"type": "wait", "duration": 300, "important": False},
        {"type": "notify_persons", "persons_to_notify": [user["id"]], "important": True},
        {"type": "trigger_webhook", "action_to_trigger": hook["id"], "important": False},
        {"type": "repeat_escalation", "important": False},
        {"type": "resolve"},
    ]
    made = [await api.post("escalation_policies/", escalation_chain_id=chain["id"], **one) for one in written]

    own = [{key: one[key] for key in one if key not in ("id", "escalation_chain_id")} for one in made]
    assert own == [
        {"position": 0, "type": "wait", "duration": 300},
        {"position": 1, "type": "notify_persons", "important": True, "persons_to_notify": [user["id"]]},
        {"position": 2, "type": "trigger_webhook", "action_to_trigger": hook["id"]},
        {"position": 3, "type": "repeat_escalation"},
        {"position": 4, "type": "resolve"},
    ]
    listed = await api.get("escalation_policies", escalation_chain_id=chain["id"])
    assert listed["results"] == made


async def test_a_changed_type_drops_the_parameters_of_the_old_one(api: RunningApi, chain: dict[str, Any]):
    made = await api.post("escalation_policies/", escalation_chain_id=chain["id"], type="wait", duration=120)

    changed = await api.put(f"escalation_policies/{made['id']}/", type="notify_persons", important=False)
    back = await api.put(f"escalation_policies/{made['id']}/", type="wait")

    assert "duration" not in changed
    assert changed["persons_to_notify"] == []
    assert back["duration"] is None


async def test_manual_order_swaps_steps(api: RunningApi, chain: dict[str, Any]):
    made = [
        await api.post(
            "escalation_policies/",
            escalation_chain_id=chain["id"],
            type=kind,
            position=place,
            manual_order=True,
        )
        for place, kind in enumerate(("wait", "resolve"))
    ]

    await api.put(f"escalation_policies/{made[0]['id']}/", position=1, manual_order=True)

    listed = (await api.get("escalation_policies", escalation_chain_id=chain["id"]))["results"]
    assert [(one["type"], one["position"]) for one in listed] == [("resolve", 0), ("wait", 1)]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"type": "wait", "duration": 59}, "duration"),
        ({"type": "wait", "duration": 86_401}, "duration"),
        ({"type": "wait", "duration": "300"}, "duration"),
        ({"type": "notify_persons", "persons_to_notify": ["UNONE"]}, "persons_to_notify"),
        ({"type": "trigger_webhook", "action_to_trigger": "WNONE"}, "action_to_trigger"),
        ({"type": "nothing"}, "type"),
        ({}, "type"),
        ({"type": "wait", "escalation_chain_id": "FNONE"}, "escalation_chain_id"),
    ],
)
async def test_what_is_not_valid_is_refused_by_name(
    api: RunningApi, chain: dict[str, Any], body: dict[str, Any], field: str
):
    refused = await api.refused("POST", "escalation_policies/", {"escalation_chain_id": chain["id"], **body})

    assert list(refused) == [field]


async def test_a_deleted_chain_takes_its_steps_along_and_leaves_routes_with_null(
    api: RunningApi, chain: dict[str, Any]
):
    integration = await api.post("integrations/", type="webhook")
    route = await api.post("routes/", integration_id=integration["id"], escalation_chain_id=chain["id"])
    step = await api.post("escalation_policies/", escalation_chain_id=chain["id"], type="wait")

    await api.delete(f"escalation_chains/{chain['id']}/")

    assert (await api.get(f"routes/{route['id']}/"))["escalation_chain_id"] is None
    await api.refused("GET", f"escalation_policies/{step['id']}/", status=404)


async def test_who_takes_turns_is_written_by_one_name_and_read_by_another(
    api: RunningApi, chain: dict[str, Any]
):
    """As existing clients do it (reference: persons_to_notify in, persons_to_notify_next_each_time out)."""
    user = await api.post("users/", username="alice")

    made = await api.post(
        "escalation_policies/",
        escalation_chain_id=chain["id"],
        type="notify_person_next_each_time",
        persons_to_notify=[user["id"]],
        important=True,
    )

    assert made["persons_to_notify_next_each_time"] == [user["id"]]
    assert "persons_to_notify" not in made
    assert made["important"] is True
    refused = await api.refused("PUT", f"escalation_policies/{made['id']}/", {"persons_to_notify": ["UNONE"]})
    assert list(refused) == ["persons_to_notify_next_each_time"]


async def test_every_other_type_reads_back_as_it_was_written(api: RunningApi, chain: dict[str, Any]):
    schedule = await api.post("schedules/", name="Primary", type="web", time_zone="UTC")
    written: list[dict[str, Any]] = [
        {
            "type": "notify_on_call_from_schedule",
            "important": True,
            "notify_on_call_from_schedule": schedule["id"],
        },
        {"type": "notify_next_on_call", "important": False, "schedule": schedule["id"]},
        {"type": "wait_until_on_call", "schedule": schedule["id"], "max_duration": 7200},
        {"type": "notify_team_members", "important": False, "team_to_notify": None},
        {"type": "notify_user_group", "important": True, "group_to_notify": None},
        {"type": "notify_whole_channel"},
        {
            "type": "notify_if_time_from_to",
            "time_zone": None,
            "notify_if_time_from": "22:00:00Z",
            "notify_if_time_to": "06:00:00Z",
            "weekdays": ["SA", "SU"],
        },
        {"type": "notify_if_num_alerts_in_window", "num_alerts_in_window": 3, "num_minutes_in_window": 10},
        {"type": "notify_if_not_acknowledged_within", "duration": 900},
        {"type": "continue_if", "continue_if": "{{ payload.level }}"},
        {"type": "raise_importance"},
        {"type": "lower_importance", "condition": "{{ labels.quiet }}"},
    ]

    made = [await api.post("escalation_policies/", escalation_chain_id=chain["id"], **one) for one in written]

    own = [
        {key: one[key] for key in one if key not in ("id", "escalation_chain_id", "position")} for one in made
    ]
    assert own == written


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (
            {"type": "notify_on_call_from_schedule", "notify_on_call_from_schedule": "SNONE"},
            "notify_on_call_from_schedule",
        ),
        ({"type": "notify_team_members", "team_to_notify": "TNONE"}, "team_to_notify"),
        ({"type": "notify_if_time_from_to", "notify_if_time_from": "9:00"}, "notify_if_time_from"),
        ({"type": "notify_if_time_from_to", "weekdays": ["MON"]}, "weekdays"),
        ({"type": "notify_if_num_alerts_in_window", "num_alerts_in_window": "3"}, "num_alerts_in_window"),
        ({"type": "continue_if", "continue_if": "{{ payload."}, "continue_if"),
        ({"type": "wait", "condition": "{% if %}"}, "condition"),
    ],
)
async def test_what_does_not_fit_a_newer_type_is_refused_by_name(
    api: RunningApi, chain: dict[str, Any], body: dict[str, Any], field: str
):
    refused = await api.refused("POST", "escalation_policies/", {"escalation_chain_id": chain["id"], **body})

    assert list(refused) == [field]
