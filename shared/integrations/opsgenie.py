"""Alerts as Opsgenie takes them (its Alert API v2), and as Opsgenie itself passes them on (its outgoing webhook)."""

from __future__ import annotations

from typing import Any

from shared.errors import Permanent
from shared.integrations.appearance import Look, templates
from shared.integrations.integration_type import Category, IntegrationType, NotAnAlert, one_object

CREATED, CLOSED, ACKNOWLEDGED = "Create", "Close", "Acknowledge"
# The other things that Opsgenie's webhook tells of an alert are no news for whoever is on call here.
TOLD = (CREATED, CLOSED, "Delete", ACKNOWLEDGED, "Escalate", "EscalateNext", "UnAcknowledge")
MAX_ALIAS = 512
LOOK = Look(
    names={"alert": "payload.alert"},
    facts=[
        ("Priority", "[payload.priority, alert.priority] | any_of"),
        ("Entity", "[payload.entity, alert.entity] | any_of"),
        ("Source", "[payload.source, alert.source] | any_of"),
        ("Event", "payload.action"),
        ("Since", "alert.createdAt | when"),
        ("Tags", "[payload.tags, alert.tags] | any_of"),
        ("Details", "[payload.details, alert.details] | any_of"),
        ("Note", "[payload.note, alert.note] | any_of"),
    ],
    text="[payload.description, alert.description] | any_of",
    source_link=(
        "[payload.details.url if payload.details is mapping else none, "
        "alert.details.url if alert.details is mapping else none] | any_of | absolute(base_url)"
    ),
)


def alerts(body: Any) -> list[Any]:
    """Take an alert of the API, or what Opsgenie's webhook tells of one.

    Raises:
        Permanent: it has neither a message nor an alert.
        NotAnAlert: it tells of something else than opening, acknowledging or closing.
    """
    (whole,) = one_object(body)
    action = whole.get("action")
    if isinstance(whole.get("alert"), dict):
        if isinstance(action, str) and action not in TOLD:
            raise NotAnAlert(f"{action[:100]} is no alert.")
        return [whole]
    if not isinstance(whole.get("message"), str) or not whole["message"].strip():
        raise Permanent("message: a text is needed")
    return [whole]


def example(action: str) -> dict[str, Any]:
    """Return what Opsgenie's webhook would tell."""
    return {
        "action": action,
        "integrationId": "37c8f316-17c6-49d7-899b-9c7e540c048d",
        "integrationName": "Tocsin",
        "source": {"name": "", "type": "API"},
        "alert": {
            "alertId": "052652ac-5d1c-464a-812a-7dd18bbfba8c-1767607200000",
            "message": "Disk /var on db1 is 97 % full",
            "alias": "db1-disk-var",
            "tinyId": "23",
            "entity": "db1.example.com",
            "source": "node-exporter",
            "description": "2.1 GB are left; it fills by 400 MB an hour.",
            "priority": "P1",
            "tags": ["disk", "prod"],
            "details": {"url": "https://monitoring.example.com/db1"},
            "createdAt": 1767607200000,
            "updatedAt": 1767607200000000000,
            "username": "System",
        },
    }


TYPE = IntegrationType(
    slug="opsgenie",
    title="Opsgenie-style alerts",
    category=Category.GENERIC,
    summary="Anything that can send to Opsgenie's Alert API v2, and Opsgenie's own webhook.",
    documentation="https://docs.opsgenie.com/docs/alert-api",
    templates=templates(
        title="[payload.message, alert.message, alert.alias] | any_of",
        grouping_key="[payload.alias, alert.alias, alert.alertId] | any_of | words",
        resolve=f'payload.action in ["{CLOSED}", "Delete"]',
        acknowledge=f'payload.action == "{ACKNOWLEDGED}"',
        look=LOOK,
    ),
    example_firing=example(CREATED),
    example_resolved=example(CLOSED),
    notes=(
        "Where a tool asks for Opsgenie's API address, give it the scheme and host of the integration's URL (it will "
        "post to `/v2/alerts` there); where it asks for the API key, give it the token at the end of the integration's "
        "URL. It is sent as `Authorization: GenieKey <token>`.\n\n"
        "Alertmanager: `opsgenie_configs: [{api_url: <scheme and host>/, api_key: <token>}]`.\n"
        "Alerts with the same `alias` are one alert group; closing and acknowledging act on it, and so does "
        "`/v2/heartbeats/<name>/ping` on the integration's heartbeat.\n"
        "To move away from Opsgenie step by step, add a *Webhook* integration there with the integration's URL.\n"
    ),
    bodies=alerts,
)
