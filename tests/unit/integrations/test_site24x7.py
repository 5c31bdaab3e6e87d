"""Site24x7: one group per monitor, through all its states."""

from __future__ import annotations

from typing import Any

import pytest

from shared.integrations.integration_type import NotAnAlert
from shared.integrations.site24x7 import example
from tests.unit.integrations.bodies import card, routed, type_of

SLUG = "site24x7"


def as_form(body: dict[str, Any]) -> dict[str, Any]:
    return {name: str(value) for name, value in body.items()}


@pytest.mark.parametrize("sent", [dict, as_form])
def test_a_monitor_that_is_down_is_named_and_up_resolves_it(sent: Any) -> None:
    down, up = routed(SLUG, sent(example("DOWN"))), routed(SLUG, sent(example("UP")))

    assert (down.title, down.resolve) == ("Shop front page is DOWN", False)
    assert (up.title, up.resolve) == ("Shop front page is UP", True)
    assert down.grouping_key == up.grouping_key is not None


@pytest.mark.parametrize("status", ["TROUBLE", "CRITICAL"])
def test_trouble_belongs_to_the_same_group(status: str) -> None:
    decided = routed(SLUG, example(status))
    assert (decided.grouping_key, decided.resolve) == ("[107164000000025001]", False)


@pytest.mark.parametrize("status", ["MAINTENANCE", "Suspended"])
def test_maintenance_is_no_alert(status: str) -> None:
    with pytest.raises(NotAnAlert):
        type_of(SLUG).split(example(status))


def test_the_message_says_where_why_since_when_and_links_to_the_monitor() -> None:
    shown = card(SLUG, example("DOWN"))

    for text in (
        "DOWN",
        "Service Unavailable",
        "https://shop.example.com/",
        "2026-01-05 10:00:00 UTC",
        "Frankfurt-DE",
    ):
        assert text in shown.message
    assert shown.source_link == example("DOWN")["MONITOR_DASHBOARD_LINK"]


def test_an_old_body_without_a_number_groups_by_name_and_address() -> None:
    old = {name: value for name, value in example("DOWN").items() if name != "MONITOR_ID"}

    assert routed(SLUG, old).grouping_key != routed(SLUG, {**old, "MONITORURL": "https://b"}).grouping_key
    assert routed(SLUG, {**old, "MONITOR_ID": 0}).grouping_key == "[0]"
    assert routed(SLUG, {"STATUS": "DOWN"}).grouping_key is None
