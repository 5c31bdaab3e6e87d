"""What a PagerDuty account has configured becomes a declaration with the same people on call at the same time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from services.api.offline import declared
from shared.command.imported_files import checked
from shared.domain.declaration import read
from shared.domain.imported import Imported
from shared.domain.imported_pagerduty import imported_pagerduty
from shared.domain.on_call import on_call_at
from shared.domain.secret_references import resolved, stand_ins
from tests.support.pagerduty_configuration import DAY_S, KEY, configuration

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
NEW_YORK = ZoneInfo("America/New_York")
# Times of one zone are added and subtracted by the clock on the wall.
VIRTUAL_START = datetime(2026, 1, 5, 9, tzinfo=NEW_YORK)


def imported() -> Imported:
    return checked(imported_pagerduty(configuration(), "pagerduty", NOW), NOW)


def by_name(found: Imported, section: str) -> dict[str, Any]:
    return {one.get("name") or one["username"]: one for one in found.declaration[section]}


def left_out(found: Imported, name: str) -> str:
    return "; ".join(one.message for one in found.notes if one.is_left_out and one.name == name)


def as_in_pagerduty(local: datetime) -> str:
    """Return who is on call by PagerDuty's own arithmetic: turns of wall-clock time, the first layer goes first."""
    since_s = int((local - VIRTUAL_START).total_seconds())
    if local.weekday() == 5 and 10 <= local.hour < 14:
        return "bob@example.com"
    if local.hour >= 20 or local.hour < 4:
        began = local.replace(hour=20) - timedelta(days=1 if local.hour < 4 else 0)
        turn = int((began - VIRTUAL_START).total_seconds()) // (2 * DAY_S)
        return ["bob@example.org", "bob@example.com"][turn % 2]
    return ["alice", "bob@example.org"][since_s // (7 * DAY_S) % 2]


def test_the_same_people_are_on_call_in_every_hour_of_weeks():
    found = imported()
    data, _ = resolved(found.declaration, stand_ins(found.declaration))
    config = declared(read(data), NOW)
    (schedule,) = [one for one in config.schedules if one.name == "Primary"]

    # Every fifth hour of four weeks, over the begin of summer time on 8 March.
    times = [
        datetime(2026, 2, 23, 0, 30, tzinfo=NEW_YORK) + timedelta(hours=5 * number) for number in range(135)
    ]
    local = [one for one in times if (one.month, one.day) != (3, 8)]
    on_call = {
        one: [
            config.user_by_id[id].username
            for id in on_call_at(config, schedule.id, one.astimezone(UTC)).user_ids
        ]
        for one in local
    }

    assert on_call == {one: [as_in_pagerduty(one)] for one in local}


def test_people_keep_their_rights_their_number_and_the_rules_for_high_urgency():
    users = by_name(found := imported(), "users")

    alice = users["Alice Example"]
    rules = ["notify_by_email", {"type": "wait", "duration": 600}, "notify_by_phone_call"]
    assert (alice["username"], alice["role"], alice["phone_number"]) == ("alice", "admin", "+4930123456")
    assert alice["rules"] == {"default": rules, "important": rules}
    assert "low urgency" in left_out(found, "alice")
    assert users["Bob Example"]["rules"]["default"] == [
        {"type": "wait", "duration": 300},
        "notify_by_mobile_app",
    ]
    assert (users["Bob Other"]["username"], users["Bob Other"]["role"]) == ("bob@example.com", "viewer")


def test_a_policy_is_a_chain_with_its_delays_and_says_what_differs():
    found = imported()

    chain = by_name(found, "chains")["Databases"]

    assert chain["team"] == "Databases"
    assert chain["steps"] == [
        {"type": "notify_on_call_from_schedule", "notify_on_call_from_schedule": "Primary"},
        {"type": "wait", "duration": 900},
        {
            "type": "notify_person_next_each_time",
            "persons_to_notify_next_each_time": ["alice", "bob@example.org"],
        },
        {"type": "wait", "duration": DAY_S},
        {"type": "wait", "duration": DAY_S},
        {"type": "notify_persons", "persons_to_notify": ["bob@example.com"]},
        {"type": "wait", "duration": 1800},
        "repeat_escalation",
    ]
    assert all(one in left_out(found, "Databases") for one in ("PGONE", "repeated 2 times"))


def test_a_service_is_an_integration_for_each_way_in_and_its_key_stays():
    found = imported()

    ways = by_name(found, "integrations")

    assert [(name, one["type"]) for name, one in ways.items()] == [
        ("Database: Prometheus", "pagerduty"),
        ("Database: Mail", "inbound_email"),
        ("Shop", "pagerduty"),
    ]
    assert found.secrets == {"INTEGRATION_DATABASE_PROMETHEUS_TOKEN": KEY}
    assert {one["default_route"]["chain"] for one in ways.values()} == {"Databases"}
    assert "resolved by themselves" in left_out(found, "Database: Prometheus")
    assert "new address" in left_out(found, "Database: Mail")
    assert "layers are not in the export" in left_out(found, "Unread")
