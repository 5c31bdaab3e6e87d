"""Cloudflare: the generic webhook of its notifications."""

from __future__ import annotations

from typing import Any

from shared.integrations.appearance import Look, first_key, templates
from shared.integrations.integration_type import Category, IntegrationType, NotAnAlert, one_object

TRIAL = "Hello World! This is a test message"
STATUS = (
    "[data.new_health_status, data.new_health, data.new_status, data.incident_status, data.status] | any_of"
)
PHASE = '{"ALERT_STATE_EVENT_START": "started", "ALERT_STATE_EVENT_END": "ended"}.get(payload.alert_event | words)'
WHERE = (
    "[data.health_check_name, data.tunnel_name, data.pool_name, data.target_hostname, data.target_ip,"
    " data.zone_name, data.hostnames, data.project_name, config.name] | any_of"
)
KIND = '(payload.alert_type | words | replace("_", " "))'
OVER = '["healthy", "tunnel_status_type_healthy", "incident_status_resolved", "resolved"]'
LOOK = Look(
    names={"data": "payload.data", "config": "data.config", "episode": "data.episode"},
    facts=[
        ("State", f'[{PHASE}, {STATUS}] | joined(", ")'),
        ("Kind", KIND),
        ("Where", WHERE),
        ("Zone", "data.zone_name"),
        ("Reason", "[data.reason, episode.summary, data.attack_type, data.attack_vector] | any_of"),
        ("Origin", "data.origin_ip"),
        ("Failing regions", "data.failing_regions"),
        ("Max rate", "data.max_rate"),
        ("Mitigation", "[data.mitigation, data.action] | any_of"),
        ("Days left", "data.days_til_expiration"),
        (
            "Since",
            "[data.start_time, data.status_change_time, episode.first_fired, payload.ts] | any_of | when",
        ),
        ("Account", "[data.account_name, payload.account_id] | any_of"),
        ("Policy", "[payload.policy_name, payload.name] | any_of"),
    ],
    text="payload.text",
    links=[("Dashboard", "data.dashboard_link"), ("Rule", "data.rule_link")],
    source_link=(
        "data.dashboard_link | absolute"
        ' or ("https://dash.cloudflare.com/" ~ (payload.account_id | words) ~ "/notifications"'
        ' if payload.account_id | words else "")'
    ),
)


def bodies(body: Any) -> list[Any]:
    """Return the notification of the body.

    Raises:
        Permanent: the body is no object.
        NotAnAlert: Cloudflare tries the webhook out.
    """
    (payload,) = one_object(body)
    text = payload.get("text")
    if "alert_type" not in payload and isinstance(text, str) and text.startswith(TRIAL):
        raise NotAnAlert("Cloudflare tries the webhook out.")
    return [payload]


def example(status: str) -> dict[str, Any]:
    """Return the body of a health check that turned Unhealthy, or Healthy."""
    healthy = status == "Healthy"
    return {
        "account_id": "9035f53656c247e895c5a6939ae8a0e0",
        "alert_correlation_id": "000eaa907ed24e78946d3a93adb2ae57",
        "alert_event": "ALERT_STATE_EVENT_END" if healthy else "ALERT_STATE_EVENT_START",
        "alert_type": "health_check_status_notification",
        "data": {
            "account_name": "Shop",
            "account_tag": "9035f53656c247e895c5a6939ae8a0e0",
            "failing_regions": "" if healthy else "WEU, EEU",
            "health_check_id": "023e105f4ecef8ad9ca31a8372d0c353",
            "health_check_name": "Shop origin",
            "new_health_status": status,
            "new_status": status,
            "old_status": "Unhealthy" if healthy else "Healthy",
            "origin_ip": "203.0.113.9",
            "reason": "No failures" if healthy else "Response code mismatch error",
            "status_change_time": "2026-01-05T10:40:00Z" if healthy else "2026-01-05T10:00:00Z",
            "time_since_last_failure": "",
            "zone_name": "shop.example.com",
            "zone_tag": "1036f53656c247e895c5a6939ae8a0e1",
        },
        "name": "Shop origin health",
        "policy_id": "749b911ea5d04344a58e45edd099b328",
        "policy_name": "Shop origin health",
        "text": f"The health check Shop origin is now {status}.",
        "ts": 1767609600 if healthy else 1767607200,
    }


TYPE = IntegrationType(
    slug="cloudflare",
    title="Cloudflare",
    category=Category.CLOUD,
    summary="Notifications: health checks, tunnels, DDoS attacks, certificates, incidents.",
    documentation="https://developers.cloudflare.com/notifications/reference/webhook-payload-schema/",
    templates=templates(
        title=f'[[payload.name, payload.policy_name, {KIND}] | any_of, [{WHERE}, {STATUS}] | joined(" ")'
        ' or payload.text] | joined(": ")',
        grouping_key=first_key(
            "([payload.alert_type, data.health_check_id] if data.health_check_id | words else [])",
            "([payload.alert_type, data.tunnel_id] if data.tunnel_id | words else [])",
            "([payload.alert_type, data.pool_id, data.pool_name] if data.pool_id | words else [])",
            "[payload.alert_correlation_id]",
            "([payload.alert_type, data.attack_id] if data.attack_id | words else [])",
            "([payload.account_id, payload.policy_id, payload.alert_type, data.zone_name, data.certificate_id]"
            " if payload.policy_id | words or data.zone_name | words else [])",
        ),
        resolve=f'payload.alert_event == "ALERT_STATE_EVENT_END" or ({STATUS}) | words | lower in {OVER}',
        look=LOOK,
    ),
    example_firing=example("Unhealthy"),
    example_resolved=example("Healthy"),
    notes=(
        "In Cloudflare's dashboard, open *Notifications*, *Destinations*, *Webhooks*, *Create*, and enter the "
        "integration's URL (its trial message is answered). Then add a notification under *All Notifications* and "
        "choose this webhook.\n\n"
        "Health checks, tunnels and pools are known by their id, anything else by Cloudflare's "
        "`alert_correlation_id`. `ALERT_STATE_EVENT_END`, or a state that is healthy or resolved, resolves the "
        "group; notices that are only ever sent once (an expiring certificate) are resolved by hand.\n"
    ),
    heartbeat_notes=(
        "Let a Worker with a cron trigger (`* * * * *`) call the heartbeat URL: "
        "`export default { scheduled: () => fetch('<the heartbeat URL>') }`.\n"
    ),
    bodies=bodies,
)
