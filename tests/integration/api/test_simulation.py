"""The simulator over the public API: schedules, routes and conditions, with reasons and assumptions."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.api.api_running import RunningApi

pytestmark = pytest.mark.integration
AT = "2027-03-28T01:30:00+01:00"


@pytest.fixture
async def chain(api: RunningApi) -> dict[str, Any]:
    """Alice by mail, an hour later Bob who cannot be reached; critical ones only."""
    alice = await api.post("users/", username="alice", email="alice@example.org")
    bob = await api.post("users/", username="bob")
    made = await api.post("escalation_chains/", name="ops")
    steps: list[dict[str, Any]] = [
        {"type": "notify_persons", "persons_to_notify": [alice["id"]]},
        {"type": "wait", "duration": 3600},
        {
            "type": "notify_persons",
            "persons_to_notify": [bob["id"]],
            "condition": '{{ payload.level == "high" }}',
        },
    ]
    for one in steps:
        await api.post("escalation_policies/", escalation_chain_id=made["id"], **one)
    return made


async def simulated(api: RunningApi, **body: Any) -> dict[str, Any]:
    reply = await api.ask("POST", "simulate", {"at": AT, **body})
    assert reply.status == 200, reply.body
    found: dict[str, Any] = reply.body
    return found


def pages(found: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(one["at"], one["username"], one["channel"]) for one in found["results"] if one["what"] == "page"]


async def test_a_chain_is_played_over_the_change_of_clocks(api: RunningApi, chain: dict[str, Any]):
    found = await simulated(api, escalation_chain_id=chain["id"], payload={"level": "high"})

    assert pages(found) == [
        ("2027-03-28T00:30:00.000000Z", "alice", "email"),
        ("2027-03-28T01:30:00.000000Z", "bob", "email"),
    ]
    assert found["results"][-1]["reason"] == "no step and no rule is left"
    assert [one["problem"] for one in found["results"] if one["what"] == "page"] == [
        None,
        "bob has no verified contact point for email",
    ]
    assert (found["chain"], found["ended"]) == ("ops", "finished: no step and no rule is left")
    assert "nobody acknowledges, resolves or silences" in found["assumptions"]


async def test_a_condition_is_asked_of_the_payload(api: RunningApi, chain: dict[str, Any]):
    found = await simulated(api, escalation_chain_id=chain["id"], payload={"level": "low"})

    assert [who for _, who, _ in pages(found)] == ["alice"]
    assert any("skipped" in one["reason"] for one in found["results"])


async def test_an_alert_takes_the_route_that_it_would_take(api: RunningApi, chain: dict[str, Any]):
    integration = await api.post("integrations/", type="webhook", name="hook")
    route = await api.post(
        "routes/",
        integration_id=integration["id"],
        escalation_chain_id=chain["id"],
        routing_type="jinja2",
        routing_regex="{{ payload.level == 'high' }}",
    )

    high = await simulated(api, integration_id=integration["id"], payload={"title": "Disk", "level": "high"})
    low = await simulated(api, integration_id=integration["id"], payload={"title": "Disk", "level": "low"})

    assert (high["route_id"], high["title"], len(pages(high))) == (route["id"], "Disk", 2)
    assert (low["chain"], low["ended"]) == (None, "its route has no escalation chain")


async def test_what_goes_on_after_the_horizon_says_so(api: RunningApi, chain: dict[str, Any]):
    found = await simulated(api, escalation_chain_id=chain["id"], horizon=600)

    assert (found["ended"], found["until"]) == (None, "2027-03-28T00:40:00.000000Z")


async def test_nothing_is_stored_and_no_turn_is_taken(api: RunningApi, chain: dict[str, Any]):
    user = await api.post("users/", username="carol", email="carol@example.org")
    step = {"type": "notify_person_next_each_time", "persons_to_notify": [user["id"]], "position": 0}
    await api.post("escalation_policies/", escalation_chain_id=chain["id"], **step)

    found = await simulated(api, escalation_chain_id=chain["id"])

    assert "the next of 1 in turn: carol" in found["results"][0]["reason"]
    for name in ("escalations", "rotations", "rotation_draws"):
        assert await api.store.collection(name).count({}) == 0


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "integration_id"),
        ({"integration_id": "CNONE", "escalation_chain_id": "FNONE"}, "integration_id"),
        ({"escalation_chain_id": "FNONE"}, "escalation_chain_id"),
        ({"escalation_chain_id": "FNONE", "at": "2027-03-28T01:30:00"}, "at"),
        ({"escalation_chain_id": "FNONE", "horizon": 5}, "horizon"),
    ],
)
async def test_what_cannot_be_played_is_refused_by_name(api: RunningApi, body: dict[str, Any], field: str):
    assert list(await api.refused("POST", "simulate", body)) == [field]


async def test_an_edited_chain_is_applied_to_nothing_when_nothing_runs_through_it(
    api: RunningApi, chain: dict[str, Any]
):
    reply = await api.ask("POST", f"escalation_chains/{chain['id']}/apply_to_running")

    assert (reply.status, reply.body["alert_groups"]) == (200, 0)
    await api.refused("POST", "escalation_chains/FNONE/apply_to_running", {}, status=404)
    await api.refused("POST", "alert_groups/INONE/apply_chain", {}, status=404)
