"""Dynatrace: a problem is one group from OPEN to RESOLVED, whatever of the placeholders its user chose."""

from __future__ import annotations

from typing import Any

import pytest

from shared.integrations.dynatrace import TRIAL, example
from shared.integrations.integration_type import NotAnAlert
from tests.unit.integrations.bodies import card, routed, type_of

SLUG = "dynatrace"
PID = "-6442109876543210123_1767607200000V2"


def details(state: str) -> dict[str, Any]:
    """Return a problem as Dynatrace's API and the placeholder ProblemDetailsJSONv2 have it."""
    return {
        "problemId": PID,
        "displayId": "P-2601123",
        "title": "Failure rate increase",
        "impactLevel": "SERVICES",
        "severityLevel": "ERROR",
        "status": "OPEN" if state == "OPEN" else "CLOSED",
        "affectedEntities": [{"entityId": {"id": "SERVICE-1", "type": "SERVICE"}, "name": "checkout"}],
        "rootCauseEntity": {"entityId": {"id": "HOST-1", "type": "HOST"}, "name": "db-1"},
        "startTime": 1767607200000,
        "endTime": -1,
    }


def nested(state: str) -> dict[str, Any]:
    return {"State": state, "PID": PID, "ProblemDetailsJSONv2": details(state)}


SHAPES = [pytest.param(one, id=one.__name__) for one in (example, details, nested)]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_problem_is_named_and_its_end_resolves_it(shape: Any) -> None:
    opened, over = routed(SLUG, shape("OPEN")), routed(SLUG, shape("RESOLVED"))

    assert (opened.title, opened.resolve) == ("Failure rate increase – checkout", False)
    assert opened.grouping_key == over.grouping_key == f'["{PID}"]'
    assert over.resolve is True


def test_a_problem_that_was_merged_into_another_is_over() -> None:
    assert routed(SLUG, example("MERGED")).resolve is True


def test_the_message_says_how_bad_what_and_links_to_the_problem() -> None:
    shown = card(SLUG, example("OPEN"))

    for text in ("error", "checkout", "P-2601123", "37 %", "team:shop"):
        assert text in shown.message
    assert shown.source_link == example("OPEN")["ProblemURL"]


def test_the_whole_problem_says_its_cause_and_since_when_and_links_by_the_base_address() -> None:
    shown = card(SLUG, details("OPEN"), base_url="https://abc12345.live.dynatrace.com")

    for text in ("db-1", "2026-01-05 10:00:00 UTC"):
        assert text in shown.message
    assert shown.source_link == f"https://abc12345.live.dynatrace.com/#problems/problemdetails;pid={PID}"


def test_a_trial_is_no_alert_and_a_number_of_nought_is_a_number() -> None:
    with pytest.raises(NotAnAlert):
        type_of(SLUG).split({**example("OPEN"), "ProblemTitle": TRIAL})
    assert routed(SLUG, {"PID": 0}).grouping_key == "[0]"
    assert routed(SLUG, {"State": "OPEN"}).grouping_key is None
