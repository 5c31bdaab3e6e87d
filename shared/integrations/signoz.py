"""SigNoz: alerts of its webhook channel, which has Alertmanager's body."""

from __future__ import annotations

from shared.integrations import alertmanager_body, heartbeat_shapes
from shared.integrations.integration_type import Category, IntegrationType, one_object

TYPE = IntegrationType(
    slug="signoz",
    title="SigNoz",
    category=Category.LOGS,
    summary="Alerts on metrics, logs and traces of SigNoz.",
    documentation="https://signoz.io/docs/alerts-management/notification-channel/webhook/",
    templates=alertmanager_body.templates("SigNoz"),
    example_firing=alertmanager_body.example("firing", sender="signoz"),
    example_resolved=alertmanager_body.example("resolved", sender="signoz"),
    notes=(
        "In *Settings > Notification Channels > New Alert Channel*, choose *Webhook*, enter the integration's URL, "
        "leave *Send resolved alerts* on, and save; then choose the channel in the alert rules.\n\n"
        "What SigNoz groups into one notification is one alert group.\n"
        "With *each instance* switched on, every alert inside a body is an alert of its own here, and the group "
        "resolves with the last of them.\n"
    ),
    instances=alertmanager_body.instances,
    bodies=one_object,
    prepare=alertmanager_body.with_counts,
    heartbeat=heartbeat_shapes.alertmanager_body,
)
