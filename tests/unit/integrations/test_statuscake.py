"""StatusCake: one group per test, known by name and address."""

from __future__ import annotations

import pytest

from shared.integrations.statuscake import example
from tests.unit.integrations.bodies import card, rendered, routed

SLUG = "statuscake"


def test_a_test_that_is_down_is_named_and_up_resolves_it() -> None:
    down, up = routed(SLUG, example("Down")), routed(SLUG, example("Up"))

    assert (down.title, down.resolve) == ("Shop front page is DOWN", False)
    assert (up.title, up.resolve) == ("Shop front page is UP", True)
    assert down.grouping_key == up.grouping_key


@pytest.mark.parametrize("field", ["Name", "URL"])
def test_another_name_or_address_is_another_group(field: str) -> None:
    other = {**example("Down"), field: "https://other.example.com/"}
    assert routed(SLUG, other).grouping_key != routed(SLUG, example("Down")).grouping_key


def test_the_message_says_where_how_bad_and_links_to_the_page() -> None:
    shown = card(SLUG, example("Down"))

    for text in ("DOWN", "503", "203.0.113.9", "shop,eu"):
        assert text in shown.message
    assert shown.source_link == "https://shop.example.com/"


def test_the_token_of_the_account_is_shown_nowhere() -> None:
    for one in rendered(SLUG, example("Down")).cards.values():
        assert example("Down")["Token"] not in one.title + one.message


def test_nothing_that_names_a_test_is_no_group() -> None:
    assert routed(SLUG, {"Status": "Down", "Name": "", "URL": ""}).grouping_key is None
