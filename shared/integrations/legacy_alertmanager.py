"""Alertmanager as the first version read it: every inner alert is an alert of its own, grouped by its labels."""

from __future__ import annotations

from shared.integrations import alertmanager_body, heartbeat_shapes, legacy_body
from shared.integrations.appearance import templates
from shared.integrations.integration_type import Category, IntegrationType

TYPE = IntegrationType(
    slug="legacy_alertmanager",
    title="Alertmanager (legacy)",
    category=Category.METRICS,
    summary="Alertmanager's webhook, one alert group for each set of labels.",
    documentation="https://prometheus.io/docs/alerting/latest/configuration/#webhook_config",
    is_obsolete="It is for templates that read one inner alert. Use Alertmanager, if need be with each instance.",
    templates=templates(
        title=legacy_body.TITLE,
        # The labels' text, as those know it who come from the first version.
        grouping_key='payload.labels if payload.labels else ""',
        resolve='payload.status == "resolved"',
        look=legacy_body.LOOK,
    ),
    example_firing=legacy_body.example("firing"),
    example_resolved=legacy_body.example("resolved"),
    notes=(
        "It is set up like an Alertmanager integration, and has the same URL; the difference is what its templates "
        "see: `payload.labels`, `payload.annotations`, `payload.status` and `payload.startsAt` of one inner alert.\n\n"
        "Each set of labels is an alert group, which resolves when that alert does.\n"
        "For a new integration choose *Alertmanager*.\n"
    ),
    heartbeat_notes=alertmanager_body.HEARTBEAT,
    bodies=legacy_body.alerts,
    instances=legacy_body.parts,
    always_by_instance=True,
    heartbeat=heartbeat_shapes.alertmanager_alert,
)
