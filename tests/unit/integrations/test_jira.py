"""Jira: an issue is a group, known by its key."""

from __future__ import annotations

from typing import Any

import pytest

from shared.integrations.integration_type import NotAnAlert
from shared.integrations.jira import example
from tests.unit.integrations.bodies import card, routed, type_of

SLUG = "jira"


def with_status(name: str, category: str = "indeterminate") -> dict[str, Any]:
    body = example("firing")
    body["webhookEvent"] = "jira:issue_updated"
    body["issue"]["fields"]["status"] = {"name": name, "statusCategory": {"key": category}}
    return body


def test_an_issue_is_named_by_its_key_and_summary_and_grouped_by_the_plain_key() -> None:
    firing, resolved = routed(SLUG, example("firing")), routed(SLUG, example("resolved"))

    assert (firing.title, firing.grouping_key) == ("OPS-42: Customers cannot pay by card", "OPS-42")
    assert (resolved.grouping_key, resolved.resolve) == ("OPS-42", True)


@pytest.mark.parametrize(
    ("status", "category", "resolve", "acknowledge"),
    [
        ("Work in progress", "indeterminate", False, True),
        ("In Progress", "indeterminate", False, True),
        ("Waiting for customer", "indeterminate", False, False),
        ("Erledigt", "done", True, False),
        ("Closed", "", True, False),
        ("Open", "new", False, False),
    ],
)
def test_the_status_says_whether_it_is_taken_or_over(
    status: str, category: str, resolve: bool, acknowledge: bool
) -> None:
    found = routed(SLUG, with_status(status, category))

    assert (found.resolve, found.acknowledge) == (resolve, acknowledge)


def test_an_issue_that_is_deleted_is_over() -> None:
    assert routed(SLUG, {**example("firing"), "webhookEvent": "jira:issue_deleted"}).resolve


def test_automation_sends_the_issue_alone() -> None:
    found = routed(SLUG, example("firing")["issue"])

    assert (found.title, found.grouping_key) == ("OPS-42: Customers cannot pay by card", "OPS-42")
    assert card(SLUG, example("firing")["issue"]).source_link == "https://example.atlassian.net/browse/OPS-42"


def test_the_message_says_how_bad_since_when_and_by_whom() -> None:
    shown = card(SLUG, example("firing"))

    for text in (
        "Open",
        "Highest",
        "Incident",
        "Operations",
        "Alice Example",
        "2026-01-05 10:00:00 UTC",
        "503",
    ):
        assert text in shown.message
    assert shown.source_link == "https://example.atlassian.net/browse/OPS-42"


def test_the_link_keeps_the_path_under_which_a_data_center_runs() -> None:
    body = example("firing")
    body["issue"]["self"] = "https://it.example.com/jira/rest/api/2/issue/10042"

    assert card(SLUG, body).source_link == "https://it.example.com/jira/browse/OPS-42"


@pytest.mark.parametrize(
    "change",
    [
        {"webhookEvent": "comment_created"},
        {"webhookEvent": "jira:worklog_updated"},
        {"webhookEvent": "sprint_started"},
        {"webhookEvent": "jira:issue_updated", "issue_event_type_name": "issue_commented"},
        {"webhookEvent": "jira:issue_updated", "issue_event_type_name": "issue_comment_edited"},
    ],
)
def test_comments_and_work_logs_are_no_alerts(change: dict[str, str]) -> None:
    with pytest.raises(NotAnAlert):
        type_of(SLUG).split({**example("firing"), **change})


def test_an_issue_without_a_key_is_grouped_by_its_number() -> None:
    assert routed(SLUG, {"issue": {"id": 0}}).grouping_key == "0"
    assert routed(SLUG, {"issue": {"fields": {"summary": "x"}}}).grouping_key is None
