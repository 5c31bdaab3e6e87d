"""Cronitor: the webhook of monitors that fail and recover."""

from __future__ import annotations

from typing import Any

from shared.integrations.appearance import Look, first_key, templates
from shared.integrations.integration_type import Category, IntegrationType, one_object

KIND = "(payload.type | words | upper)"
LOOK = Look(
    facts=[
        ("State", f'{{"ALERT": "failing", "RECOVERY": "recovered"}}.get({KIND}, {KIND} | lower)'),
        ("Rule", "payload.rule"),
        ("Environment", "payload.environment"),
        ("Group", "payload.group"),
        ("Monitor", "payload.id"),
    ],
    text="payload.description",
    links=[("Issue", "payload.issue_url"), ("Monitor", "payload.monitor_url")],
    source_link="payload.issue_url | absolute or payload.monitor_url | absolute",
)


def example(kind: str) -> dict[str, Any]:
    """Return the body of an ALERT, or a RECOVERY."""
    failed = kind == "ALERT"
    return {
        "id": "nightly-backup",
        "monitor": "Nightly backup",
        "description": "The job did not start on schedule."
        if failed
        else "The job is running on schedule again.",
        "type": kind,
        "rule": "not_on_schedule",
        "environment": "production",
        "group": "Databases",
        "issue_url": "https://cronitor.io/app/issues/nightly-backup-1",
        "monitor_url": "https://cronitor.io/app/monitors/nightly-backup",
    }


TYPE = IntegrationType(
    slug="cronitor",
    title="Cronitor",
    category=Category.UPTIME,
    summary="Jobs, heartbeats, checks and sites that failed or recovered.",
    documentation="https://cronitor.io/docs/using-webhooks",
    templates=templates(
        title=f'[payload.monitor or payload.id, "recovered" if {KIND} == "RECOVERY" else "is failing"] | joined'
        " if payload.monitor or payload.id else payload.description",
        grouping_key=first_key(
            "([payload.id, payload.environment] if payload.id | words else [])",
            "([payload.monitor, payload.environment, payload.group] if payload.monitor else [])",
        ),
        resolve=f'{KIND} == "RECOVERY"',
        look=LOOK,
    ),
    example_firing=example("ALERT"),
    example_resolved=example("RECOVERY"),
    notes=(
        "In Cronitor, open *Settings*, *Integrations*, *Webhooks*, and create one with the integration's URL and the "
        "method *POST*. Then choose it in the notification lists of the monitors that shall ring.\n\n"
        "A monitor in one environment is one alert group, known by its key, and resolves with its recovery.\n"
    ),
    heartbeat_notes="Add a *check* of the heartbeat URL that runs every minute.\n",
    bodies=one_object,
)
