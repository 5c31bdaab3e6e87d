"""Kapacitor: an id is one group, a level of OK resolves it."""

from __future__ import annotations

import pytest

from shared.integrations.kapacitor import example
from tests.unit.integrations.bodies import card, routed

SLUG = "kapacitor"


@pytest.mark.parametrize(
    ("level", "resolves"), [("OK", True), ("INFO", False), ("WARNING", False), ("CRITICAL", False)]
)
def test_only_the_level_ok_resolves(level: str, resolves: bool) -> None:
    found = routed(SLUG, {**example("firing"), "level": level})

    assert (found.title, found.grouping_key, found.resolve) == ("cpu/web3", "cpu/web3", resolves)


def test_the_message_says_what_changed_and_where() -> None:
    shown = card(SLUG, example("firing"))

    for text in ("OK → CRITICAL", "host: web3", "2026-01-05 10:00:00 UTC", "cpu/web3 is CRITICAL"):
        assert text in shown.message
    assert "TaskName" not in shown.message
    assert card(SLUG, example("firing"), "phone_call").title == "cpu/web3 is CRITICAL"


def test_details_for_people_are_shown() -> None:
    assert "Call the data team" in card(SLUG, {**example("firing"), "details": "Call the data team"}).message


def test_an_id_of_nought_is_an_id() -> None:
    assert routed(SLUG, {"id": 0}).grouping_key == "0"
    assert routed(SLUG, {"message": "CPU is high"}).grouping_key is None
    assert routed(SLUG, {"message": "CPU is high"}).title == "CPU is high"
