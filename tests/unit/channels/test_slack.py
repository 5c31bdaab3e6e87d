"""One Slack message: within the limits, with the buttons of its state, and found again when lost."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.channels import slack, slack_blocks
from shared.channels.channel import Absent, HttpCall, HttpReply
from shared.domain.delivery import Refused, Retry, Sent
from shared.domain.model import Group
from tests.support.outgoing import ALICE, NOON, a_card, a_group, a_message, acknowledged
from tests.support.slack_limits import problems

SETTINGS = slack.SlackSettings.model_validate({"bot_token": "xoxb-1", "signing_secret": "s"})
STATES: dict[str, Group] = {
    "firing": a_group(),
    "acknowledged": acknowledged(a_group()),
    "silenced": a_group(silenced_at=NOON, silenced_by=ALICE, silenced_until=NOON),
    "resolved": a_group(resolved_at=NOON, resolved_by=ALICE),
}
BUTTONS = {
    "firing": ["acknowledge", "resolve", "silence"],
    "acknowledged": ["unacknowledge", "resolve"],
    "silenced": ["acknowledge", "resolve", "unsilence"],
    "resolved": ["unresolve"],
}
COLOURS = {"firing": "#a30200", "acknowledged": "#daa038", "silenced": "#dddddd", "resolved": "#2eb886"}


def body_of(call: object) -> dict[str, Any]:
    assert isinstance(call, HttpCall)
    assert call.body is not None
    return json.loads(call.body)


def ok(**fields: Any) -> HttpReply:
    return HttpReply(200, {}, json.dumps({"ok": True, **fields}).encode())


def no(error: str) -> HttpReply:
    return HttpReply(200, {}, json.dumps({"ok": False, "error": error}).encode())


@pytest.mark.parametrize("state", STATES)
def test_the_message_shows_the_state_by_colour_and_buttons(state: str):
    body = body_of(slack.post(a_message(STATES[state]), "C0ALERTS", SETTINGS))

    footer = body["attachments"][-1]
    assert footer["color"] == COLOURS[state]
    assert [one["action_id"] for one in footer["blocks"][-1]["elements"]] == BUTTONS[state]
    assert list(problems(body)) == []


def test_the_message_says_who_changed_the_state_and_when():
    line = slack_blocks.state_line(acknowledged(a_group()))

    assert line.startswith("*Acknowledged* by Alice, <!date^")
    assert "2026-01-05 12:00 UTC" in line


def test_a_name_cannot_mention_the_whole_channel():
    group = acknowledged(a_group(), acknowledged_by=ALICE.model_copy(update={"name": "<!channel>"}))

    assert "<!channel>" not in slack_blocks.state_line(group)


def test_a_long_message_is_cut_and_says_so():
    body = body_of(slack.post(a_message(card=a_card(message="x" * 10_000)), "C0ALERTS", SETTINGS))

    text = body["blocks"][1]["text"]["text"]
    assert len(text) <= 3000
    assert "trimmed" in text


def test_an_image_that_slack_cannot_fetch_costs_the_image_not_the_message():
    body = body_of(
        slack.post(a_message(card=a_card(image_url="http://10.0.0.1/x.png")), "C0ALERTS", SETTINGS)
    )

    assert body["attachments"][0]["image_url"] == "http://10.0.0.1/x.png"
    assert not [one for one in body["blocks"] if one["type"] == "image"]
    assert list(problems(body)) == []


@given(title=st.text(max_size=300), text=st.text(max_size=300), count=st.integers(0, 10**9))
def test_slack_takes_whatever_an_alert_says(title: str, text: str, count: int):
    message = a_message(a_group(alerts_count=count), card=a_card(title=title, message=text))

    assert list(problems(body_of(slack.post(message, "C0ALERTS", SETTINGS)))) == []


def test_an_edit_names_the_message_and_carries_the_version():
    body = body_of(slack.edit(a_message(a_group(version=7)), "C0ALERTS:17.000001", SETTINGS))

    assert (body["channel"], body["ts"]) == ("C0ALERTS", "17.000001")
    assert body["metadata"]["event_payload"]["version"] == 7


def test_a_post_is_known_by_channel_and_timestamp():
    assert slack.read(ok(channel="C0ALERTS", ts="17.000001")) == Sent(handle="C0ALERTS:17.000001")


@pytest.mark.parametrize(
    "error", ["channel_not_found", "is_archived", "invalid_auth", "token_revoked", "no_text"]
)
def test_what_only_a_person_can_mend_is_refused(error: str):
    assert slack.read(no(error)) == Refused(f"Slack: {error}")


def test_a_deleted_message_is_gone():
    assert slack.read(no("message_not_found")) == Refused("Slack: message_not_found", gone=True)


def test_slacks_own_troubles_pass():
    assert isinstance(slack.read(no("internal_error")), Retry)
    assert slack.read(HttpReply(429, {"retry-after": "30"})) == Retry("Slack limits the rate", 30.0)


def test_a_lost_post_is_found_by_its_metadata():
    message = a_message()
    mine = {"ts": "3.0", "metadata": slack_blocks.metadata(message).to_dict()}
    other = {"ts": "2.0", "metadata": slack_blocks.metadata(a_message(id="another")).to_dict()}

    assert slack.found(ok(messages=[{"ts": "4.0"}, other, mine]), message, "C0ALERTS") == Sent(
        handle="C0ALERTS:3.0"
    )
    assert slack.found(ok(messages=[other]), message, "C0ALERTS") == Absent()


def test_the_next_page_of_a_channel_is_looked_at_too():
    page = ok(messages=[], response_metadata={"next_cursor": "abc"})

    assert slack.found(page, a_message(), "C0ALERTS") == Absent("abc")
    assert "cursor=abc" in slack.find(a_message(), "C0ALERTS", NOON, "abc", SETTINGS).url


def test_a_note_is_shown_as_plain_text_below_the_title():
    message = a_message(note="debug <!channel> *until* noon " + "x" * 2000)

    body = body_of(slack.post(message, "C042", SETTINGS))

    assert body["blocks"][1]["type"] == "context"
    (note,) = body["blocks"][1]["elements"]
    assert note["type"] == "plain_text"
    assert note["text"].startswith("debug <!channel> *until* noon")
    assert list(problems(body)) == []
