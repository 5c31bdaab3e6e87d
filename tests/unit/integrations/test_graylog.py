"""Graylog: events of one definition and key are one group; so were the alarms of old."""

from __future__ import annotations

from typing import Any

import pytest

from shared.integrations.graylog import example
from shared.integrations.integration_type import NotAnAlert
from tests.unit.integrations.bodies import card, routed, type_of

SLUG = "graylog"
ALARM: dict[str, Any] = {
    "check_result": {
        "result_description": "Stream had 2 messages in the last 1 minutes: more than 1 messages.",
        "triggered_condition": {
            "id": "5e7a9c8d-9bb1-47b6-b8db-4a3a83a25e0c",
            "type": "MESSAGE_COUNT",
            "created_at": "2026-01-04T10:00:00.000Z",
            "title": "Too many errors",
            "parameters": {"grace": 0, "threshold": 1, "time": 1},
        },
        "triggered_at": "2026-01-05T10:00:00.000Z",
        "triggered": True,
        "matching_messages": [{"message": "POST /checkout 503", "source": "web-1", "fields": {}}],
    },
    "stream": {
        "id": "564f47c41ec8fe7d920ef561",
        "title": "Shop",
        "description": "All of the shop",
        "rules": [],
    },
}


def event(**fields: Any) -> dict[str, Any]:
    return {**example(), "event": {**example()["event"], **fields}}


def test_an_event_is_named_and_its_next_one_is_in_the_same_group() -> None:
    decided = routed(SLUG, example())

    assert (decided.title, decided.resolve) == ("Checkout errors: count()=131.0", False)
    later = event(id="01J", timestamp="2026-01-05T10:05:00Z", message="Checkout errors: count()=9.0")
    assert routed(SLUG, later).grouping_key == decided.grouping_key is not None


@pytest.mark.parametrize(
    "other",
    [
        event(key="web-2", key_tuple=["web-2"], group_by_fields={"host": "web-2"}),
        {**example(), "event_definition_id": "other"},
    ],
)
def test_another_key_or_definition_is_another_group(other: dict[str, Any]) -> None:
    assert routed(SLUG, other).grouping_key != routed(SLUG, example()).grouping_key


def test_the_message_says_where_how_bad_since_when_and_links_to_the_search() -> None:
    shown = card(SLUG, example(), base_url="https://graylog.example.com/")

    for text in ("high", "web-1", "2026-01-05 10:00:00 UTC", "payment provider", "POST /checkout 503"):
        assert text in shown.message
    assert shown.source_link == "https://graylog.example.com/alerts/01HE503PM994BYSAWWWEDD5CTZ/replay-search"
    assert card(SLUG, example()).source_link is None


def test_an_alarm_callback_is_named_by_stream_and_condition() -> None:
    decided = routed(SLUG, ALARM)
    assert decided.title == "Shop: Too many errors"
    assert decided.grouping_key == '["564f47c41ec8fe7d920ef561","5e7a9c8d-9bb1-47b6-b8db-4a3a83a25e0c"]'

    shown = card(SLUG, ALARM, base_url="https://graylog.example.com")
    for text in ("more than 1 messages", "POST /checkout 503", "web-1", "2026-01-05 10:00:00 UTC"):
        assert text in shown.message
    assert shown.source_link == "https://graylog.example.com/streams/564f47c41ec8fe7d920ef561/search"


def test_a_trial_is_no_alert_and_nothing_is_no_group() -> None:
    with pytest.raises(NotAnAlert):
        type_of(SLUG).split({**example(), "event_definition_type": "notification-test-v1"})
    assert routed(SLUG, {"event": {"message": "x"}}).grouping_key is None
