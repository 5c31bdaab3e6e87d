"""Azure Monitor: alerts in the common schema, and in every older one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.integrations.azure_monitor import example
from shared.integrations.integration_type import NotAnAlert
from tests.unit.integrations.bodies import card, routed, type_of

SLUG = "azure_monitor"
GROUP = "/subscriptions/s1/resourceGroups/Contoso/providers"
DISK = f"{GROUP}/Microsoft.Storage/storageAccounts/diag500"


def common(service: str, context: dict[str, Any], **essentials: Any) -> dict[str, Any]:
    body = example("Fired")
    known = {**body["data"]["essentials"], "monitoringService": service, **essentials}
    return {**body, "data": {"essentials": known, "alertContext": context}}


def classic(status: str, **context: Any) -> dict[str, Any]:
    """Return a classic metric alert, which has no envelope."""
    return {
        "status": status,
        "context": {
            "timestamp": "2026-01-05T10:00:00.9975398Z",
            "id": f"{GROUP}/microsoft.insights/alertrules/TooManyRequests",
            "name": "TooManyRequests",
            "description": "The site is busy",
            "conditionType": "Metric",
            "condition": {
                "metricName": "Requests",
                "metricUnit": "Count",
                "metricValue": "10",
                "threshold": "9",
                "windowSize": "15",
                "timeAggregation": "Average",
                "operator": "GreaterThanOrEqual",
            },
            "subscriptionId": "s1",
            "resourceGroupName": "Contoso",
            "resourceName": "mysite1",
            "resourceType": "microsoft.foo/sites",
            "resourceId": f"{GROUP}/Microsoft.Web/sites/mysite1",
            "portalLink": "https://portal.azure.com/#resource/subscriptions/s1/x",
            **context,
        },
        "properties": {},
    }


def metric(status: str, dimension: str = "Primary") -> dict[str, Any]:
    """Return a metric alert in the schema of its own."""
    criterion = {
        "metricName": "Transactions",
        "metricNamespace": "microsoft.storage/storageAccounts",
        "dimensions": [{"name": "GeoType", "value": dimension}],
        "operator": "GreaterThan",
        "threshold": "0",
        "timeAggregation": "PT5M",
        "metricValue": 1,
    }
    context = {
        "timestamp": "2026-01-05T10:00:00.1714014Z",
        "id": f"{GROUP}/microsoft.insights/metricAlerts/StorageCheck",
        "name": "StorageCheck",
        "conditionType": "SingleResourceMultipleMetricCriteria",
        "severity": "3",
        "condition": {"windowSize": "PT5M", "allOf": [criterion]},
        "resourceName": "diag500",
        "resourceId": DISK,
    }
    return {
        "schemaId": "AzureMonitorMetricAlert",
        "data": {"version": "2.0", "status": status, "context": context},
    }


def activity(operation: str, resource: str = DISK) -> dict[str, Any]:
    entry = {
        "caller": "pat@example.com",
        "eventSource": "Administrative",
        "eventTimestamp": "2026-01-05T10:00:00.762469+00:00",
        "level": "Error",
        "operationName": operation,
        "resourceId": resource,
        "status": "Failed",
    }
    return {
        "schemaId": "Microsoft.Insights/activityLogs",
        "data": {"status": "Activated", "context": {"activityLog": entry}, "properties": {}},
    }


def log_alert(rule: str) -> dict[str, Any]:
    return {
        "schemaId": "Microsoft.Insights/LogAlert",
        "data": {
            "SubscriptionId": "s1",
            "AlertRuleName": rule,
            "SearchQuery": "Perf | where CounterValue > 90",
            "AlertThresholdOperator": "Greater Than",
            "AlertThresholdValue": 0,
            "ResultCount": 2,
            "Severity": "Warning",
            "LinkToSearchResults": "https://portal.azure.com/#Analyticsblade/search/index?q=Usage",
            "WorkspaceId": "w1",
            "AlertType": "Metric measurement",
        },
    }


def health(status: str) -> dict[str, Any]:
    properties = {
        "title": "Connectivity issues - East US",
        "service": "Virtual Machines",
        "region": "East US",
        "communication": "<p>We are <b>investigating</b>.</p>",
        "incidentType": "Incident",
        "trackingId": "ABC1-DEF",
        "stage": status,
    }
    return common(
        "ServiceHealth", {"status": status, "properties": properties}, alertId=f"/subscriptions/s1/{status}"
    )


def resource_health(status: str, previous: str, current: str) -> dict[str, Any]:
    properties = {
        "title": f"The machine is {current}",
        "previousHealthStatus": previous,
        "currentHealthStatus": current,
    }
    return common(
        "Resource Health", {"status": status, "properties": properties}, alertId=f"/subscriptions/s1/{status}"
    )


PAIRS = [
    pytest.param(example("Fired"), example("Resolved"), "CPU of the shop: db-1", id="common"),
    pytest.param(classic("Activated"), classic("Resolved"), "TooManyRequests: mysite1", id="classic"),
    pytest.param(metric("Activated"), metric("Deactivated"), "StorageCheck: diag500", id="metric"),
    pytest.param(
        health("Active"),
        health("Resolved"),
        "CPU of the shop: Connectivity issues - East US",
        id="service-health",
    ),
    pytest.param(
        resource_health("Active", "Available", "Unavailable"),
        resource_health("Resolved", "Unavailable", "Available"),
        "CPU of the shop: The machine is Unavailable",
        id="resource-health",
    ),
]


@pytest.mark.parametrize(("fired", "over", "title"), PAIRS)
def test_an_alert_is_named_and_its_end_resolves_it(fired: Any, over: Any, title: str) -> None:
    before, after = routed(SLUG, fired), routed(SLUG, over)

    assert (before.title, before.resolve) == (title, False)
    assert before.grouping_key is not None
    assert (after.grouping_key, after.resolve) == (before.grouping_key, True)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (metric("Activated"), metric("Activated", "Secondary")),
        (classic("Activated"), classic("Activated", resourceId="/subscriptions/s1/other")),
        (activity("restart"), activity("restart", "/subscriptions/s1/other")),
        (activity("restart"), activity("delete")),
        (log_alert("A"), log_alert("B")),
        (example("Fired"), common("Platform", {}, alertId="/subscriptions/s2/alerts/b")),
    ],
)
def test_two_problems_are_two_groups(one: Any, other: Any) -> None:
    first, second = routed(SLUG, one).grouping_key, routed(SLUG, other).grouping_key
    assert None not in (first, second)
    assert first != second


@pytest.mark.parametrize(
    ("body", "title", "texts", "link"),
    [
        (
            classic("Activated"),
            "TooManyRequests: mysite1",
            ("Requests", "GreaterThanOrEqual 9", "The site is busy", "2026-01-05 10:00:00 UTC"),
            "https://portal.azure.com/#resource/subscriptions/s1/x",
        ),
        (
            activity("Microsoft.Storage/write"),
            "Microsoft.Storage/write: diag500",
            ("Error", "pat@example.com", "Failed"),
            f"https://portal.azure.com/#resource{DISK}",
        ),
        (
            log_alert("Slow"),
            "Slow",
            ("Warning", "Greater Than 0", "where CounterValue"),
            "https://portal.azure.com/#Analyticsblade/search/index?q=Usage",
        ),
        (
            log_alert("Slow")["data"],
            "Slow",
            ("Warning",),
            "https://portal.azure.com/#Analyticsblade/search/index?q=Usage",
        ),
    ],
    ids=["classic", "activity-log", "log", "log-bare"],
)
def test_the_older_schemas_say_what_where_and_how_bad(
    body: Any, title: str, texts: tuple[str, ...], link: str
) -> None:
    shown = card(SLUG, body)

    assert routed(SLUG, body).title == title
    for text in texts:
        assert text in shown.message
    assert shown.source_link == link


def test_a_log_alert_of_today_says_for_whom_it_fired_and_links_to_its_results() -> None:
    criterion = {
        "searchQuery": "Heartbeat",
        "operator": "LowerThan",
        "threshold": "1",
        "dimensions": [{"name": "Computer", "value": "TestComputer"}, None],
        "metricValue": 0.0,
        "linkToFilteredSearchResultsUI": "https://portal.azure.com/results",
    }
    body = common("Log Alerts V2", {"conditionType": "LogQueryCriteria", "condition": {"allOf": [criterion]}})

    shown = card(SLUG, body)
    for text in ("TestComputer", "Heartbeat", "LowerThan 1", "https://portal.azure.com/results"):
        assert text in shown.message


def test_a_budget_and_a_prometheus_rule_are_named() -> None:
    budget = common(
        "CostAlerts",
        {
            "AlertCategory": "budgets",
            "AlertData": {"BudgetName": "shop", "SpentAmount": "$999", "BudgetThreshold": "$50"},
        },
        alertRule=None,
        severity=None,
        configurationItems=["budgets"],
    )
    assert routed(SLUG, budget).title == "shop: budgets"
    assert "$999" in card(SLUG, budget).message
    rule = common("Prometheus", {"labels": {"cluster": "c1"}, "annotations": {"summary": "SQL is away"}})
    assert "SQL is away" in card(SLUG, rule).message


def test_a_service_s_news_is_read_without_its_mark_up() -> None:
    assert "We are investigating." in card(SLUG, health("Active")).message


@pytest.mark.parametrize("inner", [json.dumps, dict])
def test_the_envelope_of_a_runbook_is_opened(inner: Any) -> None:
    body = {"WebhookName": "Alert1515526229589", "RequestBody": inner(example("Fired"))}
    assert routed(SLUG, body).grouping_key == routed(SLUG, example("Fired")).grouping_key


def test_scaling_as_told_is_no_alert_and_an_empty_alert_no_group() -> None:
    with pytest.raises(NotAnAlert):
        type_of(SLUG).split(
            {"version": "1.0", "status": "Activated", "operation": "Scale Out", "context": {}}
        )
    assert routed(SLUG, {"schemaId": "azureMonitorCommonAlertSchema", "data": {}}).grouping_key is None
