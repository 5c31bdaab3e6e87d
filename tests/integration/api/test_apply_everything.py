"""Whatever can be declared is shown by the api as it was written, and applied again it changes nothing."""

from __future__ import annotations

from typing import Any

import pytest

from shared import clock
from shared.domain.configuration import UserGroup
from shared.domain.model import SYSTEM
from shared.domain.steps.catalogue import STEP_TYPES
from shared.domain.webhook_triggers import TRIGGERS
from shared.store.configuration import ConfigurationStore
from tests.integration.api.api_running import RunningApi
from tests.integration.api.test_apply import applied

pytestmark = pytest.mark.integration

QUIET = {"from_time": "08:00", "to_time": "22:00", "time_zone": "Europe/Berlin", "weekdays": ["MO", "TU"]}
POINTS = [
    {"kind": "telegram", "address": "777"},
    {"kind": "webhook", "address": "https://hooks.example.org/page"},
    {"kind": "pushover", "address": "uQiRzpo4DXghDmr9QzzfQu27cmVRsG"},
]
# A step of every type; people, schedules, teams, webhooks and Slack's user groups by their names.
STEPS: list[dict[str, Any]] = [
    {"type": "wait", "duration": 600},
    {
        "type": "notify_if_time_from_to",
        "notify_if_time_from": "09:00",
        "notify_if_time_to": "17:30",
        "time_zone": "Australia/Lord_Howe",
        "weekdays": ["MO", "FR"],
    },
    {"type": "notify_if_num_alerts_in_window", "num_alerts_in_window": 3, "num_minutes_in_window": 10},
    {"type": "notify_if_not_acknowledged_within", "duration": 900},
    {"type": "notify_persons", "persons_to_notify": ["alice", "bob"], "important": True},
    {"type": "notify_person_next_each_time", "persons_to_notify_next_each_time": ["bob"], "important": False},
    {"type": "notify_team_members", "team_to_notify": "ops", "important": True},
    {"type": "notify_user_group", "group_to_notify": "Database people", "important": False},
    {"type": "notify_whole_channel"},
    {"type": "notify_on_call_from_schedule", "notify_on_call_from_schedule": "Primary", "important": True},
    {"type": "notify_next_on_call", "schedule": "Primary", "important": False},
    {"type": "wait_until_on_call", "schedule": "Primary", "max_duration": 3600},
    {"type": "trigger_webhook", "action_to_trigger": "escalation"},
    {"type": "continue_if", "continue_if": "{{ alert_group.labels.severity == 'critical' }}"},
    {"type": "raise_importance"},
    {"type": "lower_importance"},
    {"type": "resolve", "condition": "{{ false }}"},
    {"type": "repeat_escalation"},
]
WEBHOOKS = [
    {
        "name": trigger,
        "url": "https://example.org/{{ alert_group_id }}",
        "trigger_type": trigger,
        "http_method": "PUT",
        "headers": '{"X-A": "b"}',
        "data": "{{ event.type }}",
        "forward_all": False,
        "trigger_template": "{{ true }}",
        "username": "u",
        "password": "p",
    }
    for trigger in TRIGGERS
]
SUBSCRIPTION = {
    "name": "bot",
    "url": "https://bot.example.org/events",
    "enabled": False,
    "team": "ops",
    "types": ["group.resolved", "notification"],
    "integrations": ["prod"],
    "start": "beginning",
    "batch_size": 7,
    "signing_secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
}
DECLARATION: dict[str, Any] = {
    "users": [
        {
            "username": "alice",
            "email": "alice@example.org",
            "contact_points": POINTS,
            "rules": {
                "default": [
                    {"type": "notify_by_telegram", "only_between": QUIET},
                    {"type": "wait", "duration": 300},
                    "notify_by_webhook",
                ],
                "important": ["notify_by_phone_call", "notify_by_mobile_app_critical"],
            },
        },
        {"username": "bob", "phone_number": "+4915112345678", "role": "viewer", "timezone": "Asia/Kolkata"},
    ],
    "teams": [
        {
            "name": "ops",
            "email": "ops@example.org",
            "members": ["alice", "bob"],
            "acknowledge_reminder": {"remind_after": 3600, "unacknowledge_after": 600},
        }
    ],
    "webhooks": WEBHOOKS,
    "schedules": [{"name": "Primary", "time_zone": "Europe/Berlin"}],
    "chains": [{"name": "everything", "steps": STEPS}],
    "integrations": [{"name": "prod", "type": "webhook"}],
    "event_subscriptions": [SUBSCRIPTION],
}
NAMED = {
    "persons_to_notify": "users",
    "persons_to_notify_next_each_time": "users",
    "team_to_notify": "teams",
    "group_to_notify": "user_groups",
    "notify_on_call_from_schedule": "schedules",
    "schedule": "schedules",
    "action_to_trigger": "webhooks",
}


@pytest.fixture
async def ready(api: RunningApi) -> RunningApi:
    """An api that has read Slack's user groups, everything declared."""
    group = UserGroup(id="SDB", name="Database people", handle="db")
    await ConfigurationStore(api.store).change(lambda draft: draft.put(group), SYSTEM, clock.now())
    await applied(api, DECLARATION)
    return api


async def names_of(api: RunningApi, kind: str) -> dict[str, str]:
    """Return the names of all objects of a kind by their ids."""
    found = (await api.get(kind, perpage="100"))["results"]
    if kind == "user_groups":
        return {one["id"]: one["slack"]["name"] for one in found}
    return {one["id"]: one["username" if kind == "users" else "name"] for one in found}


def test_a_step_of_every_type_and_a_webhook_of_every_trigger_are_declared_here():
    assert {one["type"] for one in STEPS} == set(STEP_TYPES)
    assert [one["trigger_type"] for one in WEBHOOKS] == list(TRIGGERS)


async def test_every_step_is_shown_as_it_was_written(ready: RunningApi):
    (chain,) = (await ready.get("escalation_chains", name="everything"))["results"]
    shown = (await ready.get("escalation_policies", escalation_chain_id=chain["id"], perpage="100"))[
        "results"
    ]

    tables = {kind: await names_of(ready, kind) for kind in set(NAMED.values())}
    for step, written in zip(shown, STEPS, strict=True):
        for name, kind in NAMED.items():
            if name in step:
                ids = step[name] if isinstance(step[name], list) else [step[name]]
                found = [tables[kind][one] for one in ids]
                step[name] = found if isinstance(step[name], list) else found[0]
        assert {name: step.get(name) for name in written} == written


async def test_rules_with_quiet_hours_and_contact_points_are_shown_as_they_were_written(ready: RunningApi):
    (alice,) = (await ready.get("users", username="alice"))["results"]
    rules = (await ready.get("personal_notification_rules", user_id=alice["id"]))["results"]
    points = (await ready.get(f"users/{alice['id']}/contact_points"))["results"]

    assert [(one["important"], one["type"], one.get("duration")) for one in rules] == [
        (False, "notify_by_telegram", None),
        (False, "wait", 300),
        (False, "notify_by_webhook", None),
        (True, "notify_by_phone_call", None),
        (True, "notify_by_mobile_app_critical", None),
    ]
    hours = rules[0]["only_between"]
    assert {name: hours[name] for name in ("time_zone", "weekdays")} == {
        "time_zone": "Europe/Berlin",
        "weekdays": ["MO", "TU"],
    }
    assert (hours["from_time"][:5], hours["to_time"][:5]) == ("08:00", "22:00")
    declared = {one["kind"]: one for one in points if one["kind"] in ("telegram", "webhook", "pushover")}
    assert len(declared) == 3
    assert all(one["is_usable"] for one in declared.values())
    assert "uQiRzpo4" not in str(points)


async def test_teams_and_webhooks_are_shown_as_they_were_written(ready: RunningApi):
    (team,) = (await ready.get("teams", name="ops"))["results"]
    users = await names_of(ready, "users")
    hooks = {one["name"]: one for one in (await ready.get("webhooks", perpage="100"))["results"]}

    assert sorted(users[one] for one in team["members"]) == ["alice", "bob"]
    assert team["acknowledge_reminder"] == {"remind_after": 3600, "unacknowledge_after": 600}
    for written in WEBHOOKS:
        shown = hooks[str(written["name"])]
        same = {name: value for name, value in written.items() if name != "password"}
        assert {name: shown[name] for name in same} == same
        assert shown["password"] == "*" * 16


async def test_an_event_subscription_is_shown_as_it_was_written(ready: RunningApi):
    (shown,) = (await ready.get("event_subscriptions", name="bot"))["results"]
    (prod,) = (await ready.get("integrations", name="prod"))["results"]
    (ops,) = (await ready.get("teams", name="ops"))["results"]

    same = ("name", "url", "types", "start", "batch_size")
    assert {name: shown[name] for name in same} == {name: SUBSCRIPTION[name] for name in same}
    assert (shown["is_enabled"], shown["team_id"], shown["integration_ids"]) == (
        False,
        ops["id"],
        [prod["id"]],
    )
    assert shown["signing_secret"] == "*" * 16


async def test_applied_again_nothing_changes(ready: RunningApi):
    version = await ConfigurationStore(ready.store).version()

    assert await applied(ready, DECLARATION) == []
    assert await ConfigurationStore(ready.store).version() == version


MISTAKES: list[tuple[str, str, str]] = [
    ("users", "  - username: x\n    rules:\n      default:\n        - {type: notify_by_pigeon}\n", "4"),
    (
        "users",
        (
            "  - username: x\n    rules:\n      default:\n        - type: notify_by_sms\n"
            "          only_between: {from_time: '25:00', to_time: '08:00'}\n"
        ),
        "5",
    ),
    ("users", "  - username: x\n    contact_points:\n      - {kind: phone, address: '12'}\n", "3"),
    ("teams", "  - name: x\n    members: [nobody]\n", "2"),
    ("teams", "  - name: x\n    acknowledge_reminder:\n      remind_after: 5\n", "2"),
    ("webhooks", "  - name: x\n    url: https://x.example\n    trigger_type: moon rise\n", "3"),
    ("webhooks", "  - name: x\n    url: '{{ broken'\n", "2"),
    *(
        ("event_subscriptions", f"  - name: x\n    url: https://x.example\n    {wrong}\n", "3")
        for wrong in ("types: [party]", "start: yesterday", "batch_size: 0", "integrations: [none]")
    ),
    *(
        ("chains", f"  - name: x\n    steps:\n      - type: {type}\n        {wrong}\n", "4")
        for type, wrong in (
            ("wait", "duration: 5"),
            ("notify_if_not_acknowledged_within", "duration: 5"),
            ("notify_if_time_from_to", "time_zone: Mars/Olympus"),
            ("notify_if_num_alerts_in_window", "num_alerts_in_window: 0"),
            ("notify_persons", "persons_to_notify: [nobody]"),
            ("notify_person_next_each_time", "persons_to_notify_next_each_time: [nobody]"),
            ("notify_team_members", "team_to_notify: nobody"),
            ("notify_user_group", "group_to_notify: nobody"),
            ("notify_on_call_from_schedule", "notify_on_call_from_schedule: never"),
            ("notify_next_on_call", "schedule: never"),
            ("wait_until_on_call", "schedule: never"),
            ("trigger_webhook", "action_to_trigger: none"),
            ("continue_if", "continue_if: '{{ broken'"),
            ("resolve", "condition: '{{ broken'"),
            ("raise_importance", "imporant: true"),
        )
    ),
]


async def test_every_mistake_is_named_with_its_field_and_line(api: RunningApi):
    """Each alone in a declaration that would be right without it; one api answers them all."""
    headers = {"Authorization": api.token, "Content-Type": "application/yaml"}
    url = f"{api.url}/api/v1/config/apply"
    told: dict[str, Any] = {}
    for section, text, line in MISTAKES:
        async with api.client.post(url, data=f"{section}:\n{text}", headers=headers) as answer:
            status, body = answer.status, await answer.json()
        (error,) = body["errors"]
        wrong = text.strip().splitlines()[int(line) - 1]
        is_named = any(str(part) in wrong for part in error["path"] if isinstance(part, str))
        if (status, error["line"], is_named) != (400, int(line) + 1, True) or not error["message"]:
            told[text] = error

    assert told == {}
    assert await ConfigurationStore(api.store).version() == 0
