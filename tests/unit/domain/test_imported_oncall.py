"""What an OnCall has configured becomes a declaration that can be applied, and whatever cannot is said."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import pytest

from services.api.offline import declared
from shared.command.imported_files import checked
from shared.domain.declaration import read
from shared.domain.imported import Imported
from shared.domain.imported_oncall import imported_oncall
from shared.domain.on_call import on_call_at
from shared.domain.secret_references import resolved, stand_ins
from tests.support.oncall_configuration import (
    CALENDAR,
    TOKEN_OF_MAIL,
    TOKEN_OF_PROMETHEUS,
    Rows,
    configuration,
)

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday


ODD: list[Any] = [
    None,
    "",
    0,
    -1,
    "x",
    [],
    {},
    [None],
    ["x"],
    [[1]],
    {"a": 1},
    True,
    10**12,
    "2026-13-45T00:00:00",
]


def oddly(value: Any, chance: random.Random) -> Any:
    """Return what an API said with something else in some places, and without others."""
    if chance.random() < 0.04:
        return chance.choice(ODD)
    if isinstance(value, dict):
        return {key: oddly(one, chance) for key, one in value.items() if chance.random() > 0.04}
    return [oddly(one, chance) for one in value] if isinstance(value, list) else value


def imported(**changed: Rows) -> Imported:
    return checked(imported_oncall({**configuration(), **changed}, "oncall", NOW), NOW)


def named(found: Imported, section: str, name: str, team: str | None = None) -> Any:
    rows = [one for one in found.declaration[section] if one.get("team") == team]
    (row,) = [one for one in rows if name in (one.get("name"), one.get("username"))]
    return row


def left_out(found: Imported, kind: str, name: str) -> list[str]:
    notes = [one for one in found.notes if one.is_left_out]
    return [one.message for one in notes if (one.kind, one.name) == (kind, name)]


def test_what_was_imported_is_applied_as_it_is_to_an_empty_installation():
    found = imported()
    data, missing = resolved(found.declaration, stand_ins(found.declaration))

    config = declared(read(data), NOW)

    assert not missing
    assert found.declaration["set"] == "oncall"
    # The shift of 2024 is over; the week of 2 March 2026 is the ninth, alice's, from 09:00 in Berlin on.
    (primary,) = [one for one in config.schedules if one.name == "Primary"]
    on_call = [
        [config.user_by_id[one].username for one in on_call_at(config, primary.id, at).user_ids]
        for at in (NOW, datetime(2026, 3, 9, 12, tzinfo=UTC), datetime(2090, 12, 24, 12, tzinfo=UTC))
    ]
    assert on_call == [["alice"], ["bob"], ["carol"]]


def test_people_keep_their_rules_in_order_and_nobody_gets_more_rights_than_before():
    found = imported()

    alice, bob, carol = (named(found, "users", one) for one in ("alice", "bob", "carol"))

    assert alice["rules"] == {
        "default": ["notify_by_slack", {"type": "wait", "duration": 300}, "notify_by_phone_call"],
        "important": ["notify_by_mobile_app_critical"],
    }
    assert (alice["slack_user_id"], alice["role"], bob["role"]) == ("U0ALICE", "admin", "editor")
    assert bob["rules"] == {"default": ["notify_by_email"]}
    assert (carol["role"], "timezone" in carol) == ("viewer", False)
    assert [one.split(":")[0] for one in left_out(found, "user", "bob")] == ["rules.default.1"]
    assert len(left_out(found, "user", "carol")) == 2
    assert any("telephone numbers" in one for one in left_out(found, "user", "alice"))
    assert named(found, "teams", "Databases")["members"] == ["alice", "bob"]


@pytest.mark.parametrize(("is_open", "notes"), [(True, 0), (None, 0), (False, 1)])
def test_a_team_that_hid_its_objects_is_told_of(is_open: bool | None, notes: int):
    found = imported(teams=[{"id": "TDB", "name": "Databases", "is_sharing_resources_to_all": is_open}])

    assert len(left_out(found, "team", "Databases")) == notes
    assert named(found, "teams", "Databases")["members"] == ["alice", "bob"]


def test_integrations_keep_their_tokens_as_references_whose_values_are_known():
    found = imported()

    prometheus = named(found, "integrations", "Prometheus \U0001f525", "Databases")
    mail = named(found, "integrations", "Mail")

    tokens = [found.secrets[one["token"][6:-1]] for one in (prometheus, mail)]
    assert tokens == [TOKEN_OF_PROMETHEUS, TOKEN_OF_MAIL]
    assert prometheus["templates"] == {"web": {"title": "{{ payload.commonLabels.alertname }}"}}
    assert named(found, "integrations", "Own tool")["type"] == "webhook"
    own = " ".join(left_out(found, "integration", "Own tool"))
    assert all(one in own for one in ("own_tool", "debug mode", "FGONE"))
    assert any(
        "templates.sms.title" in one for one in left_out(found, "integration", "Prometheus \U0001f525")
    )


def test_routes_keep_their_order_their_chains_and_where_they_post():
    found = imported()

    prometheus = named(found, "integrations", "Prometheus \U0001f525", "Databases")

    assert prometheus["routes"] == [
        {
            "jinja2": "{{ payload.commonLabels.severity == 'critical' }}",
            "chain": {"name": "Standard", "team": "Databases"},
            "slack": {"enabled": False},
        },
        {"regex": '"team": "x"'},
    ]
    assert prometheus["default_route"] == {
        "chain": {"name": "Standard", "team": None},
        "slack": {"id": "C01DB"},
    }
    said = left_out(found, "integration", "Prometheus \U0001f525")
    assert any("route 2 posts to telegram" in one for one in said)
    assert any("route 3 is one by labels" in one for one in said)
    assert any("#db-alerts (C01DB)" in one.message for one in found.notes if one.kind == "Slack")


def test_steps_keep_their_order_and_what_they_refer_to_by_name():
    found = imported()

    assert named(found, "chains", "Standard", "Databases")["steps"] == [
        {"type": "notify_on_call_from_schedule", "notify_on_call_from_schedule": "Primary"},
        {"type": "wait", "duration": 900},
        {"type": "notify_persons", "important": True, "persons_to_notify": ["alice"]},
        {"type": "notify_person_next_each_time", "persons_to_notify_next_each_time": ["alice", "bob"]},
        {
            "type": "notify_if_time_from_to",
            "notify_if_time_from": "08:00:00Z",
            "notify_if_time_to": "18:00:00Z",
        },
        {"type": "notify_if_num_alerts_in_window", "num_alerts_in_window": 5, "num_minutes_in_window": 10},
        "notify_user_group",
        {"type": "notify_team_members", "team_to_notify": "Databases"},
        {"type": "trigger_webhook", "action_to_trigger": "open a ticket"},
        "notify_whole_channel",
        "repeat_escalation",
    ]
    said = left_out(found, "escalation chain", "Standard of the team Databases")
    assert [one.split(" ")[1] for one in said] == ["3", "7", "10"]
    assert "@ops" in said[1]


def test_a_webhook_that_would_tell_more_than_before_is_switched_off():
    found = imported()

    ticket = named(found, "webhooks", "open a ticket")

    assert ticket["integrations"] == ["Prometheus \U0001f525"]
    assert found.secrets[ticket["authorization_header"][6:-1]] is None
    assert named(found, "webhooks", "of what is gone")["enabled"] is False
    bad = named(found, "webhooks", "conditional")
    assert (bad["enabled"], "trigger_template" in bad) == (False, False)


def test_schedules_keep_their_shifts_and_share_what_was_shared():
    found = imported()

    primary = named(found, "schedules", "Primary", "Databases")
    vendor = named(found, "schedules", "Vendor")

    assert [(one["name"], one["type"], one.get("level")) for one in primary["shifts"]] == [
        ("weeks", "rolling_users", None),
        ("Override 2090-12-24T00:00:00", "single_event", 1000),
    ]
    assert primary["shifts"][0]["rolling_users"] == [["alice"], ["bob"]]
    shared = [named(found, "schedules", one)["shared_shifts"] for one in ("Backup", "Weekend")]
    assert shared == [["days"], ["days"]]
    assert [one["users"] for one in found.declaration["shifts"]] == [["carol"]]
    assert found.secrets[vendor["ical_url_primary"][6:-1]] == CALENDAR
    assert any("swap of alice" in one for one in left_out(found, "schedule", "Primary"))


def test_of_two_objects_with_one_name_both_are_taken_over_under_names_of_their_own():
    first, second = {"id": "WA", "name": "same", "url": "https://a.example.org"}, {"id": "WB", "name": "same"}

    found = imported(webhooks=[first, {**second, "url": "https://b.example.org"}])

    hooks = {one["name"]: one["url"] for one in found.declaration["webhooks"]}
    assert hooks == {"same": "https://a.example.org", "same 2": "https://b.example.org"}


def test_an_oncall_in_which_nothing_is_configured_is_an_empty_declaration():
    found = checked(imported_oncall({}, "oncall", NOW), NOW)

    assert (found.declaration, found.notes) == ({"set": "oncall"}, ())


@pytest.mark.parametrize("seed", range(12))
def test_whatever_the_api_says_becomes_something_that_can_be_applied(seed: int):
    chance = random.Random(seed)
    rows = {name: [oddly(one, chance) for one in found] for name, found in configuration().items()}
    found = {name: [one for one in listed if isinstance(one, dict)] for name, listed in rows.items()}

    result = checked(imported_oncall(found, "oncall", NOW), NOW)

    data, _ = resolved(result.declaration, stand_ins(result.declaration))
    assert declared(read(data), NOW)
