"""Kibana: an alert of a rule is one group until it has recovered."""

from __future__ import annotations

from typing import Any

import pytest

from shared.integrations.kibana import example
from tests.unit.integrations.bodies import card, routed

SLUG = "kibana"


def flat(group: str) -> dict[str, Any]:
    """Return a body under the names of Elastic's own examples."""
    return {
        "rule_id": "r1",
        "rule_name": "CPU of the shop",
        "alert_id": "web-1",
        "alert_action_group": group,
        "context_message": "CPU usage is 97%",
    }


@pytest.mark.parametrize("shape", [example, flat])
def test_an_alert_is_named_and_its_recovery_resolves_it(shape: Any) -> None:
    fired, recovered = routed(SLUG, shape("metrics.threshold.fired")), routed(SLUG, shape("recovered"))

    assert (fired.title, fired.resolve) == ("CPU of the shop – web-1", False)
    assert (recovered.grouping_key, recovered.resolve) == (fired.grouping_key, True)
    assert "CPU usage is 97%" in card(SLUG, shape("metrics.threshold.fired")).message


@pytest.mark.parametrize(
    "other",
    [
        {"rule": {**example("x")["rule"], "spaceId": "other"}},
        {"rule": {**example("x")["rule"], "id": "other"}},
        {"alert": {"id": "web-2"}},
    ],
    ids=["space", "rule", "alert"],
)
def test_another_space_rule_or_alert_is_another_group(other: dict[str, Any]) -> None:
    assert routed(SLUG, {**example("x"), **other}).grouping_key != routed(SLUG, example("x")).grouping_key


@pytest.mark.parametrize("name", ["*", "query matched"])
def test_an_alert_for_everything_is_named_by_its_rule_alone(name: str) -> None:
    assert routed(SLUG, {**example("x"), "alert": {"id": name}}).title == "CPU of the shop"


def test_the_message_says_since_when_and_where_and_the_link_is_completed() -> None:
    body = example("metrics.threshold.fired")
    shown = card(SLUG, body)
    for text in ("2026-01-05 10:00:00 UTC", "shop,prod", "web-1"):
        assert text in shown.message
    assert shown.source_link == body["rule"]["url"]

    body["rule"]["url"] = ""
    body["context"]["viewInAppUrl"] = "/app/metrics/link-to"
    assert card(SLUG, body, base_url="https://kibana.example.com").source_link == (
        "https://kibana.example.com/app/metrics/link-to"
    )


def test_nothing_that_names_a_rule_is_no_group() -> None:
    assert routed(SLUG, {"context": {"message": "x"}}).grouping_key is None
    assert routed(SLUG, {"rule": {"id": 0}, "alert": {"id": 0}}).grouping_key == '["",0,0]'
