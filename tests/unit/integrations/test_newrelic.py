"""New Relic: issues of workflows, and the incidents of the webhook channel before them."""

from __future__ import annotations

from typing import Any

import pytest

from shared.integrations.newrelic import example
from tests.unit.integrations.bodies import card, routed

SLUG = "newrelic"


def incident(state: str, number: Any = 4711) -> dict[str, Any]:
    """What the old notification channel sends by default."""
    return {
        "account_id": 123456,
        "account_name": "Example",
        "condition_id": 987,
        "condition_name": "Apdex (Low)",
        "current_state": state,
        "details": "Apdex < 0.80 for at least 10 minutes",
        "event_type": "INCIDENT",
        "incident_acknowledge_url": "https://alerts.newrelic.com/accounts/123456/incidents/4711/acknowledge",
        "incident_id": number,
        "incident_url": "https://alerts.newrelic.com/accounts/123456/incidents/4711",
        "owner": "",
        "policy_name": "Shop",
        "policy_url": "https://alerts.newrelic.com/accounts/123456/policies/99",
        "runbook_url": "https://runbooks.example.com/apdex",
        "severity": "CRITICAL",
        "targets": [
            {"id": "1", "name": "checkout-prod", "link": "https://rpm.newrelic.com/1", "type": "Application"}
        ],
        "timestamp": 1767607200000,
    }


def test_an_issue_is_named_and_closing_it_resolves_it() -> None:
    firing, resolved = routed(SLUG, example("firing")), routed(SLUG, example("resolved"))

    assert firing.title == example("firing")["title"]
    assert (firing.resolve, resolved.resolve) == (False, True)
    assert firing.grouping_digest == resolved.grouping_digest


def test_an_issues_message_says_where_how_bad_and_since_when() -> None:
    shown = card(SLUG, example("firing"))

    for text in (
        "ACTIVATED",
        "CRITICAL",
        "checkout-prod",
        "Checkout latency",
        "Shop",
        "2026-01-05 10:00:00 UTC",
    ):
        assert text in shown.message
    assert shown.source_link == example("firing")["issueUrl"]


def test_an_incident_is_named_by_its_condition_and_details_and_grouped_by_its_number() -> None:
    firing, resolved, shown = (
        routed(SLUG, incident("open")),
        routed(SLUG, incident("closed")),
        card(SLUG, incident("open")),
    )

    assert firing.title == "Apdex (Low): Apdex < 0.80 for at least 10 minutes"
    assert (firing.grouping_key, resolved.resolve) == ("[123456,4711]", True)
    assert firing.grouping_key == resolved.grouping_key
    for text in (
        "CRITICAL",
        "checkout-prod",
        "https://runbooks.example.com/apdex",
        "2026-01-05 10:00:00 UTC",
    ):
        assert text in shown.message


@pytest.mark.parametrize(
    ("body", "acknowledges"),
    [
        (incident("acknowledged"), True),
        (incident("open"), False),
        ({**example("firing"), "state": "ACKNOWLEDGED"}, True),
        ({**example("firing"), "trigger": "ISSUE_ACKNOWLEDGED"}, True),
    ],
)
def test_acknowledging_in_new_relic_acknowledges(body: dict[str, Any], acknowledges: bool) -> None:
    assert routed(SLUG, body).acknowledge is acknowledges


def test_two_issues_are_two_groups_and_so_are_incidents_of_two_accounts() -> None:
    bodies = (example("firing"), {**example("firing"), "id": "other"}, incident("open"))
    keys = {routed(SLUG, body).grouping_key for body in (*bodies, {**incident("open"), "account_id": 2})}

    assert len(keys) == 4


def test_a_channel_that_was_moved_over_says_minus_one_and_is_grouped_by_its_address() -> None:
    one, other = incident("open", -1), {**incident("open", -1), "incident_url": "https://radar.example.com/2"}

    assert routed(SLUG, one).grouping_key != routed(SLUG, other).grouping_key
    assert "4711" in str(routed(SLUG, one).grouping_key)


def test_an_incident_number_of_nought_is_a_number() -> None:
    assert routed(SLUG, {"incident_id": 0}).grouping_key == "[null,0]"
    assert routed(SLUG, {"title": "x"}).grouping_key is None
