"""ServiceNow: an incident by a business rule, with display values or plain, or as a record of the Table API."""

from __future__ import annotations

from typing import Any

import pytest

from shared.integrations.servicenow import example
from tests.unit.integrations.bodies import card, routed

SLUG = "servicenow"
PLAIN = {
    "sys_id": "9d385017c611228701d22104cc95c371",
    "number": "INC0010042",
    "short_description": "Mail is not delivered",
    "state": "1",
    "priority": "1",
}
SHAPES: list[dict[str, Any]] = [example("firing"), PLAIN, {"result": PLAIN}, {"incident": PLAIN}]


@pytest.mark.parametrize("body", SHAPES)
def test_every_shape_is_named_grouped_by_its_record_and_not_over(body: dict[str, Any]) -> None:
    found = routed(SLUG, body)

    assert found.title == "INC0010042: Mail is not delivered"
    assert (found.grouping_key, found.resolve) == ('["9d385017c611228701d22104cc95c371"]', False)


@pytest.mark.parametrize(
    ("state", "resolve", "acknowledge"),
    [
        ("1", False, False),
        (2, False, True),
        ("3", False, False),
        ("6", True, False),
        ("7", True, False),
        (8, True, False),
        ("In Progress", False, True),
        ("Resolved", True, False),
        ({"value": "6", "display_value": "Gelöst"}, True, False),
        ({"display_value": "Closed"}, True, False),
        ("", False, False),
    ],
)
def test_the_state_says_whether_it_is_taken_or_over(state: Any, resolve: bool, acknowledge: bool) -> None:
    found = routed(SLUG, {**PLAIN, "state": state})

    assert (found.resolve, found.acknowledge) == (resolve, acknowledge)


def test_the_message_says_where_and_how_bad_and_links_to_the_record() -> None:
    shown = card(SLUG, example("firing"))

    for text in ("New", "1 - Critical", "mail-relay-2", "Messaging", "Outbound mail waits"):
        assert text in shown.message
    link = "https://example.service-now.com/nav_to.do?uri=incident.do%3Fsys_id%3D9d385017c611228701d22104cc95c371"
    assert shown.source_link == link


def test_a_plain_record_is_linked_through_the_integrations_own_base_url() -> None:
    shown = card(SLUG, PLAIN, base_url="https://example.service-now.com")

    assert str(shown.source_link).startswith("https://example.service-now.com/nav_to.do?")


def test_two_incidents_are_two_groups_and_the_number_is_the_next_best() -> None:
    assert routed(SLUG, {**PLAIN, "sys_id": "other"}).grouping_key != routed(SLUG, PLAIN).grouping_key
    assert routed(SLUG, {"number": "INC1"}).grouping_key == '["INC1"]'
    assert routed(SLUG, {"short_description": "x"}).grouping_key is None
    assert routed(SLUG, {"short_description": "x"}).title == "x"
