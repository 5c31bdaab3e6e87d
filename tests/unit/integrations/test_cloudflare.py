"""Cloudflare: notifications start and end, or change from healthy to not and back."""

from __future__ import annotations

from typing import Any

import pytest

from shared.integrations.cloudflare import example
from shared.integrations.integration_type import NotAnAlert
from tests.unit.integrations.bodies import card, routed, type_of

SLUG = "cloudflare"


def notification(alert_type: str, event: str = "ALERT_STATE_EVENT_START", **data: Any) -> dict[str, Any]:
    return {**example("Unhealthy"), "alert_type": alert_type, "alert_event": event, "data": data}


def test_a_health_check_is_named_and_resolves_when_it_is_healthy() -> None:
    bad, good = routed(SLUG, example("Unhealthy")), routed(SLUG, example("Healthy"))

    assert (bad.title, bad.resolve) == ("Shop origin health: Shop origin Unhealthy", False)
    assert (good.grouping_key, good.resolve) == (bad.grouping_key, True)


def test_an_attack_is_one_group_from_start_to_end() -> None:
    attack = {
        "attack_id": "a1",
        "attack_vector": "SYN flood",
        "max_rate": "12 Gbps",
        "target_ip": "203.0.113.9",
        "start_time": "2026-01-05T10:00:00Z",
        "dashboard_link": "https://dash.cloudflare.com/a/attack",
    }
    start = notification("advanced_ddos_attack_l4_alert", **attack)
    end = notification("advanced_ddos_attack_l4_alert", "ALERT_STATE_EVENT_END", **attack)

    assert routed(SLUG, start).title == "Shop origin health: 203.0.113.9"
    assert routed(SLUG, start).grouping_key == routed(SLUG, end).grouping_key
    assert (routed(SLUG, start).resolve, routed(SLUG, end).resolve) == (False, True)
    shown = card(SLUG, start)
    assert "SYN flood" in shown.message
    assert "12 Gbps" in shown.message
    assert shown.source_link == "https://dash.cloudflare.com/a/attack"


@pytest.mark.parametrize(
    ("status", "resolve"), [("TUNNEL_STATUS_TYPE_DOWN", False), ("TUNNEL_STATUS_TYPE_HEALTHY", True)]
)
def test_a_tunnel_is_known_by_its_id(status: str, resolve: bool) -> None:
    decided = routed(
        SLUG, notification("tunnel_health_event", tunnel_id="t1", tunnel_name="shop", new_status=status)
    )
    assert (decided.grouping_key, decided.resolve) == ('["tunnel_health_event","t1"]', resolve)


def test_two_policies_of_one_account_and_two_zones_of_one_policy_are_two_groups() -> None:
    bare = {**notification("http_alert_origin_error", zone_name="a"), "alert_correlation_id": ""}
    keys = {
        routed(SLUG, one).grouping_key
        for one in (bare, {**bare, "policy_id": "p2"}, {**bare, "data": {"zone_name": "b"}})
    }
    assert len(keys) == 3
    assert routed(SLUG, {"name": "x", "text": "y", "account_id": "a"}).grouping_key is None


def test_the_message_says_where_why_and_since_when() -> None:
    shown = card(SLUG, example("Unhealthy"))
    for text in (
        "Unhealthy",
        "shop.example.com",
        "Response code mismatch",
        "203.0.113.9",
        "2026-01-05 10:00:00 UTC",
    ):
        assert text in shown.message


def test_the_trial_of_a_webhook_is_no_alert() -> None:
    text = "Hello World! This is a test message sent from https://cloudflare.com."
    with pytest.raises(NotAnAlert):
        type_of(SLUG).split({"text": text})
