"""OnCall's migration tools for PagerDuty, Opsgenie and Splunk On-Call bring their objects to Tocsin, call by call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.integration.api.api_running import RunningApi, an_api
from tests.integration.api.clients.migration_client import MigrationClient, Row

pytestmark = pytest.mark.integration
WEB = 0
ROTATION: Row = {
    "type": "rolling_users",
    "start": "2026-01-05T08:00:00",
    "duration": 604_800,
    "frequency": "weekly",
    "interval": 1,
    "start_rotation_from_user_index": 0,
    "week_start": "MO",
    "time_zone": "UTC",
    "source": WEB,
}
OVERRIDE: Row = {
    "type": "override",
    "start": "2027-03-01T00:00:00",
    "rotation_start": "2027-03-01T00:00:00",
    "duration": 86_400,
    "time_zone": "UTC",
    "source": WEB,
}


@pytest.fixture
async def client(api: RunningApi) -> MigrationClient:
    for name in ("alice", "bob"):
        user = await api.post("users/", username=name, email=f"{name}@example.org", role="editor")
        await api.post("personal_notification_rules/", user_id=user["id"], type="notify_by_email")
    return MigrationClient(api)


async def people(client: MigrationClient) -> dict[str, Row]:
    """Return the people by their address, which is how migrations match them."""
    return {one["email"].lower(): one for one in await client.users_with_rules()}


async def a_schedule(client: MigrationClient, shifts: list[Row], **more: Any) -> Row:
    """Make the shifts, then the schedule of them, after one of the same name went."""
    name = more["name"]
    for one in await client.list_all("schedules"):
        if one["name"].lower().strip() == name.lower().strip():
            await client.delete(f"schedules/{one['id']}")
    ids = [(await client.create("on_call_shifts", one))["id"] for one in shifts]
    return await client.create(
        "schedules", {"type": "web", "team_id": None, "time_zone": "UTC", **more, "shifts": ids}
    )


async def a_chain(client: MigrationClient, name: str, steps: list[Row]) -> Row:
    """Make a chain with steps, after one of the same name went with its own."""
    for one in await client.list_all("escalation_chains"):
        if one["name"] == name:
            await client.delete(f"escalation_chains/{one['id']}")
    chain = await client.create("escalation_chains", {"name": name, "team_id": None})
    for step in steps:
        await client.create("escalation_policies", {"escalation_chain_id": chain["id"], **step})
    return chain


async def test_pagerduty_comes_over_and_a_second_time_again(client: MigrationClient):
    for _ in range(2):
        users = await people(client)
        alice, bob = users["alice@example.org"], users["bob@example.org"]
        await _rules_of_pagerduty(client, alice)
        turns = [[alice["id"]], [bob["id"]]]
        layer = {**ROTATION, "name": "3f2a", "level": 1, "rolling_users": turns, "until": None}
        days = {
            "by_day": ["MO", "TU"],
            "rotation_start": "2026-01-01T08:00:00",
            "until": "2030-01-01T00:00:00",
        }
        restricted = {**layer, **days, "name": "3f2b", "level": 2, "frequency": "daily", "duration": 3600}
        override = {**OVERRIDE, "name": "3f2c", "team_id": None, "users": [bob["id"]]}
        made = await a_schedule(
            client, [layer, restricted, override], name="Primary", time_zone="Europe/Berlin"
        )
        steps: list[Row] = [
            {"type": "notify_on_call_from_schedule", "notify_on_call_from_schedule": made["id"]},
            {"type": "notify_persons", "persons_to_notify": [alice["id"], bob["id"]]},
            {"type": "wait", "duration": 1800},
            {"type": "repeat_escalation"},
        ]
        chain = await a_chain(client, "Standard", steps)
        await _integration_of_pagerduty(client, chain)

    assert [one["name"] for one in await client.list_all("schedules")] == ["Primary"]
    steps = await client.list_all(f"escalation_policies/?escalation_chain_id={chain['id']}")
    assert [(one["position"], one["type"]) for one in steps] == [
        (0, "notify_on_call_from_schedule"),
        (1, "notify_persons"),
        (2, "wait"),
        (3, "repeat_escalation"),
    ]
    routes = await client.list_all("routes")
    assert [one["escalation_chain_id"] for one in routes] == [chain["id"]]
    rules = (await people(client))["alice@example.org"]["rules"]
    assert [one["type"] for one in rules] == ["wait", "notify_by_phone_call"]


async def _rules_of_pagerduty(client: MigrationClient, user: Row) -> None:
    # The tool writes `important` of a wait as a word.
    wait = {"user_id": user["id"], "type": "wait", "duration": 300, "important": "False"}
    call = {"user_id": user["id"], "type": "notify_by_phone_call", "important": False}
    made = [await client.create("personal_notification_rules", one) for one in (wait, call)]
    assert [one["important"] for one in made] == [False, False]
    for rule in user["rules"]:
        await client.delete(f"personal_notification_rules/{rule['id']}")


async def _integration_of_pagerduty(client: MigrationClient, chain: Row) -> None:
    for one in await client.list_all("integrations"):
        await client.delete(f"integrations/{one['id']}")
    body = {"name": "Shop - Prometheus", "type": "alertmanager", "team_id": None}
    made = await client.create("integrations", body)
    routes = await client.list_all(f"routes/?integration_id={made['id']}")
    await client.update(f"routes/{routes[0]['id']}", {"escalation_chain_id": chain["id"]})


async def test_pagerdutys_event_rules_become_routes_with_the_default_one_last(client: MigrationClient):
    chain = await a_chain(client, "Standard", [])
    made = await client.create("integrations", {"name": "Events Ruleset", "type": "webhook", "team_id": None})
    terms = ('{{ (payload.a == "x") and ("y" in payload.b) }}', "{{ (payload.c is defined) }}")
    for term, target in zip(terms, (chain["id"], None), strict=True):
        body = {"routing_type": "jinja2", "routing_regex": term, "integration_id": made["id"]}
        await client.create("routes", {**body, "escalation_chain_id": target})

    routes = await client.list_all(f"routes/?integration_id={made['id']}")
    last = await client.update(f"routes/{routes[-1]['id']}", {"escalation_chain_id": chain["id"]})

    assert [one["routing_regex"] for one in routes] == [*terms, None]
    assert (last["is_the_last_route"], last["escalation_chain_id"]) == (True, chain["id"])


async def test_pagerdutys_calendar_becomes_a_schedule_from_outside(client: MigrationClient):
    url = "https://acme.example.org/private/abc/feed"
    body = {"name": "Primary", "type": "ical", "ical_url_primary": url, "team_id": None}

    made = await client.create("schedules", body)

    assert {key: made[key] for key in body} == body


async def test_opsgenie_comes_over_with_the_schedules_that_its_steps_name(client: MigrationClient):
    user = (await people(client))["alice@example.org"]
    for rule in user["rules"]:
        await client.delete(f"personal_notification_rules/{rule['id']}")
    rule = {"user_id": user["id"], "type": "notify_by_sms", "important": False, "duration": 300}
    assert "duration" not in await client.create("personal_notification_rules", rule)
    rotation = {**ROTATION, "name": "Rot1", "team_id": None, "level": 1, "rolling_users": [[user["id"]]]}
    override = {**OVERRIDE, "name": "Override-1a2b3c4d", "team_id": None, "users": [user["id"]]}
    schedule = await a_schedule(client, [rotation, override], name="Weeks")

    chain = await a_chain(
        client,
        "Ops_escalation",
        [
            # The tool says `schedule_id`, where the reference has another name.
            {
                "position": 0,
                "type": "notify_on_call_from_schedule",
                "schedule_id": schedule["id"],
                "important": False,
            },
            {"position": 1, "type": "wait", "duration": 300},
            {"position": 2, "type": "notify_persons", "persons_to_notify": [user["id"]], "important": True},
        ],
    )

    first, _, last = await client.list_all(f"escalation_policies?escalation_chain_id={chain['id']}")
    assert first["notify_on_call_from_schedule"] == schedule["id"]
    assert (last["persons_to_notify"], last["important"]) == ([user["id"]], True)


async def test_splunk_comes_over_with_rotations_in_every_unit(client: MigrationClient):
    users = await people(client)
    turns = [[one["id"]] for one in users.values()]
    units = {"hourly": 12 * 3600, "daily": 86_400, "weekly": 604_800}
    shifts = [
        {
            **ROTATION,
            "name": "24/7",
            "team_id": None,
            "level": level,
            "rotation_start": ROTATION["start"],
            "until": None,
            "duration": duration,
            "frequency": unit,
            "interval": 12 if unit == "hourly" else 1,
            "rolling_users": turns,
        }
        for level, (unit, duration) in enumerate(units.items(), 1)
    ]
    made = await a_schedule(client, shifts, name="Team A schedule")

    read = [one for one in await client.list_all("on_call_shifts") if one["id"] in made["shifts"]]

    assert len(made["shifts"]) == 3
    assert [{key: one[key] for key in sent} for one, sent in zip(read, shifts, strict=True)] == shifts
    assert made["on_call_now"]


async def test_links_between_pages_are_reachable_under_the_address_that_was_used(
    api: RunningApi, client: MigrationClient
):
    by_name = MigrationClient(api, f"http://localhost:{api.running.port}/api/v1/")
    for number in range(51):
        await client.create("escalation_chains", {"name": str(number), "team_id": None})

    assert len(await by_name.list_all("escalation_chains")) == 51


async def test_a_migration_that_is_too_fast_waits_and_goes_on(mongo_url: str, tmp_path: Path):
    async with an_api(mongo_url, tmp_path, api_requests_per_minute=60) as api:
        client = MigrationClient(api)
        for _ in range(60):
            await client.list_all("users")

        await client.create("escalation_chains", {"name": "late", "team_id": None})

        assert set(client.waited_s) <= {1}
