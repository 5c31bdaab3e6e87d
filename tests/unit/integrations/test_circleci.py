"""CircleCI's events: a workflow or job on a branch is one group."""

from __future__ import annotations

from typing import Any

import pytest

from shared.errors import Permanent
from shared.integrations.circleci import example
from tests.unit.integrations.bodies import routed, type_of
from tests.unit.integrations.promises import assert_apart, assert_no_alert, assert_resolves, assert_says

SLUG = "circleci"


def job(status: str, name: str = "test", **fields: Any) -> dict[str, Any]:
    run = {"id": "8a1b", "name": name, "number": 4, "status": status, "stopped_at": "2026-01-05T10:00:00Z"}
    return {**example("failed"), "type": "job-completed", "job": run, **fields}


def of_gitlab(branch: str) -> dict[str, Any]:
    """A pipeline of GitLab says its branch in the trigger's parameters."""
    return {**example("failed"), "pipeline": {"trigger_parameters": {"git": {"branch": branch}}}}


def test_a_success_resolves_the_failure() -> None:
    assert_resolves(SLUG, example("failed"), example("success"))
    assert_resolves(SLUG, example("error"), example("success"))
    assert_resolves(SLUG, job("failed"), job("success"))


def test_it_says_what_failed_where_and_since_when() -> None:
    assert routed(SLUG, job("failed")).title == "build-test-deploy / test on main in shop: failed"
    assert_says(
        SLUG,
        example("failed"),
        "2026-01-05 10:00:00 UTC",
        "Cart totals with discounts",
        "pipelines/github/example/shop/130",
    )


def test_branches_jobs_and_projects_are_apart() -> None:
    other = {**example("failed"), "project": {"id": "other", "name": "shop"}}

    assert_apart(
        SLUG,
        example("failed"),
        other,
        job("failed"),
        job("failed", "lint"),
        of_gitlab("dev"),
        of_gitlab("rel"),
    )


@pytest.mark.parametrize("status", ["canceled", "unauthorized", "running", None])
def test_what_neither_failed_nor_succeeded_is_no_alert(status: Any) -> None:
    assert_no_alert(SLUG, example(status), "neither failure nor success")


def test_other_events_are_no_alerts_and_other_bodies_refused() -> None:
    assert_no_alert(SLUG, {"type": "ping"}, "ping")
    with pytest.raises(Permanent, match="type"):
        type_of(SLUG).split({})
