"""What a Grafana OnCall of a small company has configured, as its public API lists it."""

from __future__ import annotations

from typing import Any

Rows = list[dict[str, Any]]
TOKEN_OF_PROMETHEUS = "mReAoNwDm0eMwKo1mTeTwYoab"
TOKEN_OF_MAIL = "q7hVb2LxZt5RkPw9sNcE3mYdu"
CALENDAR = "https://calendar.example.com/vendor.ics?key=abc"
NULLS = {"title": None, "message": None, "image_url": None}
OFF = {"id": None, "enabled": False}


def configuration() -> dict[str, Rows]:
    """Return every list by its name in the API."""
    return {
        "users": _users(),
        "teams": [
            {"id": "TDB", "grafana_id": 3, "name": "Databases", "email": "db@example.org", "avatar_url": ""}
        ],
        "user_groups": [
            {"id": "GOPS", "type": "slack_based", "slack": {"id": "S01", "name": "Ops", "handle": "ops"}}
        ],
        "slack_channels": [{"name": "db-alerts", "slack_id": "C01DB"}, {"name": "other", "slack_id": "C02"}],
        "webhooks": _webhooks(),
        "schedules": _schedules(),
        "on_call_shifts": _shifts(),
        "shift_swaps": _swaps(),
        "escalation_chains": [
            {"id": "FDB", "name": "Standard", "team_id": "TDB"},
            {"id": "FALL", "name": "Standard", "team_id": None},
            {"id": "FMAIL", "name": "Mail", "team_id": None},
        ],
        "escalation_policies": _policies(),
        "integrations": _integrations(),
        "routes": _routes(),
        "personal_notification_rules": _rules(),
    }


def _users() -> Rows:
    def user(id: str, name: str, role: str, **more: Any) -> dict[str, Any]:
        plain = {"id": id, "grafana_id": 1, "email": f"{name}@example.org", "slack": None, "username": name}
        rest = {"role": role, "is_phone_number_verified": False, "timezone": "Europe/Berlin", "teams": []}
        return {**plain, **rest, **more}

    slack = {"user_id": "U0ALICE", "team_id": "T0EXAMPLE"}
    return [
        user("UA", "alice", "admin", slack=slack, teams=["TDB"], is_phone_number_verified=True),
        user("UB", "bob", "user", teams=["TDB"], timezone=None),
        user("UC", "carol", "none", timezone="Mars/Base"),
    ]


def _rules() -> Rows:
    def rule(user: str, position: int, type: str, important: bool = False, **more: Any) -> dict[str, Any]:
        row = {"id": f"N{user}{important}{position}", "user_id": user, "position": position, "type": type}
        return {**row, "important": important, **more}

    return [
        rule("UA", 1, "wait", duration=300),
        rule("UA", 0, "notify_by_slack"),
        rule("UA", 2, "notify_by_phone_call"),
        rule("UA", 0, "notify_by_mobile_app_critical", important=True),
        rule("UB", 0, "notify_by_email"),
        rule("UB", 1, "notify_by_carrier_pigeon"),
    ]


def _webhooks() -> Rows:
    def hook(id: str, name: str, **more: Any) -> dict[str, Any]:
        plain = {"id": id, "name": name, "is_webhook_enabled": True, "team": None, "data": None}
        call = {"trigger_type": "escalation", "http_method": "POST", "url": "https://tickets.example.org/api"}
        texts = {"headers": None, "trigger_template": None, "username": None, "password": None}
        rest = {"authorization_header": None, "forward_all": True, "integration_filter": [], "preset": ""}
        return {**plain, **call, **texts, **rest, **more}

    return [
        hook("WTICKET", "open a ticket", authorization_header="****************", integration_filter=["CAM"]),
        hook("WGONE", "of what is gone", trigger_type="resolve", integration_filter=["CGONE"]),
        hook("WBAD", "conditional", trigger_type="status change", trigger_template="{% if %}"),
    ]


def _schedules() -> Rows:
    def schedule(id: str, name: str, type: str, **more: Any) -> dict[str, Any]:
        slack = {"channel_id": None, "user_group_id": None}
        plain = {"id": id, "name": name, "type": type, "team_id": None, "slack": slack, "on_call_now": []}
        return {**plain, **more}

    slack = {"channel_id": "C01DB", "user_group_id": None}
    zone, shifts = "Europe/Berlin", ["OROLL", "OOLD"]
    shared: dict[str, Any] = {"time_zone": "UTC", "shifts": ["OSHARED"], "ical_url_overrides": None}
    external = {"ical_url_primary": CALENDAR, "ical_url_overrides": None, "enable_web_overrides": False}
    return [
        schedule("SWEB", "Primary", "web", team_id="TDB", slack=slack, time_zone=zone, shifts=shifts),
        schedule("SCAL", "Backup", "calendar", **shared, enable_web_overrides=True),
        schedule("SCAL2", "Weekend", "calendar", **shared, enable_web_overrides=False),
        schedule("SICAL", "Vendor", "ical", **external),
    ]


def _shifts() -> Rows:
    def shift(id: str, name: str, type: str, start: str, duration: int, **more: Any) -> dict[str, Any]:
        plain = {"id": id, "team_id": None, "schedule": None, "name": name, "type": type, "start": start}
        rest = {"time_zone": None, "level": 0, "duration": duration, "rotation_start": start, "until": None}
        return {**plain, **rest, "source": 0, **more}

    weekly = {"frequency": "weekly", "interval": 1, "week_start": "MO", "by_day": None}
    more = {"by_month": None, "by_monthday": None, "start_rotation_from_user_index": 0}
    turns = {**weekly, **more, "rolling_users": [["UA"], ["UB", "UGONE"]]}
    return [
        shift("OROLL", "weeks", "rolling_users", "2026-01-05T09:00:00", 604_800, **turns, schedule="SWEB"),
        shift(
            "OOLD",
            "weeks",
            "rolling_users",
            "2024-01-01T09:00:00",
            604_800,
            **{**turns, "until": "2025-01-01T00:00:00", "schedule": "SWEB"},
        ),
        shift("OOVER", "1a2b", "override", "2090-12-24T00:00:00", 86_400, users=["UC"], schedule="SWEB"),
        shift("OSHARED", "days", "recurrent_event", "2026-01-05T08:00:00", 43_200, users=["UC"], **weekly),
    ]


def _swaps() -> Rows:
    row = {"id": "SSR1", "schedule": "SWEB", "beneficiary": "UA", "benefactor": "UB", "status": "taken"}
    times = {"swap_start": "2090-06-01T00:00:00.000000Z", "swap_end": "2090-06-02T00:00:00.000000Z"}
    return [{**row, **times, "description": "wedding", "shifts": []}]


def _policies() -> Rows:
    def steps(chain: str, rows: Rows) -> Rows:
        return [
            {"id": f"E{chain}{number}", "escalation_chain_id": chain, "position": number, **one}
            for number, one in enumerate(rows)
        ]

    people = {"type": "notify_persons", "persons_to_notify": ["UA", "UGONE"], "important": True}
    turns = {"type": "notify_person_next_each_time", "persons_to_notify_next_each_time": ["UA", "UB"]}
    hours = {"notify_if_time_from": "08:00:00Z", "notify_if_time_to": "18:00:00Z"}
    many = {"num_alerts_in_window": 5, "num_minutes_in_window": 10}
    found = [
        {"type": "notify_on_call_from_schedule", "notify_on_call_from_schedule": "SWEB", "important": False},
        {"type": "wait", "duration": 900},
        people,
        {**turns, "important": False},
        {"type": "notify_if_time_from_to", **hours},
        {"type": "notify_if_num_alerts_in_window", **many},
        {"type": "notify_user_group", "group_to_notify": "GOPS", "important": False},
        {"type": "notify_team_members", "team_to_notify": "TDB", "important": False},
        {"type": "trigger_webhook", "action_to_trigger": "WTICKET"},
        {"type": "declare_incident", "severity": "critical"},
        {"type": "notify_whole_channel"},
        {"type": "repeat_escalation"},
    ]
    mail = [{"type": "notify_persons", "persons_to_notify": ["UB"], "important": False}, {"type": "resolve"}]
    # As the API may: in no order.
    return [*reversed(steps("FDB", found)), *steps("FALL", [people]), *steps("FMAIL", mail)]


def _integrations() -> Rows:
    def integration(id: str, name: str, type: str, **more: Any) -> dict[str, Any]:
        link = f"https://oncall.example.org/integrations/v1/{type}/{id.ljust(25, 'x')}/"
        texts = {
            "grouping_key": None,
            "resolve_signal": None,
            "acknowledge_signal": None,
            "source_link": None,
        }
        media = ("slack", "web", "telegram", "mobile_app", "email", "msteams")
        titles = {"sms": {"title": None}, "phone_call": {"title": None}}
        default = {
            "id": f"R{id}",
            "escalation_chain_id": None,
            "slack": {"channel_id": None, "enabled": True},
        }
        plain = {"id": id, "name": name, "description_short": None, "team_id": None, "link": link}
        upkeep = {"maintenance_mode": None, "maintenance_started_at": None, "maintenance_end_at": None}
        rest = {"inbound_email": None, "type": type, "heartbeat": {"link": f"{link}heartbeat/"}, **upkeep}
        templates = {**texts, **titles, **dict.fromkeys(media, NULLS)}
        return {
            **plain,
            **rest,
            "default_route": {**default, "telegram": OFF},
            "templates": templates,
            **more,
        }

    prometheus = integration("CAM", "Prometheus \U0001f525", "alertmanager", team_id="TDB")
    prometheus["link"] = f"https://oncall.example.org/integrations/v1/alertmanager/{TOKEN_OF_PROMETHEUS}/"
    prometheus["templates"]["web"] = {**NULLS, "title": "{{ payload.commonLabels.alertname }}"}
    prometheus["templates"]["sms"] = {"title": "{{ payload."}
    mail = integration("CMAIL", "Mail", "inbound_email", link=None)
    mail["inbound_email"] = f"{TOKEN_OF_MAIL}@oncall.example.org"
    own = integration("COWN", "Own tool", "own_tool", maintenance_mode="debug")
    paging = integration("CPAGE", "Direct paging (Databases team)", "direct_paging", link=None, team_id="TDB")
    return [prometheus, mail, own, paging]


def _routes() -> Rows:
    def route(id: str, of: str, position: int, chain: str | None, **more: Any) -> dict[str, Any]:
        plain = {"id": id, "integration_id": of, "escalation_chain_id": chain, "position": position}
        kind = {"routing_type": "jinja2", "routing_regex": "", "is_the_last_route": False}
        slack = {"channel_id": None, "enabled": True}
        return {**plain, **kind, "slack": slack, "telegram": OFF, "msteams": OFF, **more}

    critical = "{{ payload.commonLabels.severity == 'critical' }}"
    by_team = {"routing_type": "regex", "routing_regex": '"team": "x"'}
    last = {"is_the_last_route": True, "routing_regex": None}
    return [
        route("RD", "CAM", 0, "FALL", **last, slack={"channel_id": "C01DB", "enabled": True}),
        route("R2", "CAM", 1, None, **by_team, telegram={"id": "TG1", "enabled": True}),
        route("R1", "CAM", 0, "FDB", routing_regex=critical, slack={"channel_id": None, "enabled": False}),
        route("R3", "CAM", 2, "FDB", routing_type="labels", routing_regex=None),
        route("RM", "CMAIL", 0, "FMAIL", **last),
        route("RO", "COWN", 0, "FGONE", **last),
        route("RP", "CPAGE", 0, "FDB", **last),
    ]
