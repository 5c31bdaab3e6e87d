"""Healthchecks.io: a check that missed its ping, from a webhook whose body its user writes."""

from __future__ import annotations

from typing import Any

from shared.integrations.appearance import Look, first_key, templates
from shared.integrations.integration_type import Category, IntegrationType, one_object

STATUS = "([payload.status, check.status] | any_of | words | lower)"
NAME = "[payload.name, check.name, payload.slug, check.slug, payload.code] | any_of"
LOOK = Look(
    names={"check": "[payload.check, payload] | any_of"},
    facts=[
        ("State", STATUS),
        ("Last ping", "check.last_ping | when"),
        ("At", "[payload.now, payload.timestamp] | any_of | when"),
        ("Schedule", '[check.schedule, check.tz] | joined(", ")'),
        ("Period (s)", "check.timeout"),
        ("Grace (s)", "check.grace"),
        ("Exit status", '"" if payload.exit_status | words in ["-1", ""] else payload.exit_status'),
        ("Tags", "[payload.tags, check.tags] | any_of"),
        ("Description", "check.desc"),
    ],
    text="(payload.last_body | string)[:2000] if payload.last_body is string else ''",
    source_link=(
        '[payload.url, ("https://healthchecks.io/checks/" ~ (payload.code | words) ~ "/details/")'
        ' if payload.code | words else ""] | any_of | absolute(base_url)'
    ),
)


def example(status: str) -> dict[str, Any]:
    """Return the body of the notes for a check that is down, or up again."""
    return {
        "name": "Nightly backup",
        "code": "803f680d-e89b-492b-82ef-2be7b774a92d",
        "status": status,
        "now": "2026-01-05T10:00:00+00:00" if status == "down" else "2026-01-05T10:40:00+00:00",
        "tags": "prod db",
        "exit_status": "-1",
        "last_body": "dumped 31 GB",
        "check": {
            "name": "Nightly backup",
            "slug": "nightly-backup",
            "tags": "prod db",
            "desc": "pg_dump to the archive",
            "grace": 3600,
            "n_pings": 311,
            "status": status,
            "started": False,
            "last_ping": "2026-01-04T02:00:14+00:00",
            "next_ping": "2026-01-05T02:00:00+00:00",
            "manual_resume": False,
            "methods": "",
            "subject": "",
            "schedule": "0 2 * * *",
            "tz": "UTC",
        },
    }


TYPE = IntegrationType(
    slug="healthchecks_io",
    title="Healthchecks.io",
    category=Category.UPTIME,
    summary="Cron jobs and other timers that did not report, or reported a failure.",
    documentation="https://healthchecks.io/docs/configuring_notifications/",
    templates=templates(
        title=f'[{NAME}, {STATUS} | upper] | joined(" is ")',
        grouping_key=first_key(
            "[payload.code]",
            "[check.uuid]",
            "[check.unique_key]",
            "[check.ping_url]",
            "[payload.name, check.name, payload.slug, check.slug]",
        ),
        resolve=f'{STATUS} == "up"',
        look=LOOK,
    ),
    example_firing=example("down"),
    example_resolved=example("up"),
    notes=(
        "In Healthchecks, open *Integrations*, *Add Integration*, *Webhook*. For *Execute when a check goes down* "
        "and for *Execute when a check goes up* alike choose *POST*, the integration's URL, the request header "
        "`Content-Type: application/json` and this request body:\n\n"
        "```\n"
        '{"name": $NAME_JSON, "code": "$CODE", "status": "$STATUS", "now": "$NOW", "tags": "$TAGS",\n'
        ' "exit_status": "$EXITSTATUS", "last_body": $BODY_JSON, "check": $JSON}\n'
        "```\n\n"
        "`$JSON` alone, or the placeholders in the URL's query (`?name=$NAME&code=$CODE&status=$STATUS`), are "
        'understood as well. For a Healthchecks of your own add `"url": '
        '"https://<your Healthchecks>/checks/$CODE/details/"`.\n\n'
        "A check is one alert group, known by its code, and resolves when it is up again. "
        "A test notification makes an alert, since nothing tells it from a real one.\n"
    ),
    heartbeat_notes=(
        "Healthchecks waits for pings and sends none. To learn that Healthchecks itself is alive, let the job that "
        "pings it call the heartbeat URL too.\n"
    ),
    reads_query=True,
    bodies=one_object,
)
