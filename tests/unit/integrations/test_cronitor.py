"""Cronitor: one group per monitor and environment."""

from __future__ import annotations

import pytest

from shared.integrations.cronitor import example
from tests.unit.integrations.bodies import card, routed

SLUG = "cronitor"


def test_a_monitor_that_fails_is_named_and_its_recovery_resolves_it() -> None:
    failed, recovered = routed(SLUG, example("ALERT")), routed(SLUG, example("RECOVERY"))

    assert (failed.title, failed.resolve) == ("Nightly backup is failing", False)
    assert (recovered.title, recovered.resolve) == ("Nightly backup recovered", True)
    assert failed.grouping_key == recovered.grouping_key


@pytest.mark.parametrize("other", [{"id": "hourly-backup"}, {"environment": "staging"}], ids=str)
def test_another_monitor_or_environment_is_another_group(other: dict[str, str]) -> None:
    assert (
        routed(SLUG, {**example("ALERT"), **other}).grouping_key
        != routed(SLUG, example("ALERT")).grouping_key
    )


def test_the_message_says_what_where_and_links_to_the_issue() -> None:
    shown = card(SLUG, example("ALERT"))

    for text in ("not_on_schedule", "production", "did not start"):
        assert text in shown.message
    assert shown.source_link == example("ALERT")["issue_url"]


def test_an_old_body_without_environment_is_understood_and_nothing_is_no_group() -> None:
    old = {
        "id": 0,
        "rule": "request_triggered",
        "monitor": "app",
        "description": "Your healthcheck has failed.",
    }

    assert routed(SLUG, old).title == "app is failing"
    assert routed(SLUG, old).grouping_key == "[0,null]"
    assert routed(SLUG, {"type": "ALERT", "environment": "production"}).grouping_key is None
