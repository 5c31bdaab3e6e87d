"""Honeycomb: triggers and burn alerts, each one group."""

from __future__ import annotations

from typing import Any

import pytest

from shared.integrations.honeycomb import example
from shared.integrations.integration_type import NotAnAlert
from tests.unit.integrations.bodies import card, routed, type_of

SLUG = "honeycomb"
BURN: dict[str, Any] = {
    "version": "v0.1.0",
    "id": "fS4WfA82ACt",
    "name": "Checkout availability",
    "status": "TRIGGERED",
    "alert_type": "exhaustion_time",
    "exhaustion_minutes": 240,
    "slo": {"name": "Checkout availability", "description": "99.9 % of checkouts"},
    "dataset_name": "api",
    "slo_url": "https://ui.honeycomb.io/shop/environments/prod/datasets/api/slo/yo8JPUKErFE",
}


def test_a_trigger_is_named_and_ok_resolves_it() -> None:
    fired, over = routed(SLUG, example("TRIGGERED")), routed(SLUG, example("OK"))

    assert (fired.title, fired.grouping_key, fired.resolve) == ("Slow checkout", '["HpPzqZtCNA5"]', False)
    assert (over.grouping_key, over.resolve) == (fired.grouping_key, True)


@pytest.mark.parametrize(("status", "resolve"), [("tRiGgErEd", False), ("ok", True)])
def test_a_burn_alert_is_named_by_its_slo(status: str, resolve: bool) -> None:
    decided = routed(SLUG, {**BURN, "status": status})
    assert (decided.title, decided.resolve) == ("Checkout availability", resolve)

    shown = card(SLUG, {**BURN, "status": status})
    assert "240" in shown.message
    assert shown.source_link == BURN["slo_url"]


def test_the_message_says_what_is_over_which_threshold_and_links_to_the_result() -> None:
    shown = card(SLUG, example("TRIGGERED"))

    for text in ("greater than 2000", "endpoint: /checkout = 2400", "payment provider"):
        assert text in shown.message
    assert shown.source_link == example("TRIGGERED")["result_url"]


def test_a_trial_is_no_alert() -> None:
    with pytest.raises(NotAnAlert):
        type_of(SLUG).split({**example("TRIGGERED"), "is_test": True})


def test_without_an_id_the_trigger_s_address_or_its_place_and_name_tell() -> None:
    bare = {name: value for name, value in example("TRIGGERED").items() if name != "id"}

    assert routed(SLUG, bare).grouping_key == f'["{bare["trigger_url"]}"]'
    old = {name: bare[name] for name in ("name", "status")}
    assert routed(SLUG, old).grouping_key != routed(SLUG, {**old, "name": "Other"}).grouping_key
    assert routed(SLUG, {"status": "TRIGGERED"}).grouping_key is None
    assert routed(SLUG, {"id": 0}).grouping_key == "[0]"
