"""Slack: a message is a group; what is no new message pages nobody; the challenge is echoed."""

from __future__ import annotations

from typing import Any

import pytest

from shared.integrations.integration_type import NotAnAlert
from shared.integrations.slack import example
from tests.unit.integrations.bodies import card, routed, type_of

SLUG = "slack"


def with_event(**fields: Any) -> dict[str, Any]:
    body = example("firing")
    return {**body, "event": {**body["event"], **fields}}


def edited(**message: Any) -> dict[str, Any]:
    event = {
        "type": "message",
        "subtype": "message_changed",
        "channel": "C024BE91L",
        "message": {"text": "Backup of db1 works again", "ts": "1767607200.000100", **message},
        "ts": "1767610800.000200",
    }
    return {**example("firing"), "event": event}


def test_a_message_is_named_by_its_first_line_and_its_deletion_resolves_it() -> None:
    firing, resolved = (
        routed(SLUG, with_event(text="Backup failed\nno space")),
        routed(SLUG, example("resolved")),
    )

    assert firing.title == "Backup failed"
    assert (firing.resolve, resolved.resolve) == (False, True)
    assert firing.grouping_key == resolved.grouping_key == '["T024BE7LD","C024BE91L","1767607200.000100"]'


def test_the_message_says_who_where_and_when_and_links_to_it() -> None:
    shown, linked = (
        card(SLUG, example("firing")),
        card(SLUG, example("firing"), base_url="https://acme.slack.com"),
    )

    for text in ("backup", "C024BE91L", "2026-01-05 10:00:00 UTC", "no space left"):
        assert text in shown.message
    assert shown.source_link == (
        "https://slack.com/app_redirect?team=T024BE7LD&channel=C024BE91L&message_ts=1767607200.000100"
    )
    assert linked.source_link == "https://acme.slack.com/archives/C024BE91L/p1767607200000100"


def test_a_message_of_attachments_only_is_named_by_the_first() -> None:
    attached = {
        "title": "Build 7 failed",
        "title_link": "https://ci.example.com/7",
        "text": "3 tests",
        "fallback": "x",
    }
    body = with_event(text="", attachments=[attached])

    assert routed(SLUG, body).title == "Build 7 failed"
    assert "https://ci.example.com/7" in card(SLUG, body).message


@pytest.mark.parametrize("medium", ["web", "sms", "telegram", "mobile_app"])
def test_slacks_own_mark_up_and_escapes_are_read_out(medium: str) -> None:
    marked = "Disk &gt; 90 % <https://x.example.com/a|graph> <!channel> <@U1> <#C1|ops> &amp;amp;"
    shown = card(SLUG, with_event(text=marked), medium)

    assert "graph (https://x.example.com/a) @channel @U1 #ops" in shown.title
    assert "&gt;" not in shown.title or medium == "telegram"
    assert "&amp;gt;" not in shown.message


def test_a_mention_in_a_message_calls_nobody_a_second_time() -> None:
    shown = card(SLUG, with_event(text="<!channel> help &lt;!here&gt;"), "slack")

    assert "<!" not in shown.message
    assert "<!" not in shown.title


def test_two_messages_and_the_same_instant_in_two_channels_are_groups_of_their_own() -> None:
    keys = {
        routed(SLUG, body).grouping_key
        for body in (example("firing"), with_event(ts="1767607200.000200"), with_event(channel="C2"))
    }

    assert len(keys) == 3
    assert routed(SLUG, {"event": {"channel": "C1", "text": "x"}}).grouping_key is None


def test_a_bot_that_edits_its_message_stays_in_the_group() -> None:
    found = routed(SLUG, edited(bot_id="B1"))

    assert (found.title, found.grouping_key) == (
        "Backup of db1 works again",
        routed(SLUG, example("firing")).grouping_key,
    )


def test_the_challenge_is_echoed() -> None:
    with pytest.raises(NotAnAlert) as refused:
        type_of(SLUG).split({"token": "t", "challenge": "3eZbrw1a", "type": "url_verification"})

    assert refused.value.answer == {"challenge": "3eZbrw1a"}


@pytest.mark.parametrize(
    "body",
    [
        {"type": "app_rate_limited", "minute_rate_limited": 1767607200},
        with_event(type="reaction_added"),
        with_event(subtype="channel_join"),
        with_event(thread_ts="1767600000.000100"),
        with_event(app_id="A0FFV41KK"),
        with_event(metadata={"event_type": "tocsin_alert_group"}),
        edited(user="U1"),
    ],
)
def test_replies_edits_and_what_tocsin_posts_itself_are_no_alerts(body: dict[str, Any]) -> None:
    with pytest.raises(NotAnAlert) as refused:
        type_of(SLUG).split(body)

    assert refused.value.answer is None
