"""Azure Monitor: action groups' webhooks, with the common alert schema and the older ones of each kind of alert."""

from __future__ import annotations

from typing import Any

from shared.integrations.appearance import Look, first_key, templates
from shared.integrations.inner_json import inner_object
from shared.integrations.integration_type import Category, IntegrationType, NotAnAlert, one_object

# `event` is an entry of the activity log (also the health of a service or a resource), `criterion` the first
# condition of a metric or log alert, `data` the whole of a classic alert that has no envelope.
NAMES = {
    "data": "payload.data if payload.data is mapping and payload.data else payload",
    "essentials": "data.essentials",
    "alert": "data.alertContext",
    "context": "data.context",
    "event": "context.activityLog if context.activityLog else alert",
    "about": "event.properties",
    "condition": "[alert.condition, context.condition] | any_of",
    "criterion": "(condition.allOf | entries | first) or condition",
    "budget": "alert.AlertData",
    "labels": "alert.labels",
    "notes": "alert.annotations",
}
RULE = (
    "[essentials.alertRule, context.name, data.AlertRuleName, budget.BudgetName, labels.alertname,"
    " event.operationName] | any_of"
)
TARGET = "[essentials.alertTargetIDs | entries | first, context.resourceId, event.resourceId, budget.BudgetId] | any_of"
ITEM = (
    "[essentials.configurationItems, context.resourceName, data.AffectedConfigurationItems,"
    ' (event.resourceId | words).split("/") | last] | any_of'
)
SEVERITY = "[essentials.severity, context.severity, data.Severity, data.severity, about.severity, event.level] | any_of"
STATE = '[[essentials.monitorCondition, data.status] | any_of, event.status] | joined(", ")'
VALUE = (
    "[criterion.metricValue, data.ResultCount, alert.ResultCount, alert.expressionValue, budget.SpentAmount]"
    " | any_of"
)
DIMENSIONS = (
    "([criterion.dimensions, alert.Dimensions, data.Dimensions] | any_of | entries)[:5]"
    ' | map("object") | map(attribute="value") | list | joined(", ")'
)
THRESHOLD = (
    "[[criterion.operator, data.AlertThresholdOperator, alert.Operator, alert.expression] | any_of,"
    " [criterion.threshold, data.AlertThresholdValue, alert.Threshold, budget.BudgetThreshold] | any_of] | joined"
)
METRIC = "[criterion.metricName, criterion.metricMeasureColumn, criterion.webTestName] | any_of"
FINDING = "[about.title, about.defaultLanguageTitle] | any_of"
PORTAL = '"https://portal.azure.com/#resource"'
LOOK = Look(
    names=NAMES,
    facts=[
        ("State", STATE),
        ("Severity", SEVERITY),
        ("Resource", ITEM),
        ("Metric", METRIC),
        ("Value", VALUE),
        ("Threshold", THRESHOLD),
        ("Dimensions", DIMENSIONS),
        ("Since", "[essentials.firedDateTime, context.timestamp, event.eventTimestamp] | any_of | when"),
        ("Resolved", "essentials.resolvedDateTime | when"),
        ("What", f"[{FINDING}, event.operationName] | any_of"),
        ("Health", '[about.previousHealthStatus, about.currentHealthStatus] | joined(" → ")'),
        ("Service", '[about.service, about.region] | joined(", ")'),
        ("Stage", "[about.incidentType, about.stage, about.cause] | joined"),
        ("By", "event.caller"),
        ("Rule", RULE),
        ("Kind", "[essentials.monitoringService, essentials.signalType, event.eventSource] | any_of"),
        ("Labels", "labels"),
        ("Target", TARGET),
    ],
    text=(
        "[[essentials.description, context.description, data.Description, event.description] | any_of,"
        " notes.summary, notes.description, about.details, about.communication | string | striptags"
        ' if about.communication is string else "", about.DetectionSummary,'
        " [criterion.searchQuery, alert.SearchQuery, data.SearchQuery] | any_of]"
        ' | joined("\\n\\n")'
    ),
    links=[
        ("Alert", "essentials.investigationLink"),
        (
            "Query results",
            (
                "[criterion.linkToFilteredSearchResultsUI, criterion.linkToSearchResultsUI,"
                " alert.LinkToFilteredSearchResultsUI, alert.LinkToSearchResults, data.LinkToSearchResults] | any_of"
            ),
        ),
        ("Resource", f'({PORTAL} ~ ({TARGET})) if ({TARGET} | words).startswith("/subscriptions/") else ""'),
    ],
    source_link=(
        "essentials.investigationLink | absolute or context.portalLink | absolute"
        ' or ("https://portal.azure.com/#blade/Microsoft_Azure_Monitoring/AlertDetailsTemplateBlade/alertId/"'
        " ~ (essentials.alertId | words | urlencode | replace('/', '%2F'))"
        ' if (essentials.alertId | words).startswith("/subscriptions/") else "")'
        " or [data.LinkToSearchResults, data.LinkToFilteredSearchResultsUI] | any_of | absolute"
        f' or ({PORTAL} ~ ({TARGET}) if ({TARGET} | words).startswith("/subscriptions/") else "")'
    ),
)


def bodies(body: Any) -> list[Any]:
    """Return the alert of the body, out of the envelope of an Automation runbook where it has one.

    Raises:
        Permanent: the body, or what an envelope holds, is no object.
        NotAnAlert: an autoscale setting says that it scaled.
    """
    (payload,) = one_object(body)
    if "RequestBody" in payload:
        inner = payload["RequestBody"]
        payload = inner if isinstance(inner, dict) else inner_object(inner, "the field RequestBody")
    if payload.get("operation") in ("Scale In", "Scale Out") and payload.get("status") == "Activated":
        raise NotAnAlert("Azure scaled a resource as it was told to.")
    return [payload]


def example(condition: str) -> dict[str, Any]:
    """Return the body of a metric alert that Fired, or Resolved, in the common alert schema."""
    fired = condition == "Fired"
    machine = "/subscriptions/11111111-1111-1111-1111-111111111111/resourcegroups/shop/providers"
    essentials = {
        "alertId": (
            "/subscriptions/11111111-1111-1111-1111-111111111111/providers/Microsoft.AlertsManagement"
            "/alerts/b9569717-bc32-442f-add5-83a997729330"
        ),
        "alertRule": "CPU of the shop",
        "severity": "Sev1",
        "signalType": "Metric",
        "monitorCondition": condition,
        "monitoringService": "Platform",
        "alertTargetIDs": [f"{machine}/microsoft.compute/virtualmachines/db-1"],
        "configurationItems": ["db-1"],
        "originAlertId": "11111111-1111-1111-1111-111111111111_shop_microsoft.insights_metricAlerts_CPU_-117781227",
        "firedDateTime": "2026-01-05T10:00:00.3713213Z",
        "description": "The database is busy: look at the slowest queries first.",
        "essentialsVersion": "1.0",
        "alertContextVersion": "1.0",
    }
    return {
        "schemaId": "azureMonitorCommonAlertSchema",
        "data": {
            "essentials": essentials
            if fired
            else {**essentials, "resolvedDateTime": "2026-01-05T10:40:00.2246313Z"},
            "alertContext": {
                "properties": None,
                "conditionType": "SingleResourceMultipleMetricCriteria",
                "condition": {
                    "windowSize": "PT5M",
                    "allOf": [
                        {
                            "metricName": "Percentage CPU",
                            "metricNamespace": "Microsoft.Compute/virtualMachines",
                            "operator": "GreaterThan",
                            "threshold": "90",
                            "timeAggregation": "Average",
                            "dimensions": [],
                            "metricValue": 97.7 if fired else 41.2,
                        }
                    ],
                    "windowStartTime": "2026-01-05T09:55:00.064Z",
                    "windowEndTime": "2026-01-05T10:00:00.064Z",
                },
            },
            "customProperties": {"team": "shop"},
        },
    }


TYPE = IntegrationType(
    slug="azure_monitor",
    title="Azure Monitor",
    category=Category.CLOUD,
    summary="Metric, log, activity log, health, budget and smart detection alerts of action groups.",
    documentation="https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-common-schema",
    templates=templates(
        title=f'[{RULE}, [{FINDING}, {ITEM}] | any_of] | joined(": ")',
        grouping_key=first_key(
            '(["ServiceHealth", about.trackingId] if about.trackingId | words else [])',
            f'(["ResourceHealth", ({TARGET}) | words | lower] if about.currentHealthStatus and {TARGET} else [])',
            "[essentials.alertId]",
            "[essentials.originAlertId]",
            "([context.id, context.resourceId, criterion.dimensions] if context.id | words else [])",
            "([event.resourceId, event.operationName] if event.resourceId | words else [])",
            "([data.SubscriptionId, data.AlertRuleName, data.WorkspaceId, data.ApplicationId, data.Dimensions]"
            " if data.AlertRuleName | words else [])",
        ),
        resolve=(
            'essentials.monitorCondition == "Resolved" or data.status in ["Resolved", "Deactivated"]'
            ' or (event.status == "Resolved" and (about.trackingId or about.currentHealthStatus) | words != "")'
        ),
        look=LOOK,
    ),
    example_firing=example("Fired"),
    example_resolved=example("Resolved"),
    notes=(
        "In the Azure portal, open *Monitor*, *Alerts*, *Action groups*, *Create*; under *Actions* choose *Webhook*, "
        "enter the integration's URL and switch *Enable the common alert schema* on. Then choose this action group "
        "in every alert rule that shall ring, and leave *Automatically resolve alerts* on: a rule without it makes "
        "a new alert, and so a new alert group, each time it is evaluated.\n\n"
        "The older schemas (classic metric alerts, `AzureMonitorMetricAlert`, `Microsoft.Insights/activityLogs`, "
        "`Microsoft.Insights/LogAlert`) are understood as well.\n\n"
        "An alert is one alert group, known by its `alertId`; the health of a service by its `trackingId`, the health "
        "of a resource by the resource. Entries of the activity log are never over by themselves.\n"
    ),
    heartbeat_notes="Let a *Logic App* with a recurrence of one minute call the heartbeat URL.\n",
    bodies=bodies,
)
