"""Grafana's old alerting: three bodies at one URL, told apart."""

from __future__ import annotations

from typing import Any

import pytest

from shared.errors import Permanent
from shared.integrations.grafana import example
from shared.integrations.integration_type import NotAnAlert
from shared.integrations.legacy_body import example as unified
from tests.unit.integrations.bodies import card, routed, type_of

SLUG = "grafana"


def slack_style(status: str) -> dict[str, Any]:
    """What Grafana's Slack notifier posts."""
    is_firing = status == "firing"
    title = f"[{'Alerting' if is_firing else 'OK'}] Disk /var of db1"
    return {
        "channel": "#ops",
        "text": "",
        "attachments": [
            {
                "color": "#D63232" if is_firing else "#36a64f",
                "title": title,
                "title_link": "https://grafana.example.com/d/hZ7BuVbWz/disks?viewPanel=4",
                "text": "The volume is nearly full.",
                "fallback": title,
                "fields": [{"title": "db1 /var", "value": 97.4, "short": True}],
                "image_url": "https://grafana.example.com/8Jx1.png",
                "footer": "Grafana v8.5.0",
                "ts": 1767607200,
            }
        ],
    }


def test_the_webhook_is_grouped_by_the_rules_name_and_resolved_by_ok() -> None:
    firing, resolved = routed(SLUG, example("firing")), routed(SLUG, example("resolved"))

    assert (firing.title, firing.resolve) == ("[Alerting] Disk /var of db1", False)
    assert (resolved.grouping_key, resolved.resolve) == ("Disk /var of db1", True)
    assert firing.grouping_key == "Disk /var of db1"


def test_the_message_has_the_values_and_telegram_has_the_text_too() -> None:
    shown = card(SLUG, example("firing"))

    for text in ("alerting", "db1 /var: 97.4 (host: db1)", "nearly full", "team: data"):
        assert text in shown.message
    assert shown.source_link == example("firing")["ruleUrl"]
    assert shown.image_url == example("firing")["imageUrl"]
    assert "nearly full" in card(SLUG, example("firing"), "telegram").message
    assert card(SLUG, example("firing"), "sms").title == "Disk /var of db1"


def test_a_slack_style_body_is_read_like_the_webhook() -> None:
    firing, resolved = routed(SLUG, slack_style("firing")), routed(SLUG, slack_style("resolved"))
    shown = card(SLUG, slack_style("firing"))

    assert (firing.grouping_key, firing.resolve) == ("Disk /var of db1", False)
    assert (resolved.grouping_key, resolved.resolve) == ("Disk /var of db1", True)
    assert "db1 /var: 97.4" in shown.message
    assert "nearly full" in shown.message
    assert shown.source_link == "https://grafana.example.com/d/hZ7BuVbWz/disks?viewPanel=4"


@pytest.mark.parametrize(
    ("title", "color", "key", "resolves"),
    [
        ("[FIRING:2] Disk full (db1)", None, "Disk full (db1)", False),
        ("[RESOLVED] Disk full (db1)", None, "Disk full (db1)", True),
        ("[No Data] Disk full", None, "Disk full", False),
        ("Disk full", "#36a64f", "Disk full", True),
        ("Disk full", None, "Disk full", False),
    ],
)
def test_the_state_of_a_slack_style_body_stands_in_its_title_or_colour(
    title: str, color: str | None, key: str, resolves: bool
) -> None:
    found = routed(SLUG, {"attachments": [{"title": title, "color": color}]})

    assert (found.grouping_key, found.resolve) == (key, resolves)


def test_the_unified_body_is_one_alert_for_each_inner_one_and_over_with_the_last() -> None:
    body = unified("firing")
    other = {**body["alerts"][0], "status": "resolved", "fingerprint": "other"}
    body["alerts"].append(other)

    first, second = type_of(SLUG).parts(body, each_instance=False)

    assert (first.payload["labels"]["instance"], second.payload["status"]) == ("db1:9100", "resolved")
    assert (first.instance, second.instance) == ("c6f1b2a3d4e5f607", "other")
    assert routed(SLUG, unified("firing")).grouping_key == "DiskFull"
    assert routed(SLUG, unified("resolved")).resolve


@pytest.mark.parametrize("body", [{"state": "paused"}, {"state": "pending"}, {"alerts": []}])
def test_what_is_no_alert_is_answered_so(body: dict[str, Any]) -> None:
    with pytest.raises(NotAnAlert):
        type_of(SLUG).parts(body, each_instance=False)


def test_an_inner_alert_that_is_no_object_is_refused() -> None:
    with pytest.raises(Permanent, match="JSON objects"):
        type_of(SLUG).split({"alerts": ["disk"]})


def test_a_rule_without_a_name_is_grouped_with_nothing() -> None:
    assert routed(SLUG, {"title": "Disk"}).grouping_key is None
    assert routed(SLUG, {"ruleName": 0}).grouping_key == "0"
