"""Prometheus (or vmalert, amtool) pushing straight to Tocsin, which answers as an Alertmanager would."""

from __future__ import annotations

from shared.integrations import alertmanager_body, heartbeat_shapes
from shared.integrations.integration_type import Category, IntegrationType, one_object

TYPE = IntegrationType(
    slug="prometheus",
    title="Prometheus",
    category=Category.METRICS,
    summary="Prometheus, vmalert or amtool pushing to Tocsin as to an Alertmanager (API v2).",
    documentation="https://prometheus.io/docs/prometheus/latest/configuration/configuration/#alertmanager_config",
    templates=alertmanager_body.templates("Prometheus"),
    example_firing=alertmanager_body.example("firing", sender="prometheus"),
    example_resolved=alertmanager_body.example("resolved", sender="prometheus"),
    notes=(
        "No Alertmanager is needed in between. In `prometheus.yml`:\n\n"
        "```yaml\n"
        "alerting:\n"
        "  alertmanagers:\n"
        "    - scheme: https\n"
        "      path_prefix: /integrations/v1/prometheus/<token>\n"
        "      static_configs:\n"
        "        - targets: [<host of the integration's URL>]\n"
        "```\n\n"
        "Or without the token in the path: `authorization: {credentials: <token>}` in the place of `path_prefix`.\n"
        "`vmalert -notifier.url=<the integration's URL>` and "
        "`amtool --alertmanager.url=<the integration's URL> alert add …` and `amtool alert query` work too.\n\n"
        "Alerts with the same `alertname`, `cluster`, `namespace`, `service` and `job` are one alert group.\n"
        "Each of them is tracked: the group resolves with the last one, and an alert that is not sent again "
        "before its `endsAt` counts as over.\n"
    ),
    heartbeat_notes=(
        "Let a rule that always fires (`expr: vector(1)`) go through an Alertmanager to the heartbeat URL, or call "
        "the heartbeat URL from a timer on the Prometheus host that first asks it whether it is healthy:\n\n"
        "```\n* * * * * curl -fsS http://localhost:9090/-/healthy && curl -fsS '<the heartbeat URL>'\n```\n"
    ),
    bodies=one_object,
    prepare=alertmanager_body.with_counts,
    heartbeat=heartbeat_shapes.alertmanager_body,
    instances=alertmanager_body.instances,
)
