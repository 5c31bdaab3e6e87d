"""UptimeRobot: one group per monitor, and one for its certificate, however the fields come."""

from __future__ import annotations

from typing import Any

import pytest

from shared.integrations.uptimerobot import example
from tests.unit.integrations.bodies import card, routed

SLUG = "uptimerobot"


def body(alert_type: Any = "1", **fields: Any) -> dict[str, Any]:
    return {**example("1"), "alertType": alert_type, **fields}


@pytest.mark.parametrize("kind", [str, int])
def test_a_monitor_that_is_down_is_named_and_up_resolves_it(kind: type) -> None:
    down, up = routed(SLUG, body(kind("1"))), routed(SLUG, body(kind("2")))

    assert (down.title, down.resolve) == ("Shop front page is DOWN", False)
    assert (up.title, up.resolve) == ("Shop front page is UP", True)
    assert down.grouping_key == up.grouping_key == '["777749809","availability"]'


def test_a_certificate_is_a_problem_of_its_own_that_up_does_not_resolve() -> None:
    expiring = routed(SLUG, body("3", alertTypeFriendlyName="SSL expiry", sslExpiryDaysLeft="7"))

    assert expiring.title == "Shop front page – 7 days of its certificate left"
    assert expiring.grouping_key != routed(SLUG, body("2")).grouping_key
    assert expiring.resolve is False


def test_the_body_of_oncalls_guide_without_a_monitor_id_groups_by_address_and_name() -> None:
    fields = ("monitorURL", "monitorFriendlyName", "alertType", "alertTypeFriendlyName", "alertDetails")
    down = {name: example("1")[name] for name in fields}
    up = {name: example("2")[name] for name in fields}

    assert routed(SLUG, down).grouping_key == routed(SLUG, up).grouping_key is not None
    assert (
        routed(SLUG, down).grouping_key != routed(SLUG, {**down, "monitorFriendlyName": "Other"}).grouping_key
    )


def test_names_in_lower_case_and_placeholders_that_were_left_are_understood() -> None:
    lower = {name.lower(): value for name, value in body(monitorGroup="Shop").items()}

    assert routed(SLUG, lower).title == "Shop front page is DOWN"
    assert "Shop" in card(SLUG, lower).message
    assert routed(SLUG, {"monitorID": "*monitorID*", "monitorURL": "monitorURL"}).grouping_key is None


def test_the_message_says_what_where_since_when_and_links_to_the_monitor() -> None:
    shown = card(SLUG, body())

    for text in ("down", "https://shop.example.com/", "2026-01-05 10:00:00 UTC", "503"):
        assert text in shown.message
    assert shown.source_link == "https://dashboard.uptimerobot.com/monitors/777749809"


def test_a_monitor_number_of_nought_is_a_number() -> None:
    assert routed(SLUG, body(monitorID=0)).grouping_key == '[0,"availability"]'
    assert routed(SLUG, {"alertType": "1"}).grouping_key is None
