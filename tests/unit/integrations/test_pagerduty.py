"""The Events API's three actions on one key, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from shared.errors import Permanent
from shared.integrations.pagerduty import example, faults_of
from tests.unit.integrations.bodies import card, routed, type_of

SLUG = "pagerduty"


def test_trigger_acknowledge_and_resolve_share_their_key() -> None:
    found = [routed(SLUG, example(action)) for action in ("trigger", "acknowledge", "resolve")]

    assert {one.grouping_key for one in found} == {"db1/disk/var"}
    assert [(one.acknowledge, one.resolve) for one in found] == [(False, False), (True, False), (False, True)]


def test_a_resolve_needs_nothing_but_its_key() -> None:
    found = routed(SLUG, {"event_action": "resolve", "dedup_key": "k"})

    assert (found.title, found.grouping_key, found.resolve) == ("k", "k", True)


def test_the_message_says_what_where_and_how_bad() -> None:
    shown = card(SLUG, example("trigger"))

    for text in ("critical", "db1.example.com", "mysql", "2026-01-05 10:00:00 UTC", "2.1 GB"):
        assert text in shown.message
    assert shown.title == "Disk /var on db1 is 97 % full"
    assert shown.source_link == "https://monitoring.example.com/db1"
    assert shown.image_url == "https://graphs.example.com/db1/disk.png"


@pytest.mark.parametrize(
    ("event", "fault"),
    [
        ({}, "event_action"),
        ({"event_action": "fix"}, "event_action"),
        ({"event_action": "resolve"}, "dedup_key"),
        ({"event_action": "trigger", "dedup_key": 5, "payload": {}}, "dedup_key"),
        ({"event_action": "trigger", "dedup_key": "k" * 256, "payload": {}}, "dedup_key"),
        ({"event_action": "trigger"}, "payload"),
        ({"event_action": "trigger", "payload": {"source": "s", "severity": "info"}}, "summary"),
        (
            {"event_action": "trigger", "payload": {"summary": "s", "source": "s", "severity": "bad"}},
            "severity",
        ),
    ],
)
def test_an_event_that_the_api_refuses_is_refused_by_name(event: dict[str, Any], fault: str) -> None:
    assert any(fault in one for one in faults_of(event))
    with pytest.raises(Permanent, match=fault):
        type_of(SLUG).split(event)
