"""Uptime Kuma: one group per monitor, and the notices that are none."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.errors import Permanent
from shared.integrations.integration_type import NotAnAlert
from shared.integrations.uptime_kuma import example
from tests.unit.integrations.bodies import card, routed, type_of

SLUG = "uptime_kuma"


def as_form(body: Any) -> dict[str, str]:
    return {"data": json.dumps(body)}


@pytest.mark.parametrize("sent", [dict, as_form])
def test_a_monitor_that_is_down_is_named_and_up_resolves_it(sent: Any) -> None:
    down, up = routed(SLUG, sent(example(0))), routed(SLUG, sent(example(1)))

    assert (down.title, down.grouping_key, down.resolve) == ("Shop front page is DOWN", "[7]", False)
    assert (up.title, up.grouping_key, up.resolve) == ("Shop front page is UP", "[7]", True)


def test_the_message_says_where_why_since_when_and_links_to_the_dashboard_or_the_page() -> None:
    shown = card(SLUG, example(0), base_url="https://kuma.example.com")

    for text in ("DOWN", "timeout of 48000ms", "https://shop.example.com/", "2026-01-05 10:00:00 UTC"):
        assert text in shown.message
    assert shown.source_link == "https://kuma.example.com/dashboard/7"
    assert card(SLUG, example(0)).source_link == "https://shop.example.com/"


def test_a_monitor_without_an_address_links_nowhere() -> None:
    body = example(0)
    body["monitor"].update(type="port", url="https://", hostname="db-1.example.com", port=5432)

    shown = card(SLUG, body)
    assert shown.source_link is None
    assert "db-1.example.com:5432" in shown.message


@pytest.mark.parametrize(
    "body",
    [
        {"heartbeat": None, "monitor": None, "msg": "Tocsin Testing"},
        {**example(0), "heartbeat": {"monitorID": 7, "status": 3}},
        {**example(0), "heartbeat": {"monitorID": 7, "status": 2}},
    ],
)
def test_tests_and_states_that_are_no_problem_are_no_alerts(body: Any) -> None:
    with pytest.raises(NotAnAlert):
        type_of(SLUG).split(body)


def test_a_certificate_that_runs_out_is_one_group_however_many_days_are_left() -> None:
    seven, three = (
        {
            "heartbeat": None,
            "monitor": None,
            "msg": f"[Shop][https://shop.example.com] Server certificate will expire in {n} days",
        }
        for n in (7, 3)
    )
    assert routed(SLUG, seven).grouping_key == routed(SLUG, three).grouping_key is not None
    assert routed(SLUG, seven).title == seven["msg"]


def test_two_monitors_are_two_groups_and_nought_is_a_number() -> None:
    other = {**example(0), "monitor": {**example(0)["monitor"], "id": 0}}

    assert routed(SLUG, other).grouping_key == "[0]"
    assert routed(SLUG, {}).grouping_key is None


def test_a_form_that_holds_no_json_is_refused() -> None:
    with pytest.raises(Permanent, match="the field data"):
        type_of(SLUG).split({"data": "nothing"})
