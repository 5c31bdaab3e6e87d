"""Grafana Alerting as the first version read it: every inner alert is an alert of its own, grouped by its rule."""

from __future__ import annotations

from shared.integrations import heartbeat_shapes, legacy_body
from shared.integrations.appearance import templates
from shared.integrations.integration_type import Category, IntegrationType

TYPE = IntegrationType(
    slug="legacy_grafana_alerting",
    title="Grafana Alerting (legacy)",
    category=Category.METRICS,
    summary="Grafana's unified alerting, one alert group for each alert rule.",
    documentation="https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/"
    "integrations/webhook-notifier/",
    is_obsolete="It is for templates that read one inner alert. Use Grafana Alerting, if need be with each instance.",
    templates=templates(
        title=legacy_body.TITLE,
        grouping_key='labels.alertname if labels.alertname else ""',
        resolve='payload.status == "resolved"',
        look=legacy_body.LOOK,
    ),
    example_firing=legacy_body.example("firing"),
    example_resolved=legacy_body.example("resolved"),
    notes=(
        "It is set up like a Grafana Alerting integration, and has the same URL; the difference is what its "
        "templates see: `payload.labels`, `payload.annotations`, `payload.status` and `payload.startsAt` of one "
        "inner alert.\n\n"
        "All alerts of a rule are one alert group, which resolves with the last of them.\n"
        "For a new integration choose *Grafana Alerting*.\n"
    ),
    bodies=legacy_body.alerts,
    instances=legacy_body.parts,
    always_by_instance=True,
    heartbeat=heartbeat_shapes.alertmanager_alert,
)
