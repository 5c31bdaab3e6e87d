"""What clients of OnCall's public API know: endpoints, filters and fields, row by row as its reference lists them."""

from __future__ import annotations

from dataclasses import dataclass, field

CRUD = ("GET {0}", "POST {0}", "GET {0}/{{id}}", "PUT {0}/{{id}}", "PATCH {0}/{{id}}", "DELETE {0}/{{id}}")
READ = ("GET {0}", "GET {0}/{{id}}")
NO_TEAM = ("{teams}", "null")


def whole(name: str) -> tuple[str, ...]:
    """Return the endpoints of a kind that clients write."""
    return tuple(one.format(name) for one in CRUD)


def shown(name: str) -> tuple[str, ...]:
    """Return the endpoints of a kind that clients only read."""
    return tuple(one.format(name) for one in READ)


@dataclass(frozen=True)
class Row:
    """One row: its endpoints, the fields of its objects, and its filters.

    Of a filter the first value finds the object that there is, the second does not; {word} stands for an id.
    """

    endpoints: tuple[str, ...]
    fields: str = ""
    filters: dict[str, tuple[str, str]] = field(default_factory=dict)
    key: str = "id"


ROWS: dict[str, Row] = {
    "organizations": Row(shown("organizations"), "id"),
    "users": Row(
        shown("users"),
        "id grafana_id email slack username role is_phone_number_verified timezone teams",
        {
            "username": ("ALICE", "bob"),
            "email": ("Alice@Example.ORG", "bob@example.org"),
            "roles": ("admin", "viewer"),
            "short": ("true", ""),
        },
    ),
    "users/{id}/schedule_export": Row(("GET users/{id}/schedule_export",)),
    "teams": Row(shown("teams"), "id grafana_id name email avatar_url", {"name": ("Databases", "databases")}),
    "integrations": Row(
        whole("integrations"),
        "id name description_short team_id link inbound_email type default_route templates heartbeat "
        "maintenance_mode maintenance_started_at maintenance_end_at",
        {"name": ("prod", "Prod"), "team_id": NO_TEAM},
    ),
    "integrations/{id}/maintenance_start": Row(
        ("POST integrations/{id}/maintenance_start", "POST integrations/{id}/maintenance_stop")
    ),
    "routes": Row(
        whole("routes"),
        "id integration_id escalation_chain_id routing_type routing_regex position is_the_last_route slack "
        "telegram msteams",
        {
            "integration_id": ("{integrations}", "CNONE"),
            "routing_regex": ("{{{{ payload.severity == 'critical' }}}}", "critical"),
        },
    ),
    "escalation_chains": Row(
        whole("escalation_chains"), "id name team_id", {"name": ("ops", "Ops"), "team_id": NO_TEAM}
    ),
    "escalation_policies": Row(
        whole("escalation_policies"),
        "id escalation_chain_id position type duration",
        {"escalation_chain_id": ("{escalation_chains}", "FNONE")},
    ),
    "alerts": Row(
        ("GET alerts",),
        "id alert_group_id created_at payload",
        {
            "id": ("{alerts}", "ANONE"),
            "alert_group_id": ("{alert_groups}", "IOTHER"),
            "search": ("NEEDLE", "pin"),
        },
    ),
    "alert_groups": Row(
        (*shown("alert_groups"), "DELETE alert_groups/{id}"),
        "id integration_id team_id route_id alerts_count state created_at resolved_at resolved_by acknowledged_at "
        "acknowledged_by labels title permalinks silenced_at last_alert",
        {
            "id": ("{alert_groups}", "IOTHER"),
            "route_id": ("{routes}", "RNONE"),
            "integration_id": ("{integrations}", "COTHER"),
            "label": ("service:db", "service:web"),
            "team_id": NO_TEAM,
            "started_at": (
                "2020-01-01T00:00:00_2100-01-01T00:00:00",
                "2020-01-01T00:00:00_2020-01-02T00:00:00",
            ),
            "state": ("new", "resolved"),
        },
    ),
    "alert_groups/{id}/acknowledge": Row(
        tuple(
            f"POST alert_groups/{{id}}/{word}"
            for word in ("acknowledge", "unacknowledge", "resolve", "unresolve", "unsilence", "silence")
        )
    ),
    "resolution_notes": Row(
        whole("resolution_notes"),
        "id alert_group_id author source created_at text",
        {"alert_group_id": ("{alert_groups}", "IOTHER")},
    ),
    "personal_notification_rules": Row(
        whole("personal_notification_rules"),
        "id user_id position type important",
        {"user_id": ("{users}", "{others}"), "important": ("false", "true")},
    ),
    "on_call_shifts": Row(
        whole("on_call_shifts"),
        "id team_id schedule name type time_zone level start duration frequency interval week_start by_day by_month "
        "by_monthday users until rotation_start",
        {"name": ("daily", "Daily"), "schedule_id": ("{schedules}", "SNONE")},
    ),
    "schedules": Row(
        whole("schedules"),
        "id type team_id name time_zone shifts slack on_call_now",
        {"name": ("primary", "Primary"), "team_id": NO_TEAM},
    ),
    "schedules/{id}/final_shifts": Row(("GET schedules/{id}/final_shifts", "GET schedules/{id}/export")),
    "shift_swaps": Row(
        (*whole("shift_swaps"), "POST shift_swaps/{id}/take"),
        "id created_at updated_at schedule swap_start swap_end beneficiary benefactor status description shifts",
        {
            "starting_after": ("{soon}", "{late}"),
            "schedule_id": ("{schedules}", "SNONE"),
            "beneficiary": ("{users}", "{others}"),
            "benefactor": ("", "{others}"),
            "open_only": ("true", ""),
        },
    ),
    "slack_channels": Row(
        ("GET slack_channels",), "name slack_id", {"channel_name": ("alerts", "general")}, key="slack_id"
    ),
    "user_groups": Row(("GET user_groups",), "id type slack", {"slack_handle": ("dba", "web")}),
    "webhooks": Row(
        whole("webhooks"),
        "id name is_webhook_enabled team data username password authorization_header trigger_template headers url "
        "forward_all http_method trigger_type integration_filter preset",
        {"name": ("ticket", "Ticket"), "team_id": NO_TEAM},
    ),
    "webhooks/{id}/responses": Row(("GET webhooks/{id}/responses",)),
    "actions": Row(
        whole("actions"),
        "id name team_id url data user password authorization_header forward_whole_payload",
        {"name": ("ticket", "Ticket")},
    ),
    "escalation": Row(("POST escalation",)),
    "make_call, send_sms": Row(("POST make_call", "POST send_sms")),
    "info": Row(("GET info",), "url"),
}
LISTED = [name for name, row in ROWS.items() if row.filters or name == "organizations"]
WRITTEN = [name for name, row in ROWS.items() if row.endpoints[: len(CRUD)] == whole(name)]
# What the server says about an object by itself, in the moment in which it is asked.
MOVING = {"updated_at", "on_call_now"}
