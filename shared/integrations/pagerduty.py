"""PagerDuty's Events API v2: whatever can send to PagerDuty can send here."""

from __future__ import annotations

from typing import Any

from shared.errors import Permanent
from shared.integrations.appearance import Look, templates
from shared.integrations.integration_type import Category, IntegrationType, one_object

ACTIONS = ("trigger", "acknowledge", "resolve")
SEVERITIES = ("critical", "error", "warning", "info")
MAX_DEDUP_KEY = 255
LOOK = Look(
    names={
        "event": "payload.payload",
        "link": "payload.links | entries | first",
        "image": "payload.images | entries | first",
    },
    facts=[
        ("Severity", "event.severity"),
        ("Source", "event.source"),
        ("Component", "event.component"),
        ("Group", "event.group"),
        ("Class", 'event["class"]'),
        ("Since", "event.timestamp | when"),
        ("Client", "payload.client"),
        ("Event", "payload.event_action"),
        ("Key", "payload.dedup_key"),
    ],
    text="event.custom_details",
    links=[("Details", "link.href"), ("Runbook", "payload.runbook_url")],
    source_link="[payload.client_url, link.href] | any_of | absolute(base_url)",
    image="image.src | absolute(base_url)",
)


def events(body: Any) -> list[Any]:
    """Take one event of the Events API.

    Raises:
        Permanent: it is not as the API wants it.
    """
    (event,) = one_object(body)
    faults = faults_of(event)
    if faults:
        raise Permanent("; ".join(faults))
    return [event]


def faults_of(event: dict[str, Any]) -> list[str]:
    """Return what is wrong with an event, in the words of the API's own answers."""
    faults: list[str] = []
    action, key, inner = event.get("event_action"), event.get("dedup_key"), event.get("payload")
    if action not in ACTIONS:
        faults.append("'event_action' is missing or not one of trigger, acknowledge, resolve")
    if key is not None and (not isinstance(key, str) or len(key) > MAX_DEDUP_KEY):
        faults.append(f"'dedup_key' must be a text of at most {MAX_DEDUP_KEY} characters")
    if action in ("acknowledge", "resolve") and not key:
        faults.append(f"'dedup_key' is missing: it tells what to {action}")
    if action == "trigger":
        faults += _trigger_faults(inner)
    return faults


def _trigger_faults(inner: Any) -> list[str]:
    if not isinstance(inner, dict):
        return ["'payload' is missing or not an object"]
    faults = [
        f"'payload.{name}' is missing or blank"
        for name in ("summary", "source")
        if not isinstance(inner.get(name), str) or not inner[name].strip()
    ]
    if inner.get("severity") not in SEVERITIES:
        faults.append(f"'payload.severity' is missing or not one of {', '.join(SEVERITIES)}")
    return faults


def example(action: str) -> dict[str, Any]:
    """Return an event as an agent sends it."""
    return {
        "routing_key": "0123456789abcdef0123456789abcdef",
        "event_action": action,
        "dedup_key": "db1/disk/var",
        "client": "Sample monitoring",
        "client_url": "https://monitoring.example.com/db1",
        "links": [{"href": "https://runbooks.example.com/disk", "text": "Runbook"}],
        "images": [{"src": "https://graphs.example.com/db1/disk.png", "alt": "disk"}],
        "payload": {
            "summary": "Disk /var on db1 is 97 % full",
            "timestamp": "2026-01-05T10:00:00.000+0000",
            "source": "db1.example.com",
            "severity": "critical",
            "component": "mysql",
            "group": "prod-databases",
            "class": "disk",
            "custom_details": {"free space": "2.1 GB", "fills by": "400 MB an hour"},
        },
    }


TYPE = IntegrationType(
    slug="pagerduty",
    title="PagerDuty Events API",
    category=Category.GENERIC,
    summary="Anything that can send to PagerDuty's Events API v2.",
    documentation="https://developer.pagerduty.com/docs/events-api-v2-overview",
    templates=templates(
        title="[event.summary, payload.dedup_key] | any_of",
        grouping_key='payload.dedup_key if payload.dedup_key is string else ""',
        resolve='payload.event_action == "resolve"',
        acknowledge='payload.event_action == "acknowledge"',
        look=LOOK,
    ),
    example_firing=example("trigger"),
    example_resolved=example("resolve"),
    notes=(
        "Where a tool asks for the Events API's address, give it `<scheme and host of the integration's URL>"
        "/v2/enqueue`; "
        "where it asks for the integration key (routing key), give it the token at the end of the integration's URL.\n"
        "A tool that takes an address but no key posts to `<the integration's URL>v2/enqueue`.\n\n"
        "Alertmanager: `pagerduty_configs: [{url: …/v2/enqueue, routing_key: <token>}]`.\n"
        "Alerts with the same `dedup_key` are one alert group; `resolve` and `acknowledge` act on it.\n"
    ),
    bodies=events,
)
