"""What an Opsgenie account has configured becomes a declaration with the same people on call at the same time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from services.api.offline import declared
from shared.command.imported_files import checked
from shared.domain.declaration import read
from shared.domain.imported import Imported
from shared.domain.imported_opsgenie import imported_opsgenie, saved_opsgenie
from shared.domain.on_call import on_call_at

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
TEAM = {"id": "t1", "name": "Databases"}


def user(id: str, address: str, role: str, **more: Any) -> dict[str, Any]:
    plain = {"id": id, "username": address, "fullName": address, "role": {"id": role, "name": role}}
    return {**plain, "blocked": False, "timeZone": "Europe/Berlin", "userContacts": [], **more}


def rule(minutes: int, kind: str, id: str, how: str = "default") -> dict[str, Any]:
    recipient = {"type": kind, "id": id, "name": id}
    delay = {"timeAmount": minutes, "timeUnit": "minutes"}
    return {"condition": "if-not-acked", "notifyType": how, "delay": delay, "recipient": recipient}


def rotation(name: str, type: str, length: int, people: list[str], **more: Any) -> dict[str, Any]:
    members = [{"type": "user", "id": one} if one else {"type": "none"} for one in people]
    plain = {"id": name, "name": name, "startDate": "2026-01-05T08:00:00Z", "endDate": None}
    return {**plain, "type": type, "length": length, "participants": members, **more}


def answers() -> list[dict[str, Any]]:
    """Return what each list endpoint answers."""
    phone = [{"contactMethod": "voice", "to": "49-30123456", "enabled": True}]
    office = {
        "startDay": "monday",
        "startHour": 18,
        "startMin": 30,
        "endDay": "tuesday",
        "endHour": 6,
        "endMin": 0,
    }
    weekly = {"type": "weekday-and-time-of-day", "restrictions": [office]}
    days = {"type": "time-of-day", "restriction": {"startHour": 9, "startMin": 0, "endHour": 17, "endMin": 0}}
    rotations = [
        rotation("Days", "daily", 3, ["u1", "u2"], timeRestriction=days),
        rotation("Mondays", "weekly", 1, ["u3", ""], timeRestriction=weekly),
        rotation("Former", "weekly", 1, ["u1"], endDate="2026-01-10T08:00:00Z"),
    ]
    primary = {"id": "s1", "name": "Primary", "timezone": "Europe/Berlin", "enabled": True, "ownerTeam": TEAM}
    rules = [rule(10, "schedule", "s1", "next"), rule(0, "schedule", "s1"), rule(25, "user", "u1")]
    repeat = {"waitInterval": 10, "count": 5, "closeAlertAfterAll": True}
    members = [{"user": {"id": "u1", "username": "alice@example.org"}, "role": "admin"}]
    return [
        {
            "data": [
                user("u1", "alice@example.org", "Owner", userContacts=phone),
                user("u2", "bob@example.org", "User"),
                user("u3", "carol@example.org", "Stakeholder"),
            ],
            "totalCount": 3,
        },
        {"data": [TEAM]},
        {"data": {**TEAM, "members": members}},
        {"data": [{**primary, "rotations": rotations}]},
        {"data": [{"id": "e1", "name": "Standard", "ownerTeam": TEAM, "rules": rules, "repeat": repeat}]},
        {
            "data": [
                {"id": "i1", "name": "Prometheus", "enabled": True, "type": "Prometheus", "teamId": "t1"},
                {"id": "i2", "name": "Mail", "enabled": False, "type": "Email"},
            ]
        },
    ]


def imported() -> Imported:
    lists: dict[str, dict[str, Any]] = {}
    for answer in answers():
        for name, row in saved_opsgenie(answer).rows:
            rows = lists.setdefault(name, {})
            rows[str(row["id"])] = {**rows.get(str(row["id"]), {}), **row}
    found = {name: list(rows.values()) for name, rows in lists.items()}
    return checked(imported_opsgenie(found, "opsgenie", NOW), NOW)


def left_out(found: Imported, name: str) -> str:
    return "; ".join(one.message for one in found.notes if one.is_left_out and one.name == name)


def as_in_opsgenie(local: datetime) -> list[str]:
    began = datetime(2026, 1, 5, 9, tzinfo=BERLIN)
    found = []
    if 9 <= local.hour < 17:
        found.append(["alice", "bob"][int((local - began).total_seconds()) // (3 * 86_400) % 2])
    # From Monday, 18:30, to Tuesday, 6:00, in every other week.
    monday = (local - timedelta(days=local.weekday())).replace(hour=18, minute=30)
    is_in_hours = monday <= local < monday + timedelta(hours=11.5)
    if is_in_hours and int((monday - began).total_seconds()) // (7 * 86_400) % 2 == 0:
        found.append("carol")
    return found


def test_the_same_people_are_on_call_as_by_the_rotations():
    config = declared(read(imported().declaration), NOW)
    (schedule,) = config.schedules
    times = [datetime(2026, 2, 9, 0, 45, tzinfo=BERLIN) + timedelta(hours=5 * one) for one in range(135)]

    on_call = {
        one: [
            config.user_by_id[id].username
            for id in on_call_at(config, schedule.id, one.astimezone(UTC)).user_ids
        ]
        for one in times
    }

    assert on_call == {one: as_in_opsgenie(one) for one in times}


def test_people_teams_and_integrations_are_taken_over_and_what_the_lists_lack_is_told():
    found = imported()

    alice, _, carol = found.declaration["users"]
    assert (alice["username"], alice["role"], alice["phone_number"]) == ("alice", "admin", "+4930123456")
    assert carol["role"] == "viewer"
    assert found.declaration["teams"] == [{"name": "Databases", "members": ["alice"]}]
    prometheus, mail = found.declaration["integrations"]
    assert (prometheus["type"], mail["type"]) == ("opsgenie", "inbound_email")
    assert prometheus["default_route"] == {"chain": "Standard"}
    assert "new key" in left_out(found, "Prometheus")
    assert all(
        one in left_out(found, "Mail") for one in ("new address", "is disabled there", "choose a chain")
    )
    assert "no notification rules" in left_out(found, "")


def test_an_escalation_is_a_chain_whose_delays_are_waits():
    (chain,) = imported().declaration["chains"]

    assert (chain["name"], chain["team"]) == ("Standard", "Databases")
    assert chain["steps"] == [
        {"type": "notify_on_call_from_schedule", "notify_on_call_from_schedule": "Primary"},
        {"type": "wait", "duration": 600},
        {"type": "notify_next_on_call", "schedule": "Primary"},
        {"type": "wait", "duration": 900},
        {"type": "notify_persons", "persons_to_notify": ["alice"]},
        {"type": "wait", "duration": 600},
        "repeat_escalation",
        "resolve",
    ]
