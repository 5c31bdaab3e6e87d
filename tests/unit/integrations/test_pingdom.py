"""Pingdom's state changes: one group per check, whatever else changes."""

from __future__ import annotations

import pytest

from shared.integrations.pingdom import example
from tests.unit.integrations.bodies import card, routed

SLUG = "pingdom"


def test_a_check_that_is_down_is_named_and_one_that_is_up_resolves_it() -> None:
    down, up = routed(SLUG, example("firing")), routed(SLUG, example("resolved"))

    assert (down.title, down.resolve) == ("Shop front page is DOWN", False)
    assert (up.title, up.resolve) == ("Shop front page is UP", True)
    assert down.grouping_digest == up.grouping_digest


def test_two_checks_of_one_name_are_two_groups() -> None:
    other = {**example("firing"), "check_id": 4712}

    assert routed(SLUG, example("firing")).grouping_key != routed(SLUG, other).grouping_key


@pytest.mark.parametrize(("state", "resolves"), [("SUCCESS", True), ("FAILING", False), ("UNKNOWN", False)])
def test_a_transaction_check_succeeds_or_fails(state: str, resolves: bool) -> None:
    assert routed(SLUG, {**example("firing"), "current_state": state}).resolve is resolves


def test_the_message_says_where_how_bad_since_when_and_links_to_the_report() -> None:
    shown = card(SLUG, example("firing"))

    for text in ("DOWN", "HIGH", "https://shop.example.com/", "2026-01-05 10:00:00 UTC", "503", "Stockholm"):
        assert text in shown.message
    assert shown.source_link == "https://my.pingdom.com/app/reports/uptime#check=4711"


def test_a_check_number_of_nought_is_a_number() -> None:
    assert routed(SLUG, {"check_id": 0}).grouping_key == "[0]"
    assert routed(SLUG, {}).grouping_key is None
