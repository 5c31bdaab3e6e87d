"""Prometheus Alertmanager: one webhook body, which is one of its groups, is one alert."""

from __future__ import annotations

from shared.integrations import alertmanager_body, heartbeat_shapes
from shared.integrations.integration_type import Category, IntegrationType, one_object

TYPE = IntegrationType(
    slug="alertmanager",
    title="Alertmanager",
    category=Category.METRICS,
    summary="Prometheus Alertmanager's webhook: one of its groups is one alert.",
    documentation="https://prometheus.io/docs/alerting/latest/configuration/#webhook_config",
    templates=alertmanager_body.templates("AlertManager"),
    example_firing=alertmanager_body.example("firing", sender="prometheus"),
    example_resolved=alertmanager_body.example("resolved", sender="prometheus"),
    notes=(
        "Add a receiver to Alertmanager's configuration and route to it:\n\n"
        "```yaml\n"
        "receivers:\n"
        "  - name: tocsin\n"
        "    webhook_configs:\n"
        "      - url: <the integration's URL>\n"
        "        send_resolved: true\n"
        "        max_alerts: 100\n"
        "```\n\n"
        "Alertmanager's own grouping decides what is one alert group; it resolves when all its alerts have.\n"
        "With *each instance* switched on, every alert inside a body is an alert of its own here, and the group "
        "resolves with the last of them.\n"
    ),
    heartbeat_notes=alertmanager_body.HEARTBEAT,
    instances=alertmanager_body.instances,
    bodies=one_object,
    prepare=alertmanager_body.with_counts,
    heartbeat=heartbeat_shapes.alertmanager_body,
)
