"""GitLab's events: what failed on a branch is over with its next success."""

from __future__ import annotations

from typing import Any

import pytest

from shared.errors import Permanent
from shared.integrations.gitlab import example
from tests.unit.integrations.bodies import routed, type_of
from tests.unit.integrations.promises import assert_apart, assert_no_alert, assert_resolves, assert_says

SLUG = "gitlab"
PROJECT = example("failed")["project"]


def build(status: str, **fields: Any) -> dict[str, Any]:
    return {
        "object_kind": "build",
        "ref": "main",
        "tag": False,
        "build_id": 1977,
        "build_name": "test",
        "build_stage": "test",
        "build_status": status,
        "build_finished_at": "2026-01-05 10:00:00 UTC",
        "build_allow_failure": False,
        "build_failure_reason": "script_failure",
        "pipeline_id": 2366,
        "project_id": 380,
        "project_name": "Shop / Cart",
        "project": PROJECT,
        **fields,
    }


def deployment(status: str, **fields: Any) -> dict[str, Any]:
    return {
        "object_kind": "deployment",
        "status": status,
        "status_changed_at": "2026-01-05 11:00:00 +0100",
        "deployable_url": "https://gitlab.example.com/shop/cart/-/jobs/796",
        "environment": "production",
        "environment_tier": "production",
        "project": PROJECT,
        **fields,
    }


def attributes(kind: str, number: int, **fields: Any) -> dict[str, Any]:
    url = f"https://gitlab.example.com/shop/cart/-/alert_management/{number}/details"
    return {"object_kind": kind, "object_attributes": {"url": url, "severity": "high", **fields}}


def alert(status: str, number: int = 1) -> dict[str, Any]:
    return attributes(
        "alert", number, title="Disk full", status=status, events=3, started_at="2026-01-05T10:00:00Z"
    )


def vulnerability(state: str, number: int = 1) -> dict[str, Any]:
    return attributes("vulnerability", number, title="REXML DoS vulnerability", state=state, project_id=50)


def pipeline(status: str, **fields: Any) -> dict[str, Any]:
    sent = example(status)
    return {**sent, "object_attributes": {**sent["object_attributes"], **fields}}


@pytest.mark.parametrize(
    ("firing", "resolved"),
    [
        (example("failed"), example("success")),
        (build("failed"), build("success", build_id=1978, pipeline_id=2367)),
        (deployment("failed"), deployment("success", deployable_url=None)),
        (alert("triggered"), alert("resolved")),
        (alert("triggered"), alert("ignored")),
        (vulnerability("detected"), vulnerability("dismissed")),
    ],
)
def test_a_success_resolves_the_failure(firing: Any, resolved: Any) -> None:
    assert_resolves(SLUG, firing, resolved)


@pytest.mark.parametrize(
    ("body", "texts"),
    [
        (
            example("failed"),
            ("Pipeline Build and test on main in shop/cart: failed", "unit-tests", "script_failure"),
        ),
        (
            build("failed"),
            ("Job test on main in shop/cart: failed", "https://gitlab.example.com/shop/cart/-/jobs/1977"),
        ),
        (
            deployment("failed"),
            ("Deployment to production in shop/cart: failed", "2026-01-05 10:00:00 UTC", "jobs/796"),
        ),
        (
            alert("triggered"),
            ("Disk full: triggered", "high", "2026-01-05 10:00:00 UTC", "alert_management/1/details"),
        ),
        (vulnerability("confirmed"), ("REXML DoS vulnerability: confirmed", "high")),
    ],
)
def test_title_and_message_say_what_where_and_since_when(body: Any, texts: tuple[str, ...]) -> None:
    assert_says(SLUG, body, *texts)


def test_projects_branches_jobs_merge_requests_and_environments_are_apart() -> None:
    assert_apart(
        SLUG,
        example("failed"),
        pipeline("failed", ref="dev"),
        pipeline("failed", source="parent_pipeline"),
        {**example("failed"), "project": {**PROJECT, "id": 0}},
        {**example("failed"), "merge_request": {"iid": 4}},
        build("failed"),
        build("failed", build_name="lint"),
        build("failed", ref="dev"),
        deployment("failed"),
        deployment("failed", environment="staging"),
        alert("triggered"),
        alert("triggered", 2),
        vulnerability("detected"),
    )


def test_a_pipeline_that_runs_again_by_hand_is_the_same() -> None:
    assert_resolves(SLUG, example("failed"), pipeline("success", id=2400, source="web"))


@pytest.mark.parametrize(
    "status", ["pending", "running", "canceled", "skipped", "manual", "created", None, {}]
)
def test_what_is_not_finished_is_no_alert(status: Any) -> None:
    for body in (pipeline(status), build(status), deployment(status)):
        assert_no_alert(SLUG, body, "neither failure nor success")


def test_a_job_that_may_fail_and_other_events_are_no_alerts() -> None:
    assert_no_alert(SLUG, build("failed", build_allow_failure=True), "allowed to")
    assert_no_alert(SLUG, {"object_kind": "push", "event_name": "push"}, "push")
    assert_no_alert(SLUG, {"object_kind": "merge_request"}, "merge_request")
    assert_no_alert(SLUG, {"event_name": "project_create"}, "project_create")


def test_an_acknowledged_alert_acknowledges() -> None:
    assert routed(SLUG, alert("acknowledged")).acknowledge is True
    assert routed(SLUG, alert("triggered")).acknowledge is False


def test_a_body_of_something_else_is_refused() -> None:
    with pytest.raises(Permanent, match="object_kind"):
        type_of(SLUG).split({"text": "hello"})
