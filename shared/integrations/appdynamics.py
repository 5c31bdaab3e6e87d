"""AppDynamics: health rule violations and other events, by an HTTP request template that its user fills in."""

from __future__ import annotations

from typing import Any

from shared.integrations.appearance import Look, templates
from shared.integrations.integration_type import Category, IntegrationType, one_object

NOTES = """\
In AppDynamics, under *Alert & Respond → HTTP Request Templates* add a template: method POST, the integration's URL, \
MIME type `application/json`, *One Request Per Event* switched on, status code 200 as the success criterion, and as \
the payload

```
{
  "controllerUrl": "${controllerUrl}",
  "event": {
    "eventType": "${latestEvent.eventType}",
    "id": "${latestEvent.id}",
    "guid": "${latestEvent.guid}",
    "eventTypeKey": "${latestEvent.eventTypeKey}",
    "eventTime": "${latestEvent.eventTime}",
    "displayName": "${latestEvent.displayName}",
    "summaryMessage": "${latestEvent.summaryMessage}",
    "eventMessage": "${latestEvent.eventMessage}",
    "application": {"name": "${latestEvent.application.name}"},
    "tier": {"name": "${latestEvent.tier.name}"},
    "node": {"name": "${latestEvent.node.name}"},
#if(${latestEvent.healthRuleEvent} == true)
    "healthRule": {"id": "${latestEvent.healthRule.id}", "name": "${latestEvent.healthRule.name}"},
    "incident": {"id": "${latestEvent.incident.id}"},
#end
    "severity": "${latestEvent.severity}",
    "deepLink": "${latestEvent.deepLink}"
  }
}
```

Make an *action* of it, and a *policy* that runs the action on *Health Rule Violation* started, continues, upgraded, \
downgraded, ended and canceled, for warning and critical.

A violation is one alert group; it resolves when it has ended or was canceled.
Without `incident` and `healthRule` (the template of Grafana OnCall) the application and the node are what groups.
"""
# The type's key is POLICY_OPEN_CRITICAL, POLICY_CLOSE_WARNING, POLICY_CANCELED_CRITICAL …; its name is for people.
ENDED = (
    '((event.eventType | words | upper) | regex_search("^POLICY_(CLOSE|CANCEL)"))'
    ' or ((event.displayName | words | lower) | regex_search("violation (ended|cancell?ed)"))'
    ' or ((event.eventTypeKey | words | lower) | regex_search("violation (ended|cancell?ed)|policy[._](close|cancel)"))'
)
LOOK = Look(
    names={
        "event": "payload.event or payload",
        "application": "event.application",
        "tier": "event.tier",
        "node": "event.node",
        "health": "event.healthRule",
        "incident": "event.incident",
    },
    facts=[
        ("Event", "[event.displayName, event.eventType] | any_of"),
        ("Severity", "event.severity"),
        ("Where", '[application.name, tier.name, node.name] | joined(" / ")'),
        ("Health rule", "health.name"),
        ("At", "event.eventTime | when"),
    ],
    text='[event.summaryMessage, event.eventMessage] | joined("\\n\\n")',
    source_link="event.deepLink | absolute([payload.controllerUrl, base_url] | any_of)",
)


def example(status: str) -> dict[str, Any]:
    """Return the body of the notes for a violation that started, or ended."""
    is_open = status == "firing"
    kind = "started" if is_open else "ended"
    return {
        "controllerUrl": "https://example.saas.appdynamics.com",
        "event": {
            "eventType": "POLICY_OPEN_CRITICAL" if is_open else "POLICY_CLOSE_CRITICAL",
            "id": "33021165" if is_open else "33021190",
            "guid": "a35260de-34ff-476f-bcb9-c44fd1afd913",
            "eventTypeKey": "POLICY_OPEN_CRITICAL" if is_open else "POLICY_CLOSE_CRITICAL",
            "eventTime": "Mon Jan 05 10:00:00 UTC 2026",
            "displayName": f"Health Rule Violation {kind.title()} - Critical",
            "summaryMessage": f"Business transaction response time is much higher than normal {kind} violating.",
            "eventMessage": "Average Response Time of Checkout was 4,200 ms over the last 30 minutes.",
            "application": {"name": "Shop"},
            "tier": {"name": "checkout"},
            "node": {"name": "checkout-3"},
            "healthRule": {"id": "412", "name": "Business transaction response time"},
            "incident": {"id": "88121"},
            "severity": "ERROR" if is_open else "INFO",
            "deepLink": "https://example.saas.appdynamics.com/#location=APP_INCIDENT_DETAIL&incident=88121",
        },
    }


TYPE = IntegrationType(
    slug="appdynamics",
    title="AppDynamics",
    category=Category.METRICS,
    summary="Health rule violations of Splunk AppDynamics.",
    documentation="https://help.splunk.com/en/appdynamics-saas/get-started/26.4.0/alert-and-respond/actions/"
    "predefined-templating-variables",
    templates=templates(
        title=(
            "[[health.name or event.summaryMessage or event.displayName, node.name or tier.name or application.name]"
            ' | joined(" on "), event.eventMessage, event.eventType] | any_of'
        ),
        grouping_key=(
            '([application.name, none, none, incident.id] | identity) if ([incident.id] | any_of) is not eq("")'
            " else ([application.name, node.name, health.id or health.name or none] | identity)"
            ' if ([application.name, node.name] | any_of) is not eq("") else ""'
        ),
        resolve=ENDED,
        look=LOOK,
    ),
    example_firing=example("firing"),
    example_resolved=example("resolved"),
    notes=NOTES,
    bodies=one_object,
)
