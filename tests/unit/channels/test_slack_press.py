"""A pressed button: whose, of which group, and truly from Slack."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from shared.channels import slack
from shared.channels.slack_press import press
from shared.errors import Permanent
from tests.support.outgoing import NOON, a_group, a_message
from tests.support.slack_double import SIGNING_SECRET, Shown, SlackDouble, signed

SETTINGS = slack.SlackSettings.model_validate({"bot_token": "xoxb-1", "signing_secret": SIGNING_SECRET})


def interaction(action: str, option: str | None = None) -> bytes:
    call = slack.post(a_message(), "C0ALERTS", SETTINGS)
    return SlackDouble().interaction(Shown("C0ALERTS", "17.000001", json.loads(call.body)), action, option)


def test_a_button_tells_who_wants_what_of_which_group():
    (pressed,) = press(interaction("acknowledge"))

    assert (pressed.action, pressed.group_id, pressed.user_id) == ("acknowledge", a_group().id, "U0ALICE")
    assert pressed.handle == "C0ALERTS:17.000001"


@pytest.mark.parametrize(("option", "delay_s"), [("30 minutes", 1800), ("24 h", 86400), ("for ever", None)])
def test_a_silence_has_the_length_that_was_chosen(option: str, delay_s: int | None):
    (pressed,) = press(interaction("silence", option))

    assert (pressed.action, pressed.delay_s) == ("silence", delay_s)


def test_the_same_press_sent_again_is_the_same_action():
    body = interaction("resolve")

    assert press(body)[0].id == press(body)[0].id


def test_two_presses_are_two_actions():
    assert press(interaction("resolve"))[0].id != press(interaction("acknowledge"))[0].id


@pytest.mark.parametrize(
    "body",
    [b"", b"payload=", b"payload=%5B%5D", b"payload={", b"\xff", b"payload={}&" + b"a=1&" * 50,
     b'payload={"type":"block_actions","user":{"id":"U"},"actions":[{"action_id":"resolve"}]}',
     b'payload={"type":"block_actions","actions":[{"action_id":"resolve","value":"{\\"group_id\\":\\"G\\"}"}]}'],
)  # fmt: skip
def test_what_slack_never_sends_is_refused(body: bytes):
    with pytest.raises(Permanent):
        press(body)


def test_other_interactions_press_nothing():
    assert press(b'payload={"type":"view_closed"}') == ()
    assert press(b'payload={"type":"block_actions","actions":[{"action_id":"other"}]}') == ()


def test_only_slacks_signature_counts():
    body = interaction("resolve")
    good = signed(body, at=NOON.timestamp())

    assert slack.is_authentic(body, good, SETTINGS, NOON)
    assert not slack.is_authentic(body + b" ", good, SETTINGS, NOON)
    assert not slack.is_authentic(body, signed(body, "other", NOON.timestamp()), SETTINGS, NOON)
    assert not slack.is_authentic(body, good, SETTINGS, NOON + timedelta(minutes=6))
    assert not slack.is_authentic(body, {**good, "X-Slack-Request-Timestamp": "now"}, SETTINGS, NOON)
    assert not slack.is_authentic(body, {}, SETTINGS, NOON)


def test_without_a_signing_secret_nothing_is_authentic():
    body = interaction("resolve")

    assert not slack.is_authentic(body, signed(body, at=NOON.timestamp()), slack.SlackSettings(), NOON)
