"""Who may do what: the role that every endpoint needs, in one table. A path that is not in it needs an admin.

A viewer reads, and looks after his own ways to be reached; an editor also acts on alert groups, schedules and
maintenance; an admin configures. Whether somebody may change what is another person's is asked of the object
(`Desk.check_own`): these endpoints are open to viewers here.
"""

from __future__ import annotations

from shared.domain.people import Role

LEVELS: dict[Role, int] = {"viewer": 0, "editor": 1, "admin": 2}
READING = ("GET", "HEAD")

# By the first word of the path: who reads, who writes (creates, changes, removes, acts).
OBJECTS: dict[str, tuple[Role, Role]] = {
    "integrations": ("viewer", "admin"),
    "integration_types": ("viewer", "admin"),
    "routes": ("viewer", "admin"),
    "escalation_chains": ("viewer", "admin"),
    "escalation_policies": ("viewer", "admin"),
    "webhooks": ("viewer", "admin"),
    "event_subscriptions": ("viewer", "admin"),
    "actions": ("viewer", "admin"),
    "users": ("viewer", "admin"),
    "teams": ("viewer", "admin"),
    "user_groups": ("viewer", "editor"),
    "slack_channels": ("viewer", "editor"),
    "organizations": ("viewer", "admin"),
    "info": ("viewer", "admin"),
    "problems": ("viewer", "admin"),
    "config": ("viewer", "admin"),
    "personal_notification_rules": ("viewer", "viewer"),
    "maintenance_windows": ("viewer", "editor"),
    "schedules": ("viewer", "editor"),
    "on_call_shifts": ("viewer", "editor"),
    "shift_swaps": ("viewer", "editor"),
    "alert_groups": ("viewer", "editor"),
    "alerts": ("viewer", "editor"),
    "resolution_notes": ("viewer", "editor"),
    "escalation": ("viewer", "editor"),
    "preview": ("viewer", "editor"),
    "deliveries": ("viewer", "editor"),
    "events": ("editor", "admin"),
    "make_call": ("viewer", "editor"),
    "send_sms": ("viewer", "editor"),
    "simulate": ("viewer", "viewer"),
}
# Callbacks, which prove in their own way whom they come from, and documents: no token is asked for.
PUBLIC = ("openapi.yaml", "slack")
# Endpoints that differ from the rest of their objects.
SINGLE: dict[tuple[str, str], Role] = {
    ("GET", "config/export"): "admin",
    ("POST", "integrations/{id}/demo"): "editor",
    ("POST", "integrations/{id}/maintenance_start"): "editor",
    ("POST", "integrations/{id}/maintenance_stop"): "editor",
    ("POST", "escalation_chains/{id}/apply_to_running"): "editor",
    ("POST", "users/{id}/contact_points"): "viewer",
    ("DELETE", "users/{id}/contact_points/{point_id}"): "viewer",
    ("POST", "users/{id}/contact_points/{point_id}/send_code"): "viewer",
    ("POST", "users/{id}/contact_points/{point_id}/verify"): "viewer",
    ("POST", "users/{id}/test_notification"): "viewer",
    ("POST", "webhooks/{id}/trigger"): "editor",
    ("POST", "webhooks/{id}/preview"): "editor",
    ("PUT", "users/{id}/on_call_reminders"): "viewer",
    ("POST", "users/{id}/schedule_export_token"): "viewer",
    ("DELETE", "users/{id}/schedule_export_token"): "viewer",
}


def needed(method: str, path: str) -> Role:
    """Return the role that an endpoint needs; `path` is its template after /api/v1/, without a last slash."""
    single = SINGLE.get((method, path))
    if single is not None:
        return single
    reads, writes = OBJECTS.get(path.split("/", 1)[0], ("admin", "admin"))
    return reads if method in READING else writes
