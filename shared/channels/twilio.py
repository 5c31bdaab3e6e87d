"""What SMS and calls by Twilio share: the account, what its answers mean, and what it calls back."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from typing import Literal
from urllib.parse import parse_qs, quote, urlencode, urlsplit
from xml.sax.saxutils import escape, quoteattr

from pydantic import BaseModel, Field, SecretStr

from shared.channels.answers import basic, json_object, line, passing
from shared.channels.callback import Callbacks, Heard, Incoming, Press, Response, Text, Told
from shared.channels.channel import HttpCall, HttpReply, Message, Outcome, Reply, Reports
from shared.channels.short_texts import KEYS, KEYS_TEXT, clean, silence_of
from shared.domain.send_outcome import NoWord, Refused, Report, Retry, Sent
from shared.errors import Permanent
from shared.events import derived_id

_LIMIT_FIELDS = 100
_ASKED_AFTER_S = (60.0, 300.0)
# Codes of refusals that speak of our pace and pass by themselves; every other code is for good.
_PASSING = frozenset({10004, 14107, 20429, 20503, 21611})
_HINTS = {
    20003: "the account SID, key or token is wrong",
    21211: "the number is not valid",
    21214: "the number cannot be called",
    21215: "calls to this country are not allowed for the account",
    21408: "messages to this country are not allowed for the account",
    21608: "a trial account reaches verified numbers only",
    21610: "the person has sent STOP to this number, and must send START",
    21614: "the number takes no SMS",
}
_STATES: dict[str, Literal["sent", "delivered", "read", "failed"]] = {
    "sent": "sent",
    "ringing": "sent",
    "delivered": "delivered",
    "in-progress": "delivered",
    "completed": "delivered",
    "read": "read",
    "undelivered": "failed",
    "failed": "failed",
    "busy": "failed",
    "no-answer": "failed",
    "canceled": "failed",
}


class TwilioSettings(BaseModel):
    """The account; with an API key it is the key that logs in, and the auth token that verifies callbacks."""

    api_url: str = "https://api.twilio.com"
    account_sid: str = Field(default="", description="AC…")
    auth_token: SecretStr = Field(default=SecretStr(""), description="also verifies what Twilio calls back")
    api_key_sid: str = Field(default="", description="SK…; empty: the account's own token logs in")
    api_key_secret: SecretStr = SecretStr("")
    number: str = Field(
        default="", description="our number in E.164, which people are called and written from"
    )
    messaging_service_sid: str = Field(default="", description="MG…: sends SMS in the place of the number")
    timeout_s: float = 15.0


def unready(settings: TwilioSettings) -> str | None:
    """Return what is missing before anybody can be called."""
    for name in ("account_sid", "number"):
        if not getattr(settings, name):
            return f"Twilio is not set up: TOCSIN_TWILIO_{name.upper()} is empty"
    if not settings.auth_token.get_secret_value():
        return "Twilio is not set up: TOCSIN_TWILIO_AUTH_TOKEN is empty"
    return None


def call(resource: str, fields: list[tuple[str, str]], settings: TwilioSettings) -> HttpCall:
    """Describe the creation of a resource of the account."""
    url = f"{_account(settings)}/{resource}.json"
    headers = {**_login(settings), "Content-Type": "application/x-www-form-urlencoded"}
    body = urlencode(fields, errors="replace").encode()
    return HttpCall("POST", url, headers, body, settings.timeout_s, trusted=True)


def reports_of(resource: str) -> Reports[TwilioSettings]:
    """Return how one hears what became of a message or a call: it is called back, and asked in case that fails."""

    def status(handle: str, settings: TwilioSettings) -> HttpCall:
        url = f"{_account(settings)}/{resource}/{quote(handle, safe='')}.json"
        return HttpCall("GET", url, _login(settings), None, settings.timeout_s, trusted=True)

    return Reports(status, _judged, _ASKED_AFTER_S)


def read(reply: Reply) -> Outcome:
    """Judge the answer to a creation; the handle is the SID."""
    judged = passing(reply, "Twilio")
    if not isinstance(judged, HttpReply):
        return judged
    body = json_object(judged)
    if judged.status in (200, 201):
        sid = body.get("sid")
        return Sent(handle=line(sid, 64)) if sid else NoWord("Twilio took it without naming it")
    code = body.get("code")
    said = f"Twilio answered {judged.status}"
    if not isinstance(code, int):
        return Refused(f"{said} and no error code: is the API's address right?")
    detail = _HINTS.get(code) or line(body.get("message", ""))
    return Retry(f"Twilio: {code} {detail}") if code in _PASSING else Refused(f"Twilio: {code} {detail}")


def back_url(message: Message, part: str, **query: str) -> str:
    """Return where Twilio shall call back."""
    return f"{message.callback_url.rstrip('/')}/twilio/{part}?{urlencode(query)}"


def twiml(say: str, keys_url: str = "") -> str:
    """Return the TwiML that says a text, twice with the keys when there are any, and hangs up."""
    spoken = f"<Say>{escape(clean(say))}</Say>"
    if not keys_url:
        return f"<Response>{spoken}<Hangup/></Response>"
    gather = (
        f'<Gather input="dtmf" numDigits="1" timeout="8" method="POST" action={quoteattr(keys_url)}>'
        f"{spoken}<Say>{KEYS_TEXT}</Say></Gather>"
    )
    return f"<Response>{gather}{gather}<Say>Goodbye.</Say></Response>"


def is_authentic(incoming: Incoming, settings: TwilioSettings) -> bool:
    """Whether Twilio signed this request: HMAC-SHA1 over the public URL and the sorted fields."""
    token = settings.auth_token.get_secret_value()
    if not token:
        return False
    expected = signature(incoming.url, _fields(incoming.body), token)
    return hmac.compare_digest(expected.encode(), incoming.headers.get("x-twilio-signature", "").encode())


def signature(url: str, fields: Mapping[str, list[str]], token: str) -> str:
    """Return what Twilio signs a form with; of a field that comes several times, each value once and sorted."""
    text = url + "".join(name + value for name in sorted(fields) for value in sorted(set(fields[name])))
    return base64.b64encode(hmac.digest(token.encode(), text.encode(), "sha1")).decode()


def hear(incoming: Incoming) -> Heard:
    """Return what a callback tells: a key, an SMS, or what became of a message or call."""
    fields = {name: values[-1] for name, values in _fields(incoming.body).items()}
    query = {name: values[-1] for name, values in parse_qs(urlsplit(incoming.url).query).items()}
    match incoming.part:
        case "keys":
            return _pressed(fields, query)
        case "sms":
            return Heard(
                texts=(Text(_needed(fields, "MessageSid"), fields.get("From", ""), fields.get("Body", "")),)
            )
        case "status":
            told = _told(fields, query.get("delivery", ""))
            return Heard(reports=(told,) if told else ())
        case _:
            raise Permanent("Twilio has no such callback")


def answer(incoming: Incoming, words: str) -> Response:
    """Answer in TwiML: spoken on the phone, an SMS back, nothing to a report."""
    if incoming.part == "keys":
        return _xml(twiml(words))
    if incoming.part == "sms":
        return _xml(f"<Response><Message>{escape(clean(words))}</Message></Response>")
    return Response(status=204)


def _pressed(fields: Mapping[str, str], query: Mapping[str, str]) -> Heard:
    digits = fields.get("Digits", "")
    action = KEYS.get(digits, "")
    sid = _needed(fields, "CallSid")
    press = Press(
        id=derived_id("twilio", sid, digits),
        action=action,
        delay_s=silence_of(action),
        ticket=query.get("ticket", ""),
    )
    told = Told(Report("read"), query.get("delivery", ""), sid)
    return Heard(presses=(press,), reports=(told,))


def _told(fields: Mapping[str, str], request_id: str) -> Told | None:
    is_call = "CallStatus" in fields
    said = fields.get("CallStatus" if is_call else "MessageStatus", "")
    handle = _needed(fields, "CallSid" if is_call else "MessageSid")
    report = _report(said, fields.get("ErrorCode", ""))
    return Told(report, request_id, handle) if report else None


def _judged(reply: Reply) -> Report | Retry | Refused:
    judged = passing(reply, "Twilio")
    if not isinstance(judged, HttpReply):
        return judged if isinstance(judged, Retry | Refused) else Retry(judged.reason)
    if judged.status != 200:
        return Refused(f"Twilio answered {judged.status}")
    body = json_object(judged)
    said = str(body.get("status", ""))
    return _report(said, str(body.get("error_code") or "")) or Retry(f"Twilio: {line(said, 40)}")


def _report(said: str, code: str) -> Report | None:
    state = _STATES.get(said)
    if state is None:
        return None
    detail = f" (error {line(code, 10)})" if code and code != "0" else ""
    is_final = state != "sent" and said != "in-progress"
    return Report(state, f"Twilio: {said}{detail}" if state == "failed" else "", is_final)


def _needed(fields: Mapping[str, str], name: str) -> str:
    if not fields.get(name):
        raise Permanent(f"a callback of Twilio without {name}")
    return fields[name]


def _fields(body: bytes) -> dict[str, list[str]]:
    try:
        return parse_qs(body.decode(), keep_blank_values=True, max_num_fields=_LIMIT_FIELDS)
    except ValueError:
        return {}


def _xml(text: str) -> Response:
    return Response(
        200, "text/xml", f'<?xml version="1.0" encoding="UTF-8"?>{text}'.encode("utf-8", "replace")
    )


def _account(settings: TwilioSettings) -> str:
    return f"{settings.api_url.rstrip('/')}/2010-04-01/Accounts/{quote(settings.account_sid, safe='')}"


def _login(settings: TwilioSettings) -> dict[str, str]:
    user, password = settings.account_sid, settings.auth_token
    if settings.api_key_sid:
        user, password = settings.api_key_sid, settings.api_key_secret
    return {"Authorization": basic(user, password.get_secret_value())}


CALLBACKS = Callbacks(is_authentic=is_authentic, hear=hear, answer=answer)
