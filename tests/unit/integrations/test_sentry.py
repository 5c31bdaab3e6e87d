"""Sentry: an issue is one group, whichever webhook tells of it; a metric alert is one per incident."""

from __future__ import annotations

from typing import Any

import pytest

from shared.integrations.integration_type import NotAnAlert
from shared.integrations.sentry import example
from tests.unit.integrations.bodies import card, routed, type_of

SLUG = "sentry"
ACTOR = {"type": "application", "id": "sentry", "name": "Sentry"}
ISSUE_KEY = '["issue","1234567890"]'
EVENT = {
    "culprit": "shop.checkout.pay",
    "datetime": "2026-01-05T10:00:00.677000Z",
    "event_id": "e4874d664c3540c1a32eab185f12c5ab",
    "issue_url": "https://sentry.io/api/0/issues/1234567890/",
    "issue_id": "1234567890",
    "level": "error",
    "metadata": {"type": "TimeoutError", "value": "payment provider did not answer"},
    "project": 1,
    "tags": [["environment", "prod"]],
    "title": "TimeoutError: payment provider did not answer",
    "web_url": "https://sentry.io/organizations/example/issues/1234567890/events/e4874d/",
}
ISSUE_ALERT = {
    "action": "triggered",
    "data": {"event": EVENT, "triggered_rule": "Checkout errors"},
    "actor": ACTOR,
}
ERROR = {"action": "created", "data": {"error": {**EVENT, "issue_id": None}}, "actor": ACTOR}
PLUGIN = {
    "id": "1234567890",
    "project": "shop",
    "project_name": "shop",
    "logger": None,
    "level": "error",
    "culprit": "shop.checkout.pay",
    "message": "TimeoutError: payment provider did not answer",
    "url": "https://sentry.io/organizations/example/issues/1234567890/?referrer=webhooks_plugin",
    "triggering_rules": ["Checkout errors"],
    "event": {**EVENT, "issue_id": None, "issue_url": None},
}


def metric(action: str, number: str = "4") -> dict[str, Any]:
    title = {"critical": "Critical", "warning": "Warning", "resolved": "Resolved"}[action]
    return {
        "action": action,
        "actor": ACTOR,
        "data": {
            "description_text": "1000 events in the last 10 minutes\nFilter: level:error",
            "description_title": f"{title}: Too many errors",
            "metric_alert": {
                "alert_rule": {
                    "id": "7",
                    "name": "Too many errors",
                    "aggregate": "count()",
                    "environment": None,
                },
                "date_started": "2026-01-05T10:00:00.000000Z",
                "id": number,
                "identifier": "1",
                "projects": ["shop"],
                "status": 2,
            },
            "web_url": "https://sentry.io/organizations/example/alerts/1/",
        },
    }


@pytest.mark.parametrize("body", [example("firing"), ISSUE_ALERT, ERROR, PLUGIN])
def test_every_webhook_about_an_issue_is_named_grouped_and_linked_alike(body: dict[str, Any]) -> None:
    found, shown = routed(SLUG, body), card(SLUG, body)

    assert found.title == "TimeoutError: payment provider did not answer"
    assert (found.grouping_key, found.resolve) == (ISSUE_KEY, False)
    for text in ("error", "shop.checkout.pay", "2026-01-05 10:00:00 UTC"):
        assert text in shown.message
    assert shown.source_link is not None
    assert "/issues/1234567890/" in shown.source_link


@pytest.mark.parametrize(
    ("action", "resolve", "acknowledge"),
    [
        ("created", False, False),
        ("unresolved", False, False),
        ("assigned", False, True),
        ("resolved", True, False),
        ("archived", True, False),
        ("ignored", True, False),
    ],
)
def test_the_action_says_whether_an_issue_is_taken_or_over(
    action: str, resolve: bool, acknowledge: bool
) -> None:
    found = routed(SLUG, {**example("firing"), "action": action})

    assert (found.resolve, found.acknowledge) == (resolve, acknowledge)


def test_a_metric_alert_is_one_group_for_each_incident() -> None:
    firing, resolved = routed(SLUG, metric("critical")), routed(SLUG, metric("resolved"))
    shown = card(SLUG, metric("critical"))

    assert (firing.title, firing.grouping_key) == ("Too many errors", '["metric_alert","4"]')
    assert (resolved.grouping_key, resolved.resolve) == (firing.grouping_key, True)
    assert routed(SLUG, metric("critical", "5")).grouping_key != firing.grouping_key
    for text in ("critical", "shop", "1000 events", "2026-01-05 10:00:00 UTC"):
        assert text in shown.message
    assert shown.source_link == "https://sentry.io/organizations/example/alerts/1/"


@pytest.mark.parametrize(
    "data",
    [
        {"comment": "looking", "comment_id": "1", "issue_id": "1"},
        {"installation": {"status": "pending"}},
        {"issue": {"id": "1"}, "activity": {"type": "seer_root_cause_completed"}, "alert": {"id": 10}},
    ],
)
def test_comments_installations_and_seer_are_no_alerts(data: dict[str, Any]) -> None:
    with pytest.raises(NotAnAlert):
        type_of(SLUG).split({"action": "created", "data": data})


def test_an_id_of_nought_is_an_id_and_without_one_nothing_groups() -> None:
    assert routed(SLUG, {"data": {"issue": {"id": 0}}}).grouping_key == '["issue",0]'
    assert routed(SLUG, {"data": {"issue": {"title": "x"}}}).grouping_key is None
