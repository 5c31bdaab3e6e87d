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
