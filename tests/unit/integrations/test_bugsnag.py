"""BugSnag's errors: one group each; what people do to one is told to it."""

from __future__ import annotations

from typing import Any

import pytest

from shared.errors import Permanent
from shared.integrations.bugsnag import example
from tests.unit.integrations.bodies import routed, type_of
from tests.unit.integrations.promises import assert_apart, assert_no_alert, assert_resolves, assert_says

SLUG = "bugsnag"
MANUAL = "errorStateManualChange"
FIRING = example("firstException")


def of_project(kind: str) -> dict[str, Any]:
    """An event that is about no single error."""
    return {"project": FIRING["project"], "trigger": {"type": kind, "message": "Spike in events"}}


@pytest.mark.parametrize(
    "kind", ["firstException", "exception", "powerTen", "errorEventFrequency", "reopened"]
)
@pytest.mark.parametrize("change", ["fixed", "ignored"])
def test_what_is_fixed_or_ignored_resolves(kind: str, change: str) -> None:
    assert_resolves(SLUG, example(kind), example(MANUAL, change))


def test_what_is_snoozed_is_acknowledged_and_what_is_reopened_is_not_over() -> None:
    assert routed(SLUG, example(MANUAL, "snoozed")).acknowledge is True
    assert routed(SLUG, example(MANUAL, "reopened")).resolve is False
    assert routed(SLUG, FIRING).acknowledge is False


def test_it_says_what_where_how_bad_and_since_when() -> None:
    assert routed(SLUG, FIRING).title == "KeyError: key not found: discount in Shop"
    assert_says(
        SLUG,
        FIRING,
        "production",
        "error",
        "cart#total",
        "2026-01-05 10:00:00 UTC",
        "https://app.bugsnag.com/example/shop/errors/518031bcd775355c48a1cd4e",
    )
    assert_says(SLUG, example(MANUAL, "fixed"), "Ann Example")
    assert_says(
        SLUG, of_project("projectSpiking"), "Spike in events in Shop", "https://app.bugsnag.com/example/shop"
    )


def test_errors_projects_and_spikes_are_apart() -> None:
    error = FIRING["error"]

    assert_apart(
        SLUG,
        FIRING,
        {**FIRING, "error": {**error, "errorId": "other"}},
        {**FIRING, "project": {"id": "other", "name": "Shop"}},
        of_project("projectSpiking"),
        of_project("projectSamplingStarted"),
    )


def test_releases_comments_and_other_changes_are_no_alerts() -> None:
    assert_no_alert(SLUG, {"trigger": {"type": "release"}, "release": {}}, "release")
    assert_no_alert(SLUG, example("comment"), "comment")
    assert_no_alert(SLUG, example(MANUAL, "linkIssue"), "linkIssue")
    with pytest.raises(Permanent, match="trigger"):
        type_of(SLUG).split({})
