"""Jenkins' builds: one group per job, told apart by its address."""

from __future__ import annotations

from typing import Any

import pytest

from shared.errors import Permanent
from shared.integrations.jenkins import example
from tests.unit.integrations.bodies import routed, type_of
from tests.unit.integrations.promises import assert_apart, assert_no_alert, assert_resolves, assert_says

SLUG = "jenkins"


def build(status: Any, **fields: Any) -> dict[str, Any]:
    sent = example("FAILURE")
    return {**sent, "build": {**sent["build"], "status": status, **fields}}


def from_step(status: str) -> dict[str, Any]:
    """What the pipeline step of the notes posts: the address of the job is absolute."""
    url = "https://jenkins.example.com/job/shop/"
    number = {"FAILURE": "8", "SUCCESS": "9"}[status]
    return {
        "name": "shop",
        "url": url,
        "build": {"number": number, "phase": "FINALIZED", "status": status, "full_url": f"{url}{number}/"},
    }


def test_a_success_resolves_the_failure() -> None:
    assert_resolves(SLUG, example("FAILURE"), example("SUCCESS"))
    assert_resolves(
        SLUG,
        build("UNSTABLE"),
        build("SUCCESS", number=813, full_url="https://jenkins.example.com/job/shop/job/main/813/"),
    )
    assert_resolves(SLUG, from_step("FAILURE"), from_step("SUCCESS"))


def test_it_says_what_failed_and_why() -> None:
    assert routed(SLUG, example("FAILURE")).title == "shop/main #812: FAILURE"
    assert routed(SLUG, from_step("FAILURE")).title == "shop #8: FAILURE"
    assert_says(
        SLUG,
        example("FAILURE"),
        "1 of 120",
        "tests.cart.test_totals",
        "AssertionError: total is 42\nFinished",
        "2026-01-05 10:00:00 UTC",
        "https://jenkins.example.com/job/shop/job/main/812/",
    )


def test_a_relative_link_is_completed_from_the_integrations_base_url() -> None:
    sent = {"name": "shop", "url": "job/shop/", "build": {"status": "FAILURE", "url": "job/shop/3/"}}

    assert_says(SLUG, sent, "https://ci.example.com/job/shop/3/", base_url="https://ci.example.com/")


def test_jobs_of_one_name_in_two_folders_or_two_servers_are_apart() -> None:
    first = example("FAILURE")
    elsewhere = {**build("FAILURE", full_url="https://other.example.com/job/shop/job/main/812/")}

    assert_apart(SLUG, first, {**first, "url": "job/other/job/main/"}, elsewhere)


@pytest.mark.parametrize("status", ["ABORTED", "NOT_BUILT", None, []])
def test_what_neither_failed_nor_succeeded_is_no_alert(status: Any) -> None:
    assert_no_alert(SLUG, build(status), "neither failure nor success")


def test_starts_are_no_alerts_and_other_bodies_refused() -> None:
    assert_no_alert(SLUG, build("SUCCESS", phase="STARTED"), "started")
    with pytest.raises(Permanent, match="build"):
        type_of(SLUG).split({"name": "x"})
