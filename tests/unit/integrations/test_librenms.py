"""LibreNMS' alerts: the options of the notes, and what its own documentation shows."""

from __future__ import annotations

from typing import Any

import pytest

from shared.integrations.librenms import example
from tests.unit.integrations.bodies import routed
from tests.unit.integrations.promises import assert_apart, assert_resolves, assert_says

SLUG = "librenms"
BEGAN = {"title": "Alert for device sw1 - Port down", "msg": "Faults: 1"}
ENDED = {"title": "Device sw1 recovered from Port down", "msg": ""}


@pytest.mark.parametrize(
    ("firing", "resolved"),
    [
        (example("1"), example("0")),
        (BEGAN, ENDED),
        ({**BEGAN, "title": "Alert for device sw1 - Port down got worse"}, ENDED),
        ({"id": 7, "state": 1, "title": "x"}, {"id": 7, "state": 0, "title": "y"}),
        ({"id": 0, "state": 3, "title": "x"}, {"id": 0, "state": "recovered", "title": "y"}),
    ],
)
def test_a_recovery_resolves_the_alert(firing: Any, resolved: Any) -> None:
    assert_resolves(SLUG, firing, resolved)


def test_it_says_what_where_how_bad_and_since_when() -> None:
    assert routed(SLUG, example("1")).title == "core-sw1: Device Down! Due to no ICMP response"
    assert routed(SLUG, BEGAN).title == "sw1: Port down"
    assert_says(
        SLUG,
        example("1"),
        "critical",
        "192.0.2.2",
        "Stockholm, rack 4",
        "2026-01-05 10:00:00 UTC",
        "Faults:",
        "https://nms.example.com/device/17/alerts",
        base_url="https://nms.example.com/",
    )


def test_rules_and_devices_are_apart() -> None:
    assert_apart(
        SLUG,
        example("1"),
        {**example("1"), "alert_id": "0"},
        BEGAN,
        {"title": "Alert for device sw2 - Port down"},
        {"title": "Alert for device sw1 - Fan failed"},
    )
    assert routed(SLUG, {"title": "Something", "msg": "else"}).grouping_key is None


def test_an_acknowledgement_acknowledges() -> None:
    decided = routed(SLUG, {**example("1"), "state": "2"})

    assert (decided.acknowledge, decided.resolve) == (True, False)
    assert decided.grouping_digest == routed(SLUG, example("1")).grouping_digest
