"""What every way out must keep, whichever it is: one suite over all files of shared/channels."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.channels import webhook
from shared.channels.channel import Channel, HttpCall, HttpReply, Reply, SmtpCall, SmtpReply
from shared.channels.registry import CHANNELS
from shared.domain.delivery import NoWord, Refused, Retry, Sent
from tests.support.outgoing import a_card, a_group, a_message
from tests.support.providers import TARGETS as PROVIDERS
from tests.support.vonage_double import private_key

TWILIO = {"twilio_account_sid": "AC1", "twilio_auth_token": "secret", "twilio_number": "+15005550006"}
VONAGE = {
    "vonage_application_id": "A1",
    "vonage_private_key": private_key(),
    "vonage_number": "+447700900000",
}
SETTINGS: dict[str, dict[str, Any]] = {
    "email": {"smtp_host": "127.0.0.1", "smtp_from": "Tocsin <tocsin@example.org>"},
    "slack": {"slack_bot_token": "xoxb-secret", "slack_signing_secret": "s3cret"},
    "webhook": {},
    "twilio_sms": TWILIO,
    "twilio_call": TWILIO,
    "vonage_sms": VONAGE,
    "vonage_call": VONAGE,
    "personal_webhook": {},
    "apprise": {"apprise_url": "http://apprise:8000"},
    "mattermost": {
        "mattermost_url": "https://chat.example.org",
        "mattermost_bot_token": "secret",
        "mattermost_bot_user_id": "b" * 26,
    },
    "ntfy": {"ntfy_token": "tk_secret"},
    "pushover": {"pushover_token": "secret"},
    "telegram": {"telegram_token": "123:secret", "telegram_webhook_secret": "secret"},
}
TARGETS = {
    "email": "alice@example.org",
    "webhook": "https://hooks.example.org/x",
    **{
        slug: one.address(PROVIDERS[slug])
        for slug, one in CHANNELS.items()
        if slug in PROVIDERS and one.address
    },
}
# Their own rule; paths are logged nowhere (shared/http.py names hosts alone).
TAKES_ITS_SECRET_IN_THE_PATH = {"telegram"}
OUTCOMES = (Sent, Retry, Refused, NoWord)


def a_webhook_request(title: str, text: str) -> webhook.Request:
    pieces = webhook.Pieces(TARGETS["webhook"])
    return webhook.request("D-1", "POST", pieces, {"title": title, "text": text}, webhook.Credentials())


def a_card_message(title: str, text: str) -> Any:
    return a_message(a_group(title=title), card=a_card(title=title, message=text))


MAKERS: dict[str, Callable[[str, str], Any]] = {"webhook": a_webhook_request}


def make(channel: Channel[Any, Any], title: str = "Disk full", text: str = "95 %") -> Any:
    return MAKERS.get(channel.slug, a_card_message)(title, text)


def settings_of(channel: Channel[Any, Any]) -> Any:
    return channel.settings_from(SimpleNamespace(**SETTINGS[channel.slug]))


def call_of(channel: Channel[Any, Any], title: str = "Disk full", text: str = "95 %") -> HttpCall | SmtpCall:
    return channel.post(make(channel, title, text), TARGETS[channel.slug], settings_of(channel))


every_channel = pytest.mark.parametrize("channel", CHANNELS.values(), ids=CHANNELS)


def test_every_channel_is_held_by_this_suite():
    assert set(CHANNELS) == set(SETTINGS) == set(TARGETS)


@every_channel
def test_it_is_found_under_the_name_of_its_file(channel: Channel[Any, Any]):
    assert channel.post.__module__ == f"shared.channels.{channel.slug}"
    assert channel.title


@every_channel
def test_it_stands_without_any_setting_and_says_what_is_missing(channel: Channel[Any, Any]):
    missing = channel.unready(channel.settings())

    assert missing is None or missing.strip()
    assert channel.unready(settings_of(channel)) is None


@every_channel
def test_the_same_message_twice_is_the_same_call(channel: Channel[Any, Any]):
    assert call_of(channel) == call_of(channel)


@every_channel
def test_its_call_ends_in_bounded_time_and_names_no_secret_in_the_url(channel: Channel[Any, Any]):
    call = call_of(channel)

    assert 0 < call.timeout_s <= 60
    if channel.slug not in TAKES_ITS_SECRET_IN_THE_PATH:
        assert "secret" not in getattr(call, "url", "")


@every_channel
@settings(max_examples=30)
@given(title=st.text(max_size=400), text=st.text(max_size=400))
def test_no_text_of_an_alert_breaks_it(channel: Channel[Any, Any], title: str, text: str):
    assert call_of(channel, title + "\r\nBcc: eve@example.org\x00\ud800", text + "<b>&\ud800")


@every_channel
def test_a_very_long_alert_still_makes_a_call(channel: Channel[Any, Any]):
    assert call_of(channel, "t" * 50_000, "m" * 200_000)


REPLIES: tuple[Reply, ...] = (
    *(HttpReply(status, {}, body) for status in (200, 204, 302, 400, 404, 429, 500, 503)
      for body in (b"", b"[]", b"null", b"{}", b'{"ok": true}', b'{"ok": false}', b"\xff")),
    HttpReply(429, {"retry-after": "soon"}, b""),
    HttpReply(429, {"retry-after": "\u00b2"}, b""),
    *(SmtpReply(code, "said\r\nmore") for code in (220, 250, 354, 421, 450, 500, 550, 599)),
)  # fmt: skip


@every_channel
@pytest.mark.parametrize("reply", REPLIES, ids=repr)
def test_every_answer_has_one_judgement(channel: Channel[Any, Any], reply: Reply):
    assert isinstance(channel.read(reply), OUTCOMES)


@every_channel
def test_an_overloaded_other_side_is_asked_again(channel: Channel[Any, Any]):
    busy = (
        SmtpReply(451, "later")
        if isinstance(call_of(channel), SmtpCall)
        else HttpReply(429, {"retry-after": "7"})
    )

    outcome = channel.read(busy)

    assert isinstance(outcome, Retry)
    assert outcome.wait_s == (None if isinstance(busy, SmtpReply) else 7.0)
