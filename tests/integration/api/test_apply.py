"""Declarations over the api: checked wholly, applied as one version, ids kept, removed only what they made."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from shared.store.configuration import ConfigurationStore
from tests.integration.api.api_running import Reply, RunningApi

pytestmark = pytest.mark.integration

DECLARATION: dict[str, Any] = {
    "users": [
        {
            "username": "alice",
            "email": "alice@example.org",
            "rules": {
                "default": ["notify_by_email", {"type": "wait", "duration": "5m"}],
                "important": ["notify_by_sms"],
            },
        },
        {"username": "bob", "email": "bob@example.org"},
    ],
    "webhooks": [
        {"name": "ticket", "url": "https://example.org", "password": "secret", "integrations": ["Prometheus"]}
    ],
    "chains": [
        {
            "name": "ops",
            "steps": [
                {"type": "notify_persons", "persons_to_notify": ["alice"], "important": True},
                {"type": "wait", "duration": "5m"},
                {"type": "trigger_webhook", "action_to_trigger": "ticket"},
                "repeat_escalation",
            ],
        }
    ],
    "integrations": [
        {
            "name": "Prometheus",
            "type": "alertmanager",
            "token": "knownknownknownknown1",
            "templates": {"slack": {"title": "{{ payload.x }}"}},
            "routes": [
                {"jinja2": "{{ payload.a }}", "chain": "ops"},
                {"regex": "crit", "slack": {"id": "C1"}},
            ],
            "default_route": {"chain": "ops"},
        }
    ],
}


async def apply(api: RunningApi, declaration: Any, **query: str) -> Reply:
    return await api.ask("POST", "config/apply", declaration, params=query)


async def applied(api: RunningApi, declaration: Any, **query: str) -> list[tuple[str, str]]:
    reply = await apply(api, declaration, **query)
    assert reply.status == 200, reply
    return [(one["change"], one["name"]) for one in reply.body["changes"]]


async def test_a_declaration_becomes_one_version_that_the_public_api_shows(api: RunningApi):
    store = ConfigurationStore(api.store)
    before = await store.version()

    await applied(api, DECLARATION)

    assert await store.version() == before + 1
    integration = (await api.get("integrations", name="Prometheus"))["results"][0]
    chain = (await api.get("escalation_chains", name="ops"))["results"][0]
    alice = (await api.get("users", username="alice"))["results"][0]
    hook = (await api.get("webhooks", name="ticket"))["results"][0]
    steps = (await api.get("escalation_policies", escalation_chain_id=chain["id"]))["results"]
    routes = (await api.get("routes", integration_id=integration["id"]))["results"]
    assert integration["link"].endswith("/alertmanager/knownknownknownknown1/")
    assert integration["default_route"]["escalation_chain_id"] == chain["id"]
    assert [one["type"] for one in steps] == [
        "notify_persons",
        "wait",
        "trigger_webhook",
        "repeat_escalation",
    ]
    assert steps[0]["persons_to_notify"] == [alice["id"]]
    assert steps[1]["duration"] == 300
    assert steps[2]["action_to_trigger"] == hook["id"]
    assert hook["integration_filter"] == [integration["id"]]
    assert [(one["routing_type"], one["routing_regex"], one["position"]) for one in routes[:2]] == [
        ("jinja2", "{{ payload.a }}", 0),
        ("regex", "crit", 1),
    ]
    assert routes[1]["slack"] == {"channel_id": "C1", "enabled": True}
    rules = (await api.get("personal_notification_rules", user_id=alice["id"]))["results"]
    assert [(one["important"], one["type"]) for one in rules] == [
        (False, "notify_by_email"),
        (False, "wait"),
        (True, "notify_by_sms"),
    ]


async def test_applying_the_same_again_changes_nothing(api: RunningApi):
    await applied(api, DECLARATION)
    version = await ConfigurationStore(api.store).version()

    assert await applied(api, DECLARATION) == []
    assert await ConfigurationStore(api.store).version() == version


async def test_a_dry_run_shows_the_same_changes_and_stores_nothing(api: RunningApi):
    shown = await applied(api, DECLARATION, dry_run="true")

    assert await ConfigurationStore(api.store).version() == 0
    assert shown == await applied(api, DECLARATION)


async def test_ids_stay_when_names_stay(api: RunningApi):
    await applied(api, DECLARATION)
    before = {name: (await api.get(name))["results"] for name in ("users", "routes", "escalation_policies")}
    changed = DECLARATION | {
        "chains": [
            {
                "name": "ops",
                "steps": [*DECLARATION["chains"][0]["steps"][:3], {"type": "wait", "duration": 60}],
            }
        ],
    }

    shown = await applied(api, changed)

    after = {name: (await api.get(name))["results"] for name in before}
    assert [one["id"] for one in after["users"]] == [one["id"] for one in before["users"]]
    assert after["routes"] == before["routes"]
    assert [one["id"] for one in after["escalation_policies"]][:3] == [
        one["id"] for one in before["escalation_policies"]
    ][:3]
    assert shown == [("delete", "ops / step 4: repeat_escalation"), ("create", "ops / step 4: wait")]


async def test_what_is_no_longer_written_goes_back_to_its_default(api: RunningApi):
    await applied(api, DECLARATION)
    plain = DECLARATION["integrations"][0] | {"templates": {}}

    shown = await applied(api, DECLARATION | {"integrations": [plain]})

    assert shown == [("update", "Prometheus")]
    found = (await api.get("integrations"))["results"][0]
    assert found["templates"]["slack"]["title"] is None
    assert found["link"].endswith("/knownknownknownknown1/")


async def test_only_what_a_declaration_of_the_same_set_made_is_removed(api: RunningApi):
    by_hand = await api.post("escalation_chains/", name="by hand")
    await applied(api, DECLARATION)
    await applied(api, {"set": "other", "users": [{"username": "carol"}]})

    shown = await applied(api, {"users": DECLARATION["users"][:1]})

    assert {one for one in shown if one[0] == "delete"} >= {
        ("delete", "bob"),
        ("delete", "ops"),
        ("delete", "ticket"),
        ("delete", "Prometheus"),
    }
    assert [one["username"] for one in (await api.get("users"))["results"]] == ["alice", "carol"]
    assert (await api.get("escalation_chains"))["results"] == [by_hand]
    assert (await api.get("routes"))["count"] == 0


async def test_every_mistake_is_named_with_its_place_and_nothing_is_applied(api: RunningApi):
    wrong = {
        "users": [{"username": "alice", "timezone": "Mars"}],
        "chains": [
            {
                "name": "ops",
                "steps": [
                    {"type": "notify_persons", "persons_to_notify": ["nobody"]},
                    {"type": "wait", "duration": 5},
                ],
            }
        ],
        "integrations": [
            {
                "name": "a",
                "type": "webhook",
                "templates": {"web": {"title": "{{"}},
                "routes": [{"regex": "(", "chain": "none"}],
            },
            {"name": "b", "type": "webhook", "routes": [{"regex": "("}]},
        ],
    }

    reply = await apply(api, wrong)

    assert reply.status == 400
    places = [".".join(map(str, one["path"])) for one in reply.body["errors"]]
    assert places == [
        "users.0.timezone",
        "chains.0.steps.0.persons_to_notify",
        "chains.0.steps.1.duration",
        "integrations.0.templates.web.title",
        "integrations.1.routes.0.regex",
    ]
    assert await ConfigurationStore(api.store).version() == 0


async def test_yaml_gives_the_line_of_a_mistake(api: RunningApi):
    text = "users:\n  - username: alice\n    emial: x\n"
    headers = {"Authorization": api.token, "Content-Type": "application/yaml"}

    async with api.client.post(f"{api.url}/api/v1/config/apply", data=text, headers=headers) as answer:
        body = await answer.json()

    assert answer.status == 400
    assert (body["errors"][0]["line"], body["errors"][0]["path"]) == (3, ["users", 0, "emial"])


async def test_only_an_admin_may_apply(api: RunningApi):
    user = await api.post("users/", username="eve", role="user")
    token = await api.new_token(user_id=user["id"])

    reply = await api.ask("POST", "config/apply", {}, headers={"Authorization": token})

    assert reply.status == 403


async def test_the_written_examples_apply(api: RunningApi):
    root = Path(__file__).parents[3]
    document = re.search(r"```yaml\n(.*?)```", (root / "docs/configuration.md").read_text(), re.DOTALL)
    assert document is not None

    for text in (document[1], (root / "deploy/local/demo.yaml").read_text()):
        headers = {"Authorization": api.token, "Content-Type": "application/yaml"}
        async with api.client.post(f"{api.url}/api/v1/config/apply", data=text, headers=headers) as answer:
            assert answer.status == 200, await answer.text()


WINDOW: dict[str, Any] = {
    "name": "Sunday upgrades",
    "starts_at": "2026-03-08 02:00:00",
    "duration": "2h",
    "time_zone": "Europe/Berlin",
    "rrule": "FREQ=WEEKLY;BYDAY=SU",
    "integrations": ["Prometheus"],
    "routes": [{"integration": "Prometheus", "route": 2}, {"integration": "Prometheus"}],
    "labels": {"team": ["db", "web"], "shift": 7},
}


async def test_a_declared_maintenance_window_is_found_by_name_and_goes_when_it_is_not_declared(
    api: RunningApi,
):
    assert ("create", "Sunday upgrades") in await applied(api, DECLARATION | {"maintenance": [WINDOW]})

    (made,) = (await api.get("maintenance_windows"))["results"]
    integration = (await api.get("integrations", name="Prometheus"))["results"][0]
    routes = (await api.get("routes", integration_id=integration["id"]))["results"]
    assert (made["starts_at"], made["duration"]) == ("2026-03-08T01:00:00.000000Z", 7200)
    assert made["integration_ids"] == [integration["id"]]
    assert made["route_ids"] == [routes[1]["id"], integration["default_route"]["id"]]
    assert made["labels"] == {"team": ["db", "web"], "shift": ["7"]}
    assert await applied(api, DECLARATION | {"maintenance": [WINDOW]}) == []
    later = WINDOW | {"starts_at": "2026-03-08T04:00:00+01:00"}
    assert await applied(api, DECLARATION | {"maintenance": [later]}) == [("update", "Sunday upgrades")]
    assert (await api.get("maintenance_windows"))["results"][0]["id"] == made["id"]
    assert await applied(api, DECLARATION) == [("delete", "Sunday upgrades")]


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"rrule": "FREQ=SECONDLY"}, ["maintenance", 0, "rrule"]),
        ({"integrations": ["Nobody"]}, ["maintenance", 0, "integrations", 0]),
        ({"routes": [{"integration": "Prometheus", "route": 3}]}, ["maintenance", 0, "routes", 0, "route"]),
        ({"starts_at": "soon"}, ["maintenance", 0, "starts_at"]),
        ({"mode": "holiday"}, ["maintenance", 0, "mode"]),
    ],
)
async def test_a_mistake_in_a_declared_window_is_told_with_its_place(
    api: RunningApi, changed: dict[str, Any], path: list[Any]
):
    reply = await apply(api, DECLARATION | {"maintenance": [WINDOW | changed]})

    assert reply.status == 400
    assert [one["path"] for one in reply.body["errors"]] == [path]


async def test_teams_and_contact_points_are_declared_with_the_people(api: RunningApi):
    declared = {
        "users": [
            {
                "username": "alice",
                "role": "viewer",
                "phone_number": "+49 30 123456",
                "contact_points": [
                    {"kind": "telegram", "address": "12345"},
                    {"kind": "pushover", "address": "uQiRzpo4DXghDmr9QzzfQu27cmVRsG"},
                ],
            },
            {"username": "bob"},
        ],
        "teams": [{"name": "ops", "email": "ops@example.org", "members": ["alice", "bob"]}],
    }

    await applied(api, declared)

    assert await applied(api, declared) == []
    team = (await api.get("teams", name="ops"))["results"][0]
    alice = (await api.get("users", username="alice"))["results"][0]
    assert (len(team["members"]), alice["teams"]) == (2, [team["id"]])
    assert (alice["role"], alice["is_phone_number_verified"]) == ("viewer", True)
    user = (await ConfigurationStore(api.store).load()).user_by_id[alice["id"]]
    telegram, pushover = user.contact("telegram"), user.contact("pushover")
    assert telegram is not None
    assert pushover is not None
    assert (telegram.address, user.phone_number) == ("12345", "+4930123456")
    assert "uQiRzpo4" not in user.model_dump_json()
    opened = api.running.io.secrets.decrypt(pushover.secret_encrypted)
    assert opened == "uQiRzpo4DXghDmr9QzzfQu27cmVRsG"
    declared["teams"][0]["members"] = ["bob"]
    declared["users"][0] |= {"contact_points": []}
    assert await applied(api, declared) == [("update", "alice")]
    assert await applied(api, {"users": declared["users"]}) == [("update", "bob"), ("delete", "ops")]


async def test_mistakes_about_people_are_named_with_their_places(api: RunningApi):
    wrong = {
        "users": [{"username": "alice", "contact_points": [{"kind": "pigeon", "address": "x"}]}],
        "teams": [{"name": "ops", "members": ["nobody"]}],
    }

    reply = await apply(api, wrong)

    places = [".".join(map(str, one["path"])) for one in reply.body["errors"]]
    assert places == ["users.0.contact_points.0.kind", "teams.0.members"]
