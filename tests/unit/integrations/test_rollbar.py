"""Rollbar's items: one group each, from the first occurrence to its resolution."""

from __future__ import annotations

from typing import Any

import pytest

from shared.errors import Permanent
from shared.integrations.rollbar import example
from tests.unit.integrations.bodies import routed, type_of
from tests.unit.integrations.promises import assert_apart, assert_no_alert, assert_resolves, assert_says

SLUG = "rollbar"


def item(event: str, **fields: Any) -> dict[str, Any]:
    return {"event_name": event, "data": {"item": {**example(event)["data"]["item"], **fields}}}


@pytest.mark.parametrize(
    "event",
    ["new_item", "occurrence", "exp_repeat_item", "item_velocity", "reactivated_item", "reopened_item"],
)
def test_a_resolution_resolves_every_event_of_the_item(event: str) -> None:
    assert_resolves(SLUG, example(event), example("resolved_item"))


def test_it_says_what_where_how_bad_and_since_when() -> None:
    assert routed(SLUG, example("new_item")).title == "KeyError: 'discount' in production"
    assert_says(
        SLUG,
        example("new_item"),
        "New",
        "error",
        "web1",
        "GET https://shop.example.com/cart",
        "2026-01-05 10:00:00 UTC",
        "https://rollbar.com/occurrence/uuid/?uuid=d2036647-e0b7-4cad-bc98-934831b9b6d1",
    )


def test_an_occurrence_beside_its_item_is_read() -> None:
    again = {"level": "critical", "uuid": "u1", "body": {"message": {"body": "out of stock"}}}
    sent = {"event_name": "occurrence", "data": {"item": {"id": 1, "title": "x"}, "occurrence": again}}

    assert_says(SLUG, sent, "critical", "out of stock", "uuid=u1")


def test_the_number_of_a_level_is_told_as_its_name() -> None:
    assert_says(SLUG, item("item_velocity", last_occurrence=None, level=50), "**Level:** critical")


def test_items_and_projects_are_apart() -> None:
    assert_apart(SLUG, item("new_item"), item("new_item", id=0), item("new_item", project_id=91))
    assert routed(SLUG, item("new_item", id=None)).grouping_key is None


def test_deploys_are_no_alerts_and_other_bodies_refused() -> None:
    assert_no_alert(SLUG, {"event_name": "deploy", "data": {"deploy": {}}}, "deploy")
    with pytest.raises(Permanent, match="event_name"):
        type_of(SLUG).split({})
