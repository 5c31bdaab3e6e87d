"""New Relic: issues by a workflow's webhook, and the incidents of the notification channels before it."""

from __future__ import annotations

from typing import Any

from shared.integrations.appearance import Look, templates
from shared.integrations.integration_type import Category, IntegrationType, one_object

NOTES = """\
In New Relic, under *Alerts → Destinations* add a *Webhook* with the integration's URL; under *Workflows* let a \
workflow notify it, with *Issue is activated*, *acknowledged*, *closed* and *changed priority*.
New Relic's default template works as it is. This one tells more:

```json
{
  "id": {{ json issueId }},
  "issueUrl": {{ json issuePageUrl }},
  "title": {{ json annotations.title.[0] }},
  "description": {{ json annotations.description.[0] }},
  "priority": {{ json priority }},
  "state": {{ json state }},
  "trigger": {{ json triggerEvent }},
  "impactedEntities": {{ json entitiesData.names }},
  "totalIncidents": {{ json totalIncidents }},
  "alertPolicyNames": {{ json accumulations.policyName }},
  "alertConditionNames": {{ json accumulations.conditionName }},
  "runbookUrl": {{ json accumulations.runbookUrl.[0] }},
  "workflowName": {{ json workflowName }},
  "createdAt": {{ createdAt }},
  "updatedAt": {{ updatedAt }}
}
```

An issue is one alert group; acknowledging it in New Relic acknowledges it here, closing it resolves it.
The webhooks that New Relic moved over from its old notification channels (`incident_id`, `current_state`) are \
understood too.
"""
STATE = "([payload.state, payload.current_state] | any_of | words | lower)"
# Channels that New Relic moved to workflows say -1 where an issue has no old incident.
INCIDENT = '(payload.incident_id if payload.incident_id | words != "-1" else "")'
ID = f"([payload.id, payload.issueId, payload.issue_id, {INCIDENT}] | any_of)"
URL = "[payload.issueUrl, payload.issuePageUrl, payload.issue_url, payload.incident_url] | any_of"
LOOK = Look(
    names={"target": "payload.targets | entries | first"},
    facts=[
        ("State", "[payload.state, payload.current_state] | any_of"),
        ("Priority", "[payload.priority, payload.severity] | any_of"),
        ("Where", "[payload.impactedEntities, target.name, target.link] | any_of"),
        ("Condition", "[payload.alertConditionNames, payload.condition_name] | any_of"),
        ("Policy", "[payload.alertPolicyNames, payload.policy_name] | any_of"),
        ("Since", "[payload.createdAt, payload.timestamp] | any_of | when"),
        ("Incidents", "payload.totalIncidents"),
        ("Account", "payload.account_name"),
        ("Owner", "payload.owner"),
    ],
    text='[payload.description, payload.condition_description, payload.details] | joined("\\n\\n")',
    links=[
        ("Runbook", "[payload.runbookUrl, payload.runbook_url] | any_of"),
        ("Policy", "payload.policy_url"),
    ],
    source_link=f'({URL}) | absolute(base_url or "https://one.newrelic.com")',
    image="[payload.violation_chart_url, payload.violationChartUrl] | any_of | absolute",
)


def example(status: str) -> dict[str, Any]:
    """Return what the default template of a workflow sends for an issue that is active, or closed."""
    is_firing = status == "firing"
    return {
        "id": "5e1f0b0a-0d5a-4c88-9b57-2f3b7d8a4c11",
        "issueUrl": "https://radar-api.service.newrelic.com/accounts/123456/issues/5e1f0b0a?notifier=WEBHOOK",
        "title": "Web response time deviated from the baseline for at least 5 minutes on 'Checkout latency'",
        "priority": "CRITICAL",
        "impactedEntities": ["checkout-prod"],
        "totalIncidents": 1,
        "state": "ACTIVATED" if is_firing else "CLOSED",
        "trigger": "STATE_CHANGE",
        "isCorrelated": False,
        "createdAt": 1767607200000,
        "updatedAt": 1767607200000 if is_firing else 1767610800000,
        "sources": ["newrelic"],
        "alertPolicyNames": ["Shop"],
        "alertConditionNames": ["Checkout latency"],
        "workflowName": "Page the shop team",
    }


TYPE = IntegrationType(
    slug="newrelic",
    title="New Relic",
    category=Category.METRICS,
    summary="Issues of New Relic's workflows, and incidents of its old webhook channel.",
    documentation="https://docs.newrelic.com/docs/alerts/get-notified/notification-integrations/#webhook",
    templates=templates(
        title=(
            "[payload.title, payload.issueTitle,"
            ' [payload.condition_name, payload.details] | joined(": "), payload.alertConditionNames] | any_of'
        ),
        grouping_key=(
            f'([payload.account_id, {ID}] | identity) if {ID} is not eq("")'
            f' else ([none, {URL}] | identity) if ({URL}) is not eq("")'
            " else ([payload.account_id, payload.policy_name, payload.condition_name, target.name] | identity)"
            ' if payload.condition_name else ""'
        ),
        resolve=f'{STATE} in ["closed", "resolved"]',
        acknowledge=f'{STATE} == "acknowledged" or payload.trigger | words | lower == "issue_acknowledged"',
        look=LOOK,
    ),
    example_firing=example("firing"),
    example_resolved=example("resolved"),
    notes=NOTES,
    bodies=one_object,
)
