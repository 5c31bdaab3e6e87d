"""Home Assistant: an entity is one group, and what the automation says decides."""

from __future__ import annotations

from typing import Any

import pytest

from shared.errors import Permanent
from shared.integrations.home_assistant import example
from tests.unit.integrations.bodies import routed, type_of
from tests.unit.integrations.promises import assert_apart, assert_resolves, assert_says

SLUG = "home_assistant"
FIRING = example(is_well=False)


@pytest.mark.parametrize("over", [False, "False", "off"])
def test_a_problem_that_is_over_resolves(over: Any) -> None:
    assert_resolves(SLUG, FIRING, {**example(is_well=True), "problem": over})
    assert_resolves(SLUG, {"title": "x", "alert_uid": 0}, {"title": "x", "alert_uid": 0, "status": "ok"})


def test_it_says_what_where_since_when_and_links() -> None:
    assert routed(SLUG, FIRING).title == "Freezer too warm in Kitchen"
    assert_says(
        SLUG,
        FIRING,
        "warmer than -15",
        "critical",
        "2026-01-05 10:00:00 UTC",
        "https://home.example.com/history?entity_id=binary_sensor.freezer_too_warm",
        base_url="https://home.example.com",
    )


def test_entities_and_problems_of_one_are_apart() -> None:
    assert_apart(SLUG, FIRING, {**FIRING, "entity_id": "sensor.other"}, {**FIRING, "alert_uid": "humidity"})


def test_a_rest_notification_is_an_alert_of_its_own() -> None:
    decided = routed(SLUG, {"title": "Garage", "message": "The door is open.", "target": "all"})

    assert (decided.title, decided.grouping_key, decided.resolve) == ("Garage", None, False)


def test_a_body_that_says_nothing_is_refused() -> None:
    with pytest.raises(Permanent, match="entity_id"):
        type_of(SLUG).split({"problem": True})
