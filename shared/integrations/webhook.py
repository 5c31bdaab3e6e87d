"""The plain webhook: any body from any tool."""

from __future__ import annotations

from shared.integrations.heartbeat_shapes import alert_fields
from shared.integrations.integration_type import Category, IntegrationType
from shared.integrations.wording import JSON_FENCE, JSON_TELEGRAM, shown

# The documented fields first; then what most tools call the name of a problem.
NAMED = (
    "[payload.title, payload.alert_name, payload.alertname, payload.name, payload.subject, payload.summary, "
    "payload.message, payload.text, payload.event, payload.check, payload.description, payload.alert_uid]"
)
TITLE = "{{ (" + NAMED + ' | any_of | words) or ("Alert from " ~ integration_name) }}'
# Whatever names the alert; else the body itself, without the state that tells firing from resolved.
GROUPING_KEY = (
    "{% if payload is not mapping %}{{ payload }}"
    "{% elif payload.alert_uid is defined and payload.alert_uid is not none %}{{ payload.alert_uid }}"
    "{% elif (" + NAMED + " | any_of) is not eq('') %}{{ " + NAMED + " | any_of }}"
    "{% else %}{{ dict(payload.items() | rejectattr(0, 'eq', 'state')) }}{% endif %}"
)
LINK = "{{ [payload.link_to_upstream_details, payload.url, payload.link] | any_of | absolute(base_url) }}"
RESOLVE = '{{ payload.state | words | lower in ["ok", "resolved"] }}'

TYPE = IntegrationType(
    slug="webhook",
    title="Webhook",
    category=Category.GENERIC,
    summary="Any JSON body from any tool, shaped with your own templates.",
    templates={
        "grouping_key": GROUPING_KEY,
        "resolve_signal": RESOLVE,
        "acknowledge_signal": None,
        "source_link": LINK,
        **shown(TITLE, JSON_FENCE, JSON_TELEGRAM, "{{ payload.image_url | absolute(base_url) }}"),
    },
    example_firing={
        "alert_uid": "checkout-latency",
        "title": "Checkout takes longer than 2 s",
        "state": "alerting",
        "url": "https://monitoring.example.com/checks/checkout-latency",
        "region": "eu-west",
        "p95_ms": 2310,
    },
    example_resolved={
        "alert_uid": "checkout-latency",
        "title": "Checkout takes longer than 2 s",
        "state": "ok",
        "url": "https://monitoring.example.com/checks/checkout-latency",
        "region": "eu-west",
        "p95_ms": 640,
    },
    notes=(
        "Send a POST with any JSON body to the integration's URL.\n\n"
        "- `alert_uid`: alerts with the same one are one alert group; an empty one groups nothing\n"
        '- `state`: `"ok"` (or `"resolved"`) resolves the group\n'
        "- `title`, `message`, `image_url`, `link_to_upstream_details`: what people see\n\n"
        "Without an `alert_uid` alerts are grouped by their title, which is the first of `title`, `alert_name`, "
        "`name`, `subject`, `summary`, `message` and a few more that the body has; without any of them by the "
        "whole body except its `state`.\n"
        "Give every problem an `alert_uid`, or write your own templates to fit any other body.\n"
    ),
    heartbeat_notes=(
        "Call the heartbeat URL from a timer of the system that sends the alerts, for instance each minute:\n\n"
        "```\n* * * * * curl -fsS -m 10 --retry 3 '<the heartbeat URL>'\n```\n"
    ),
    heartbeat=alert_fields("webhook"),
)
