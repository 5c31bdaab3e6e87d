"""Grafana's old alerting: its webhook, a Slack-style webhook, and the unified body at the same URL."""

from __future__ import annotations

import re
from typing import Any

from shared.integrations import heartbeat_shapes, legacy_body
from shared.integrations.appearance import Look, templates
from shared.integrations.integration_type import Category, IntegrationType, NotAnAlert, Part, one_object

# "[Alerting] Disk full", "[FIRING:2] Disk full": the state that Grafana writes before the name of the rule.
PREFIX = re.compile(r"\[([A-Za-z _]{1,20})(?::\d+)?[^\[\]]{0,40}\]\s*")
STATES = {"no data": "no_data", "firing": "alerting", "resolved": "ok"}
# The colours of Grafana's own Slack messages.
COLOURS = {"#36a64f": "ok", "#d63232": "alerting"}
LOOK = Look(
    names=legacy_body.NAMES,
    spoken=(
        "[payload.title if payload.is_oncall_heartbeat else payload.ruleName, labels.alertname, payload.title,"
        " notes.summary, payload.message] | any_of"
    ),
    block=(
        "matches",
        (
            "{%- for one in (payload.evalMatches | entries)[:20] -%}{%- set one = one | object -%}"
            '{{ [one.metric, one.value] | joined(": ") }}{% if one.tags %} ({{ one.tags | words }}){% endif %}\n'
            "{% endfor -%}"
        ),
    ),
    facts=[
        ("State", "[payload.state, payload.status] | any_of"),
        ("Rule", 'payload.ruleName if payload.ruleName != payload.title else ""'),
        ("Severity", "labels.severity"),
        ("Since", "payload.startsAt | when"),
        ("Tags", "payload.tags"),
        ("Labels", "labels"),
    ],
    text=f'[payload.message, {legacy_body.TEXT}, matches] | joined("\\n\\n")',
    links=legacy_body.RUNBOOKS,
    source_link="[payload.ruleUrl, payload.generatorURL, payload.panelURL] | any_of | absolute(base_url)",
    image="payload.imageUrl | absolute(base_url)",
)


def bodies(body: Any) -> list[Any]:
    """Return the alerts of any of the three bodies.

    Raises:
        Permanent: the body, or something in its list of alerts, is no object.
        NotAnAlert: the body tests the address, or its list of alerts is empty.
    """
    return [one.payload for one in parts(body)]


def parts(body: Any) -> list[Part]:
    """Return the inner alerts of the unified body, each as an instance of its own; else the one alert.

    Raises:
        Permanent, NotAnAlert: as `bodies` does.
    """
    if isinstance(body, list) or (isinstance(body, dict) and isinstance(body.get("alerts"), list)):
        return legacy_body.parts(body)
    (payload,) = one_object(body)
    if payload.get("state") in ("pending", "paused"):
        raise NotAnAlert(f"The state {payload['state']} of a rule is no alert.")
    return [Part(with_attachment(payload))]


def with_attachment(payload: dict[str, Any]) -> dict[str, Any]:
    """Return a Slack-style body with the fields of the webhook beside it; any other as it is."""
    attachments = payload.get("attachments")
    if not isinstance(attachments, list) or not attachments or not isinstance(attachments[0], dict):
        return payload
    first = attachments[0]
    title = first.get("title") or first.get("fallback") or payload.get("text")
    told = PREFIX.match(title) if isinstance(title, str) else None
    state = told[1].strip().lower() if told else COLOURS.get(str(first.get("color")).lower(), "alerting")
    read = {
        "title": title,
        "ruleName": title[told.end() :].strip() if told and isinstance(title, str) else title,
        "state": STATES.get(state, state),
        "message": first.get("text") or (payload.get("text") if first.get("title") else None),
        "ruleUrl": first.get("title_link"),
        "imageUrl": first.get("image_url"),
        "evalMatches": _matches(first.get("fields")),
    }
    return {**{name: value for name, value in read.items() if value is not None}, **payload}


def _matches(fields: Any) -> list[dict[str, Any]]:
    found = [one for one in fields if isinstance(one, dict)] if isinstance(fields, list) else []
    return [{"metric": one.get("title"), "value": one.get("value")} for one in found[:50]]


def example(status: str) -> dict[str, Any]:
    """Return the webhook of a rule that alerts, or is fine again."""
    is_firing = status == "firing"
    return {
        "dashboardId": 7,
        "evalMatches": [{"value": 97.4, "metric": "db1 /var", "tags": {"host": "db1"}}] if is_firing else [],
        "imageUrl": "https://grafana.example.com/public/img/attachments/8Jx1.png",
        "message": "The volume /var of the database is nearly full.",
        "orgId": 1,
        "panelId": 4,
        "ruleId": 12,
        "ruleName": "Disk /var of db1",
        "ruleUrl": "https://grafana.example.com/d/hZ7BuVbWz/disks?tab=alert&viewPanel=4&orgId=1",
        "state": "alerting" if is_firing else "ok",
        "tags": {"team": "data"},
        "title": f"[{'Alerting' if is_firing else 'OK'}] Disk /var of db1",
    }


TYPE = IntegrationType(
    slug="grafana",
    title="Grafana (old alerting)",
    category=Category.METRICS,
    summary="Dashboard alerts of Grafana up to version 10, by its webhook or Slack-style notification channel.",
    documentation="https://grafana.com/docs/grafana/v8.5/alerting/old-alerting/notifications/#webhook",
    is_obsolete="Grafana 11 removed its old alerting. Use Grafana Alerting for every newer version.",
    templates=templates(
        title="[payload.title, labels.alertname, payload.ruleName, notes.summary, payload.message] | any_of",
        # The rule's name alone, as those know it who come from the first version.
        grouping_key="[payload.ruleName, labels.alertname] | any_of",
        resolve='payload.state | words | lower == "ok" or payload.status | words | lower == "resolved"',
        look=LOOK,
    ),
    example_firing=example("firing"),
    example_resolved=example("resolved"),
    notes=(
        "In Grafana up to version 10 with the old alerting: under *Alerting → Notification channels* add a channel of "
        "the type *webhook* with the integration's URL and the method POST, and leave *Disable Resolve Message* off.\n"
        "\n"
        "A rule is one alert group, known by its name; it resolves when the rule is OK again.\n"
        "A Slack channel that points at the URL is understood too, and so are the bodies of Grafana Alerting: there "
        "every alert inside is one of its own.\n"
    ),
    heartbeat_notes=(
        "Let cron on the Grafana server call the heartbeat URL, only while Grafana answers:\n\n"
        "```\n* * * * * curl -fsS http://localhost:3000/api/health && curl -fsS -m 10 '<the heartbeat URL>'\n```\n"
    ),
    bodies=bodies,
    instances=parts,
    always_by_instance=True,
    heartbeat=heartbeat_shapes.grafana,
)
