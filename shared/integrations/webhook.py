"""The plain webhook: any body from any tool."""

from __future__ import annotations

from shared.integrations.heartbeat_shapes import alert_fields, or_heartbeat
from shared.integrations.integration_type import IntegrationType
from shared.integrations.wording import JSON_FENCE, JSON_TELEGRAM, STATE_OK, shown

# Whatever names the alert; else the body itself, without the state that tells firing from resolved.
GROUPING_KEY = (
    "{% if payload is not mapping %}{{ payload }}"
    "{% elif payload.alert_uid %}{{ payload.alert_uid }}"
    "{% elif payload.title %}{{ payload.title }}"
    "{% elif payload.state is defined %}{{ dict(payload.items() | rejectattr(0, 'eq', 'state')) }}"
    "{% else %}{{ payload }}{% endif %}"
)

TYPE = IntegrationType(
    slug="webhook",
    title="Webhook",
    templates={
        "grouping_key": GROUPING_KEY,
        "resolve_signal": STATE_OK,
        "acknowledge_signal": None,
        "source_link": "{{ payload.url }}",
        **shown(or_heartbeat("Incident"), JSON_FENCE, JSON_TELEGRAM),
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
        "Alerts with the same `alert_uid` (without one: the same `title`, without that: the same body) are one "
        'alert group; `"state": "ok"` resolves it.\n'
        "Write your own templates to fit any other body.\n"
    ),
    heartbeat=alert_fields("webhook"),
)
