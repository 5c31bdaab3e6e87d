"""Google Cloud Monitoring (once Stackdriver): the incident that a webhook or a Pub/Sub push carries."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from shared.errors import Permanent
from shared.integrations.appearance import Look, first_key, templates
from shared.integrations.inner_json import inner_object
from shared.integrations.integration_type import Category, IntegrationType, NotAnAlert, one_object

NAMES = {
    "incident": "payload.incident",
    "resource": "incident.resource",
    "metric": "incident.metric",
    "condition": "incident.condition",
    "document": "incident.documentation",
}
CONDITION = "[incident.condition_name, condition.displayName] | any_of"
RESOURCE = "[incident.resource_display_name, incident.resource_name] | any_of"
LOOK = Look(
    names=NAMES,
    facts=[
        ("State", "incident.state | words | lower"),
        ("Severity", "incident.severity"),
        ("Resource", RESOURCE),
        (
            "Value",
            (
                '[incident.observed_value, ("threshold " ~ (incident.threshold_value | words))'
                ' if incident.threshold_value | words else ""] | joined(", ")'
            ),
        ),
        ("Since", "incident.started_at | when"),
        ("Until", "incident.ended_at | when"),
        ("Condition", CONDITION),
        ("Policy", "incident.policy_name"),
        ("Metric", '[metric.displayName, metric.labels] | joined(" – ")'),
        ("Project", "incident.scoping_project_id"),
        ("Resource type", "[incident.resource_type_display_name, resource.type] | any_of"),
        ("Resource labels", "resource.labels"),
        ("Labels", "incident.policy_user_labels"),
    ],
    text='[incident.summary, [document.content, incident.documentation] | any_of] | joined("\\n\\n")',
    links=[("Incident", "incident.url")],
    source_link="incident.url | absolute",
)


def bodies(body: Any) -> list[Any]:
    """Return the incident, unwrapped when Pub/Sub pushed it.

    Raises:
        Permanent: the body is no object, or the Pub/Sub message in it cannot be read.
        NotAnAlert: Google tries the channel out.
    """
    (payload,) = one_object(body)
    message = payload.get("message")
    if "incident" not in payload and isinstance(message, dict) and "data" in message:
        payload = _pushed(message["data"])
    if payload.get("version") == "test":
        raise NotAnAlert("Google Cloud Monitoring tries the notification channel out.")
    return [payload]


def _pushed(data: Any) -> dict[str, Any]:
    try:
        text = base64.b64decode(data, validate=True).decode()
    except (TypeError, ValueError, binascii.Error) as error:
        raise Permanent("the field message.data must be text in Base64, as Pub/Sub pushes it") from error
    return inner_object(text, "the field message.data")


def example(state: str) -> dict[str, Any]:
    """Return the body of an incident that is open, or closed."""
    closed = state == "closed"
    return {
        "incident": {
            "condition": {
                "conditionThreshold": {
                    "aggregations": [{"alignmentPeriod": "300s", "perSeriesAligner": "ALIGN_MEAN"}],
                    "comparison": "COMPARISON_GT",
                    "duration": "300s",
                    "filter": 'metric.type="compute.googleapis.com/instance/cpu/utilization"',
                    "thresholdValue": 0.9,
                    "trigger": {"count": 1},
                },
                "displayName": "VM Instance - CPU utilization",
                "name": "projects/shop-prod/alertPolicies/1098849147229186/conditions/1098849147229187",
            },
            "condition_name": "VM Instance - CPU utilization",
            "documentation": {
                "content": "Look at the slowest queries first.",
                "mime_type": "text/markdown",
                "subject": "[ALERT] CPU of the shop",
            },
            "ended_at": 1767609600 if closed else None,
            "incident_id": "0.mtdi83m6w8ao",
            "metadata": {"system_labels": {}, "user_labels": {}},
            "metric": {
                "displayName": "CPU utilization",
                "labels": {"instance_name": "db-1"},
                "type": "compute.googleapis.com/instance/cpu/utilization",
            },
            "observed_value": "0.41" if closed else "0.97",
            "policy_name": "CPU of the shop",
            "policy_user_labels": {"team": "shop"},
            "resource": {
                "labels": {
                    "instance_id": "8979287136362607111",
                    "project_id": "shop-prod",
                    "zone": "europe-west3-c",
                },
                "type": "gce_instance",
            },
            "resource_id": "",
            "resource_name": "shop-prod db-1",
            "resource_type_display_name": "VM Instance",
            "scoping_project_id": "shop-prod",
            "scoping_project_number": 286919713412,
            "severity": "Critical",
            "started_at": 1767607200,
            "state": state,
            "summary": (
                "CPU utilization for shop-prod db-1 returned to normal with a value of 0.410."
                if closed
                else "CPU utilization for shop-prod db-1 is above the threshold of 0.900 with a value of 0.970."
            ),
            "threshold_value": "0.9",
            "url": "https://console.cloud.google.com/monitoring/alerting/incidents/0.mtdi83m6w8ao?project=shop-prod",
        },
        "version": "1.2",
    }


TYPE = IntegrationType(
    slug="stackdriver",
    title="Google Cloud Monitoring",
    category=Category.CLOUD,
    summary="Incidents of alerting policies, by webhook or Pub/Sub.",
    documentation="https://cloud.google.com/monitoring/support/notification-options",
    templates=templates(
        title=f'[incident.policy_name, [{RESOURCE}, {CONDITION}, incident.summary] | any_of] | joined(": ")',
        grouping_key=first_key(
            "[incident.incident_id]",
            "([incident.scoping_project_id, incident.policy_name, condition.name, incident.condition_name,"
            " resource.labels] if [incident.policy_name, condition.name, incident.condition_name] | any_of else [])",
        ),
        resolve='incident.state | words | lower == "closed"',
        acknowledge='incident.state | words | lower == "acknowledged"',
        look=LOOK,
    ),
    example_firing=example("open"),
    example_resolved=example("closed"),
    notes=(
        "In the Google Cloud console, open *Monitoring*, *Alerting*, *Edit notification channels*, and add a "
        "*Webhook* with the integration's URL as its endpoint. "
        "Choose this channel under *Notifications* of every alerting policy that shall ring, and tick "
        "*Notify on incident closure* so that its alert groups resolve.\n\n"
        "Where projects may reach the outside through Pub/Sub alone, make a *Pub/Sub* channel instead and a push "
        "subscription with the integration's URL to its topic; the message is unwrapped.\n\n"
        "An incident is one alert group, known by its `incident_id`.\n"
    ),
    heartbeat_notes="Let a job of *Cloud Scheduler* call the heartbeat URL every minute (`* * * * *`).\n",
    bodies=bodies,
)
