"""Twilio: the signature of its own example, what its codes and states mean."""

from __future__ import annotations

import json

import pytest

from shared.channels import twilio
from shared.channels.callback import Incoming
from shared.channels.channel import HttpReply
from shared.channels.twilio import TwilioSettings
from shared.domain.send_outcome import NoWord, Refused, Report, Retry
from tests.support.twilio_double import form


def test_the_signature_is_that_of_twilios_own_example():
    """https://www.twilio.com/docs/usage/security#validating-requests"""
    fields = {
        "CallSid": ["CA1234567890ABCDE"],
        "Caller": ["+14158675309"],
        "Digits": ["1234"],
        "From": ["+14158675309"],
        "To": ["+18005551212"],
    }

    made = twilio.signature("https://mycompany.com/myapp.php?foo=1&bar=2", fields, "12345")

    assert made == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def test_without_an_auth_token_nothing_is_believed():
    assert not twilio.is_authentic(Incoming("POST", "https://t/", "sms"), TwilioSettings())


@pytest.mark.parametrize("code", [21211, 21610, 21614, 20003, 99999])
def test_a_refusal_of_the_number_or_the_account_is_for_good(code: int):
    outcome = twilio.read(HttpReply(400, {}, json.dumps({"code": code, "message": "no\r\n"}).encode()))

    assert isinstance(outcome, Refused)
    assert str(code) in outcome.reason


@pytest.mark.parametrize("code", [14107, 21611, 10004])
def test_a_refusal_of_our_pace_passes(code: int):
    assert isinstance(twilio.read(HttpReply(400, {}, json.dumps({"code": code}).encode())), Retry)


def test_an_error_of_unknown_effect_is_not_repeated():
    assert isinstance(twilio.read(HttpReply(500, {}, b"")), NoWord)


@pytest.mark.parametrize(
    ("fields", "report"),
    [
        ({"MessageSid": "SM1", "MessageStatus": "delivered"}, Report("delivered", is_final=True)),
        ({"MessageSid": "SM1", "MessageStatus": "sent"}, Report("sent")),
        (
            {"MessageSid": "SM1", "MessageStatus": "undelivered", "ErrorCode": "30003"},
            Report("failed", "Twilio: undelivered (error 30003)", is_final=True),
        ),
        ({"CallSid": "CA1", "CallStatus": "in-progress"}, Report("delivered")),
        ({"CallSid": "CA1", "CallStatus": "no-answer"}, Report("failed", "Twilio: no-answer", is_final=True)),
        ({"CallSid": "CA1", "CallStatus": "busy"}, Report("failed", "Twilio: busy", is_final=True)),
    ],
)
def test_a_state_is_reported_for_the_row_that_the_url_names(fields: dict[str, str], report: Report):
    incoming = Incoming("POST", "https://t/twilio/status?delivery=D1", "status", {}, form(**fields))

    (told,) = twilio.hear(incoming).reports

    assert (told.report, told.request_id) == (report, "D1")


@pytest.mark.parametrize("status", ["queued", "initiated", "odd"])
def test_a_state_that_means_nothing_yet_is_no_report(status: str):
    body = form(MessageSid="SM1", MessageStatus=status)

    assert twilio.hear(Incoming("POST", "https://t/twilio/status", "status", {}, body)).reports == ()
