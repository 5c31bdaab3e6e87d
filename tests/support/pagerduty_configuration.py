"""What a PagerDuty account of a small company has configured, as its REST API v2 lists it."""

from __future__ import annotations

from typing import Any

Rows = list[dict[str, Any]]
KEY = "0123456789abcdef0123456789abcdef"
DAY_S = 86_400


def configuration() -> dict[str, Rows]:
    """Return every list by its name in the API, with what `include[]` adds."""
    return {
        "users": _users(),
        "teams": [{"id": "PT1", "type": "team", "name": "Databases", "description": None}],
        "schedules": _schedules(),
        "escalation_policies": _policies(),
        "services": _services(),
    }


def _users() -> Rows:
    def user(id: str, name: str, address: str, role: str, **more: Any) -> dict[str, Any]:
        plain = {"id": id, "type": "user", "name": name, "summary": name, "email": address, "role": role}
        rest = {"time_zone": "America/New_York", "teams": [], "contact_methods": [], "notification_rules": []}
        return {**plain, **rest, **more}

    def rule(minutes: int, kind: str, urgency: str = "high") -> dict[str, Any]:
        method = {"id": f"PC{kind}", "type": f"{kind}_contact_method_reference"}
        plain = {"id": f"PR{minutes}{kind}", "type": "assignment_notification_rule", "contact_method": method}
        return {**plain, "start_delay_in_minutes": minutes, "urgency": urgency}

    phone = {"id": "PC1", "type": "phone_contact_method", "country_code": 49, "address": "30 123456"}
    team = {"id": "PT1", "type": "team_reference"}
    rules = [rule(10, "phone"), rule(0, "email"), rule(0, "email", "low")]
    return [
        user(
            *("PU1", "Alice Example", "alice@example.org", "owner"),
            contact_methods=[phone],
            notification_rules=rules,
            teams=[team],
        ),
        user(
            "PU2",
            "Bob Example",
            "bob@example.org",
            "limited_user",
            notification_rules=[rule(5, "push_notification")],
        ),
        user("PU3", "Bob Other", "bob@example.com", "read_only_user"),
    ]


def _schedules() -> Rows:
    def layer(name: str, turn_s: int, begins: str, users: list[str], **more: Any) -> dict[str, Any]:
        people = [{"user": {"id": one, "type": "user_reference"}} for one in users]
        turns = {"rotation_virtual_start": begins, "rotation_turn_length_seconds": turn_s, "users": people}
        return {"id": name, "name": name, "start": begins, "end": None, "restrictions": [], **turns, **more}

    def hours(at: str, duration_s: int, day: int | None = None) -> dict[str, Any]:
        kind = "daily_restriction" if day is None else "weekly_restriction"
        found = {"type": kind, "start_time_of_day": at, "duration_seconds": duration_s}
        return found if day is None else {**found, "start_day_of_week": day}

    monday = "2026-01-05T09:00:00-05:00"
    # The layer that covers the others comes first.
    layers = [
        layer("Saturdays", 7 * DAY_S, monday, ["PU3"], restrictions=[hours("10:00:00", 14_400, 6)]),
        layer("Nights", 2 * DAY_S, monday, ["PU2", "PU3"], restrictions=[hours("20:00:00", 28_800)]),
        layer("Weeks", 7 * DAY_S, monday, ["PU1", "PU2"]),
        layer("Former", 7 * DAY_S, "2024-01-01T09:00:00-05:00", ["PU1"], end="2025-01-01T00:00:00Z"),
    ]
    plain = {"id": "PS1", "type": "schedule", "name": "Primary", "time_zone": "America/New_York"}
    return [
        {**plain, "teams": [], "schedule_layers": layers},
        {**plain, "id": "PS2", "name": "Unread", "teams": []},
    ]


def _policies() -> Rows:
    def rule(minutes: int, *targets: tuple[str, str], **more: Any) -> dict[str, Any]:
        found = [{"id": id, "type": f"{kind}_reference", "summary": id} for kind, id in targets]
        return {"id": f"PR{minutes}", "escalation_delay_in_minutes": minutes, "targets": found, **more}

    turns = {"escalation_rule_assignment_strategy": {"type": "round_robin"}}
    rules = [
        rule(15, ("schedule", "PS1")),
        rule(2_880, ("user", "PU1"), ("user", "PU2"), **turns),
        rule(30, ("user", "PU3"), ("user", "PGONE")),
    ]
    plain = {"type": "escalation_policy", "teams": [{"id": "PT1", "type": "team_reference"}]}
    return [{**plain, "id": "PE1", "name": "Databases", "escalation_rules": rules, "num_loops": 2}]


def _services() -> Rows:
    def service(id: str, name: str, **more: Any) -> dict[str, Any]:
        policy = {"id": "PE1", "type": "escalation_policy_reference"}
        plain = {"id": id, "type": "service", "name": name, "description": "", "status": "active"}
        urgency = {"incident_urgency_rule": {"type": "constant", "urgency": "high"}}
        none = {"auto_resolve_timeout": None, "acknowledgement_timeout": None, "support_hours": None}
        return {
            **plain,
            **urgency,
            **none,
            "escalation_policy": policy,
            "teams": [],
            "integrations": [],
            **more,
        }

    def integration(id: str, kind: str, name: str, **more: Any) -> dict[str, Any]:
        return {"id": id, "type": f"{kind}_inbound_integration", "name": name, "summary": name, **more}

    events = integration("PI1", "events_api_v2", "Prometheus", integration_key=KEY)
    mail = integration("PI2", "generic_email", "Mail", integration_email="db@example.pagerduty.com")
    return [
        service("PV1", "Database", integrations=[events, mail], auto_resolve_timeout=14_400),
        service("PV2", "Shop"),
    ]
