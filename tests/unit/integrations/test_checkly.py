"""Checkly: one group per check, and one for its certificate."""

from __future__ import annotations

from typing import Any

import pytest

from shared.integrations.checkly import NAMES, example
from shared.integrations.integration_type import NotAnAlert
from tests.unit.integrations.bodies import card, routed, type_of

SLUG = "checkly"


def under_variable_names(body: dict[str, Any]) -> dict[str, Any]:
    ours = {value: name for name, value in NAMES.items()}
    return {ours[name]: value for name, value in body.items()}


@pytest.mark.parametrize("sent", [dict, under_variable_names])
def test_a_check_that_failed_is_named_and_its_recovery_resolves_it(sent: Any) -> None:
    failed, recovered = (
        routed(SLUG, sent(example("ALERT_FAILURE"))),
        routed(SLUG, sent(example("ALERT_RECOVERY"))),
    )

    assert (failed.title, failed.resolve) == ("Check Shop front page has failed", False)
    assert (recovered.title, recovered.resolve) == ("Check Shop front page has recovered", True)
    assert failed.grouping_key == recovered.grouping_key


@pytest.mark.parametrize(
    ("alert_type", "resolve"),
    [("ALERT_DEGRADED", False), ("ALERT_DEGRADED_RECOVERY", True), ("ALERT_FAILURE_DEGRADED", False)],
)
def test_a_degraded_check_is_over_when_it_recovers(alert_type: str, resolve: bool) -> None:
    decided = routed(SLUG, example(alert_type))
    assert decided.resolve is resolve
    assert decided.grouping_key == routed(SLUG, example("ALERT_FAILURE")).grouping_key


def test_a_certificate_is_a_problem_of_its_own() -> None:
    expiring = {**example("ALERT_SSL"), "ssl_days_remaining": "7", "ssl_check_domain": "shop.example.com"}

    assert routed(SLUG, expiring).grouping_key != routed(SLUG, example("ALERT_RECOVERY")).grouping_key
    assert "shop.example.com" in card(SLUG, expiring).message


def test_the_message_says_where_why_since_when_and_links_to_the_result() -> None:
    shown = card(SLUG, example("ALERT_FAILURE"))

    for text in ("failure", "received 503", "Frankfurt", "2026-01-05 10:00:00 UTC", "shop,eu"):
        assert text in shown.message
    assert shown.source_link == example("ALERT_FAILURE")["link"]


def test_nothing_to_alert_about_is_no_alert() -> None:
    with pytest.raises(NotAnAlert):
        type_of(SLUG).split(example("NO_ALERT"))


def test_two_checks_of_one_name_are_two_groups_and_without_ids_the_group_tells() -> None:
    failed = example("ALERT_FAILURE")

    assert routed(SLUG, {**failed, "check_id": "other"}).grouping_key != routed(SLUG, failed).grouping_key
    one, other = ({**failed, "check_id": "", "group_name": name} for name in ("a", "b"))
    assert routed(SLUG, one).grouping_key != routed(SLUG, other).grouping_key
    assert routed(SLUG, {"alert_type": "ALERT_FAILURE"}).grouping_key is None
