"""HCP Terraform's notifications: the runs of a workspace are one group, drift and checks another."""

from __future__ import annotations

from typing import Any

import pytest

from shared.errors import Permanent
from shared.integrations.terraform_cloud import example
from tests.unit.integrations.bodies import routed, type_of
from tests.unit.integrations.promises import assert_apart, assert_no_alert, assert_resolves, assert_says

SLUG = "terraform_cloud"
WORKSPACE = {
    "workspace_id": "ws-XdeUVMWShTesDMME",
    "workspace_name": "shop-prod",
    "organization_name": "example",
}


def workspace_event(trigger: str, message: str = "Drift Detected", **details: Any) -> dict[str, Any]:
    return {
        "payload_version": "2",
        "trigger_scope": trigger.split(":")[0],
        "trigger": trigger,
        "message": message,
        "details": {**WORKSPACE, **details},
    }


def drift(is_there: bool, **fields: Any) -> dict[str, Any]:
    result = {
        "succeeded": True,
        "drifted": is_there,
        "all_checks_succeeded": True,
        "resources_drifted": 4,
        **fields,
    }
    return workspace_event("assessment:drifted", new_assessment_result=result)


def test_a_completed_run_resolves_the_errored_one() -> None:
    assert_resolves(SLUG, example("run:errored"), example("run:completed"))
    assert_resolves(SLUG, example("run:needs_attention"), example("run:completed"))


def test_drift_that_is_gone_resolves() -> None:
    assert_resolves(SLUG, drift(True), drift(False))
    assert routed(SLUG, drift(False, all_checks_succeeded=False)).resolve is False


def test_it_says_which_workspace_what_and_since_when() -> None:
    assert_says(
        SLUG,
        example("run:errored"),
        "example/shop-prod: Run Errored",
        "2026-01-05 10:00:00 UTC",
        "https://app.terraform.io/app/example/shop-prod/runs/run-FwnENkvDnrpyFC7M",
    )
    assert_says(
        SLUG,
        drift(True),
        "example/shop-prod: Drift Detected",
        "4",
        "https://app.terraform.io/app/example/workspaces/shop-prod",
    )


def test_a_destroy_run_that_could_not_be_made_is_an_alert() -> None:
    trigger = "workspace:auto_destroy_results"

    failed = workspace_event(
        trigger, "Auto Destroy Results", run_create_error_message="Configuration version is missing"
    )

    assert_says(SLUG, failed, "Configuration version is missing")
    assert_no_alert(SLUG, workspace_event(trigger, run_status="applied"), "no problem")
    assert_apart(SLUG, failed, drift(True), example("run:errored"))


def test_workspaces_are_apart() -> None:
    assert_apart(SLUG, example("run:errored"), {**example("run:errored"), "workspace_id": "ws-2"})


def test_each_notification_of_a_body_is_one_alert() -> None:
    both = [example(one)["notifications"][0] for one in ("run:planning", "run:errored", "run:completed")]

    alerts = type_of(SLUG).split({**example("run:errored"), "notifications": both})

    assert [one["notifications"][0]["trigger"] for one in alerts] == ["run:errored", "run:completed"]


@pytest.mark.parametrize(
    ("trigger", "reason"), [("verification", "verification"), ("run:applying", "run:applying")]
)
def test_verification_and_progress_are_no_alerts(trigger: str, reason: str) -> None:
    assert_no_alert(SLUG, {**example(trigger), "run_id": None, "workspace_id": None}, reason)


def test_what_people_ended_and_reminders_are_no_alerts() -> None:
    canceled = example("run:errored")
    canceled["notifications"][0]["run_status"] = "canceled"

    assert_no_alert(SLUG, canceled, "by a person")
    assert_no_alert(SLUG, workspace_event("workspace:auto_destroy_reminder"), "no problem")


def test_a_body_of_something_else_is_refused() -> None:
    with pytest.raises(Permanent, match="notifications"):
        type_of(SLUG).split({"notifications": []})
