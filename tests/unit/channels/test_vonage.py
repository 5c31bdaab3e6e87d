"""Vonage: what is believed of its signed callbacks, and what they tell."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any

import jwt
import pytest
from pydantic import SecretStr

from shared.channels import vonage
from shared.channels.callback import Incoming
from shared.channels.channel import HttpReply
from shared.channels.vonage import VonageSettings
from shared.domain.send_outcome import NoWord, Refused, Report
from shared.errors import Permanent
from tests.support.outgoing import NOON

SECRET = "a-signature-secret-of-at-least-64-bytes-as-the-longest-algorithm-asks"
SETTINGS = VonageSettings(signature_secret=SecretStr(SECRET))


def callback(part: str, body: Any, query: str = "?delivery=D1&ticket=T", **token: Any) -> Incoming:
    raw = json.dumps(body).encode()
    issued = NOON - token.pop("age", timedelta(0))
    claims = {
        "iat": int(issued.timestamp()),
        "payload_hash": hashlib.sha256(raw).hexdigest(),
        **token.pop("claims", {}),
    }
    signed = jwt.encode(claims, token.pop("secret", SECRET), algorithm=token.pop("algorithm", "HS256"))
    headers = {"authorization": f"Bearer {signed}"}
    return Incoming("POST", f"https://t/vonage/{part}{query}", part, headers, raw, NOON)


def test_what_vonage_signed_lately_is_believed():
    assert vonage.is_authentic(callback("sms", {"x": 1}), SETTINGS)


@pytest.mark.parametrize(
    "token",
    [
        {"secret": "another-secret-of-more-than-64-bytes-as-the-longest-algorithm-asks-for"},
        {"age": timedelta(minutes=11)},
        {"age": timedelta(minutes=-11)},
        {"claims": {"payload_hash": "0" * 64}},
        {"claims": {"iat": "soon"}},
        {"algorithm": "none", "secret": None},
        {"algorithm": "HS512"},
    ],
)
def test_anything_else_is_not(token: dict[str, Any]):
    assert not vonage.is_authentic(callback("sms", {"x": 1}, **token), SETTINGS)


def test_without_a_secret_or_a_token_nothing_is_believed():
    assert not vonage.is_authentic(callback("sms", {}, secret="x" * 32), VonageSettings())
    assert not vonage.is_authentic(Incoming("POST", "https://t/", "sms", at=NOON), SETTINGS)


def test_a_key_acts_by_the_ticket_of_the_call_and_no_key_does_nothing():
    pressed = vonage.hear(callback("keys", {"uuid": "U1", "dtmf": {"digits": "3", "timed_out": False}}))
    silent = vonage.hear(callback("keys", {"uuid": "U1", "dtmf": {"digits": "", "timed_out": True}}))

    assert (pressed.presses[0].action, pressed.presses[0].delay_s) == ("silence", 1800)
    assert (pressed.presses[0].ticket, pressed.reports[0].request_id) == ("T", "D1")
    assert silent.presses == ()


def test_an_sms_comes_from_a_number_with_its_plus():
    (text,) = vonage.hear(callback("sms", {"message_uuid": "M1", "from": "4930777", "text": "ack 1"})).texts

    assert (text.sender, text.text) == ("+4930777", "ack 1")


@pytest.mark.parametrize(
    ("body", "report"),
    [
        ({"message_uuid": "M", "status": "delivered"}, Report("delivered", is_final=True)),
        ({"message_uuid": "M", "status": "read"}, Report("read", is_final=True)),
        (
            {"message_uuid": "M", "status": "undeliverable", "error": {"title": "1010"}},
            Report("failed", "Vonage: undeliverable, 1010", is_final=True),
        ),
        ({"uuid": "U", "status": "answered"}, Report("delivered")),
        ({"uuid": "U", "status": "unanswered"}, Report("failed", "Vonage: unanswered", is_final=True)),
    ],
)
def test_a_state_is_reported_for_the_row_that_the_url_names(body: dict[str, Any], report: Report):
    (told,) = vonage.hear(callback("status", body)).reports

    assert (told.report, told.request_id) == (report, "D1")


@pytest.mark.parametrize("part", ["sms", "keys", "odd"])
def test_a_body_that_vonage_does_not_send_is_refused(part: str):
    with pytest.raises(Permanent):
        vonage.hear(callback(part, {}))


def test_an_error_of_unknown_effect_is_not_repeated_and_a_refusal_says_why():
    assert isinstance(vonage.read(HttpReply(500, {}, b"")), NoWord)
    refused = vonage.read(HttpReply(402, {}, b'{"title": "Low balance", "detail": "no money"}'))
    assert refused == Refused("Vonage answered 402: Low balance, no money")
