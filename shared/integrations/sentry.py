"""Sentry: webhooks of an internal integration (issues, issue and metric alerts, errors) and the old WebHooks plugin."""

from __future__ import annotations

from typing import Any

from shared.integrations.appearance import Look, templates
from shared.integrations.integration_type import Category, IntegrationType, NotAnAlert, one_object

NOTES = """\
In Sentry, under *Settings → Developer Settings* create an *internal integration* with the integration's URL as \
*Webhook URL* and *Alert Rule Action* switched on.

- For alerts: add the action *Send a notification via* that integration to your alert rules, for issues or metrics
- For the end of an issue: give the integration *Issue & Event: Read* and tick the webhook *issue*; it also rings \
for each new issue. Without it nothing tells Tocsin that an issue is resolved

An issue is one alert group, whichever of the webhooks tell of it: resolving or archiving it resolves the group, \
assigning it to somebody acknowledges it.
A metric alert is one for each of its incidents.
Comments, installations and the notices of Seer page nobody.

The old *WebHooks* plugin (*Settings → Projects → Legacy Integrations*) is understood too.
"""
# What the webhooks besides those of alerts carry in `data`.
NO_ALERTS = {
    "comment": "A comment on an issue is no alert.",
    "comment_id": "A comment on an issue is no alert.",
    "installation": "Sentry told of the installation of the integration.",
    "activity": "An activity on an issue is no alert.",
    "run_id": "A notice of Seer is no alert.",
}
FROM_URL = '(event.issue_url | words | regex_replace("^.*/issues/([0-9]+)/?$", "\\\\1"))'
ISSUE_ID = (
    f"([issue.id, event.issue_id, event.groupID, {FROM_URL}, payload.id if payload.culprit is defined else '']"
    " | any_of)"
)
METRIC_ID = "([metric.id, metric.identifier, rule.id] | any_of)"
# The error's message stands in the title already.
TOLD = "(about.value | words) in ([issue.title, event.title] | joined)"
LEVEL = "[issue.level, event.level, payload.level] | any_of"
SINCE = "[issue.firstSeen, metric.date_started, metric.date_created, event.datetime, event.timestamp] | any_of | when"
LOOK = Look(
    names={
        "data": "payload.data",
        "issue": "data.issue",
        "event": "data.event or data.error or payload.event",
        "metric": "data.metric_alert",
        "rule": "metric.alert_rule",
        "project": "issue.project",
        "assignee": "issue.assignedTo",
        "actor": "payload.actor",
        "about": "issue.metadata or event.metadata",
    },
    facts=[
        ("State", "payload.action if not event else ''"),
        ("Level", LEVEL),
        ("Priority", "issue.priority"),
        (
            "Project",
            "[project.name, project.slug, metric.projects, payload.project_name, payload.project] | any_of",
        ),
        ("Where", "[issue.culprit, event.culprit, payload.culprit, rule.aggregate] | any_of"),
        ("Environment", "[event.environment, rule.environment] | any_of"),
        ("Since", SINCE),
        ("Events", "issue.count"),
        ("Users", "issue.userCount"),
        ("Assigned to", "[assignee.name, assignee.email] | any_of"),
        ("Rule", "[data.triggered_rule, payload.triggering_rules, rule.name] | any_of"),
        ("Issue", "issue.shortId"),
    ],
    text=f'[data.description_text, "" if {TOLD} else about.value] | joined("\\n\\n")',
    source_link=(
        "[issue.web_url, issue.permalink, event.web_url, data.web_url, payload.url] | any_of"
        ' | absolute(base_url or "https://sentry.io")'
    ),
)


def bodies(body: Any) -> list[Any]:
    """Return the alert.

    Raises:
        Permanent: the body is no object.
        NotAnAlert: it tells of a comment, of the integration itself, or of Seer.
    """
    (payload,) = one_object(body)
    data = payload.get("data")
    for name, reason in NO_ALERTS.items():
        if isinstance(data, dict) and name in data and "metric_alert" not in data:
            raise NotAnAlert(reason)
    return [payload]


def example(status: str) -> dict[str, Any]:
    """Return the issue webhook of a new issue, or of one that was resolved."""
    is_new = status == "firing"
    return {
        "action": "created" if is_new else "resolved",
        "installation": {"uuid": "24b397fc-a86e-43ef-9297-949e21b82480"},
        "data": {
            "issue": {
                "url": "https://sentry.io/api/0/organizations/example/issues/1234567890/",
                "web_url": "https://example.sentry.io/issues/1234567890/",
                "project_url": "https://example.sentry.io/issues/?project=4509877862268928",
                "id": "1234567890",
                "shareId": None,
                "shortId": "SHOP-Y",
                "title": "TimeoutError: payment provider did not answer",
                "culprit": "shop.checkout.pay",
                "permalink": "https://example.sentry.io/issues/1234567890/",
                "logger": None,
                "level": "error",
                "status": "unresolved" if is_new else "resolved",
                "statusDetails": {},
                "substatus": "new" if is_new else None,
                "platform": "python",
                "project": {"id": "4509877862268928", "name": "shop", "slug": "shop", "platform": "python"},
                "type": "error",
                "metadata": {"type": "TimeoutError", "value": "payment provider did not answer"},
                "assignedTo": None,
                "issueType": "error",
                "issueCategory": "error",
                "priority": "high",
                "count": "3",
                "userCount": 3,
                "firstSeen": "2026-01-05T10:00:00.679000+00:00",
                "lastSeen": "2026-01-05T10:00:02.738000+00:00",
            }
        },
        "actor": {"type": "application", "id": "sentry", "name": "Sentry"},
    }


TYPE = IntegrationType(
    slug="sentry",
    title="Sentry",
    category=Category.LOGS,
    summary="New and resolved issues, issue alerts and metric alerts.",
    documentation="https://docs.sentry.io/organization/integrations/integration-platform/webhooks/",
    templates=templates(
        title=(
            "[issue.title, event.title, rule.name, data.description_title, metric.title, payload.message,"
            " about.title, event.message, payload.culprit, data.triggered_rule] | any_of"
        ),
        grouping_key=(
            f'(["metric_alert", {METRIC_ID}] | identity) if {METRIC_ID} is not eq("")'
            f' else (["issue", {ISSUE_ID}] | identity) if {ISSUE_ID} is not eq("") else ""'
        ),
        resolve='payload.action in ["resolved", "archived", "ignored"]',
        acknowledge='payload.action == "assigned"',
        look=LOOK,
    ),
    example_firing=example("firing"),
    example_resolved=example("resolved"),
    notes=NOTES,
    bodies=bodies,
)
