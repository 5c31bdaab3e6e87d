"""Rundeck's notifications: one group per job."""

from __future__ import annotations

from typing import Any

import pytest

from shared.errors import Permanent
from shared.integrations.rundeck import example
from tests.unit.integrations.bodies import routed, type_of
from tests.unit.integrations.promises import assert_apart, assert_no_alert, assert_resolves, assert_says

SLUG = "rundeck"


def execution(trigger: str, **fields: Any) -> dict[str, Any]:
    sent = example(trigger)
    return {**sent, "execution": {**sent["execution"], **fields}}


def test_a_success_resolves_the_failure() -> None:
    assert_resolves(SLUG, example("failure"), example("success"))
    assert_resolves(SLUG, example("avgduration"), example("success"))


def test_it_says_what_failed_where_and_since_when() -> None:
    assert routed(SLUG, example("failure")).title == "databases/Nightly backup in shop: failed"
    assert (
        routed(SLUG, example("avgduration")).title
        == "databases/Nightly backup in shop: runs longer than usual"
    )
    assert_says(
        SLUG,
        example("failure"),
        "db1.example.com",
        "2026-01-05 10:00:00 UTC",
        "/project/shop/execution/show/24873",
    )


def test_the_fields_of_notification_plugins_are_known_too() -> None:
    sent = {
        "trigger": "failure",
        "execution": {
            "id": 7,
            "status": "failed",
            "project": "test",
            "href": "http://rundeck.example.com/project/test/execution/follow/7",
            "dateEndedW3c": "2026-01-05T10:00:00Z",
            "job": {"id": "58a0", "name": "testjob", "group": ""},
        },
    }

    assert_says(
        SLUG, sent, "testjob in test: failed", "2026-01-05 10:00:00 UTC", "/project/test/execution/follow/7"
    )


def test_jobs_and_projects_are_apart() -> None:
    assert_apart(
        SLUG,
        example("failure"),
        execution("failure", job={"id": "other", "name": "Nightly backup"}),
        execution("failure", project="other"),
    )


def test_starts_retries_and_aborted_executions_are_no_alerts() -> None:
    assert_no_alert(SLUG, example("start"), "start")
    assert_no_alert(SLUG, example("retryablefailure"), "retryablefailure")
    assert_no_alert(SLUG, {**example("failure"), "status": "aborted"}, "aborted by a person")


def test_a_body_of_something_else_is_refused() -> None:
    with pytest.raises(Permanent, match="JSON"):
        type_of(SLUG).split({})
