"""Grafana Alerting's webhook contact point: the same body as Alertmanager's."""

from __future__ import annotations

from shared.integrations import alertmanager_body, heartbeat_shapes
from shared.integrations.integration_type import Category, IntegrationType, one_object

TYPE = IntegrationType(
    slug="grafana_alerting",
    title="Grafana Alerting",
    category=Category.METRICS,
    summary="Grafana's unified alerting, by its webhook contact point.",
    documentation="https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/"
    "integrations/webhook-notifier/",
    templates=alertmanager_body.templates("Grafana"),
    example_firing=alertmanager_body.example("firing", sender="grafana"),
    example_resolved=alertmanager_body.example("resolved", sender="grafana"),
    notes=(
        "In Grafana, add a contact point of the type *Webhook* with the integration's URL and method POST, leave "
        "*Disable resolved message* off, and send a notification policy to it.\n\n"
        "The grouping of the notification policy decides what is one alert group.\n"
        "With *each instance* switched on, every alert inside a body is an alert of its own here, and the group "
        "resolves with the last of them.\n"
    ),
    instances=alertmanager_body.instances,
    bodies=one_object,
    prepare=alertmanager_body.with_counts,
    dynamic_labels={"service_name": "{{ (payload.commonLabels or {}).service_name }}"},
    heartbeat=heartbeat_shapes.alertmanager_body,
)
