"""Plays Twilio's REST API (2010-04-01) by its documented rules, and its callbacks: keys, SMS and states, signed.

Rules: form bodies, Basic login, E.164 numbers, up to 1600 characters in an SMS, TwiML that is well-formed XML of known
verbs in up to 4000 characters, absolute callback URLs. https://www.twilio.com/docs/usage/security for signatures.
"""

from __future__ import annotations

import base64
import hmac
import re
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from xml.etree import ElementTree

import aiohttp

from tests.support.http_double import Call, HttpDouble, Violation

SID = "AC" + "0" * 32
TOKEN = "double-auth-token"
NUMBER = "+15005550006"
_E164 = re.compile(r"\+[1-9]\d{1,14}")
_MESSAGE = {"To", "From", "MessagingServiceSid", "Body", "StatusCallback"}
_CALL = {"To", "From", "Twiml", "Timeout", "StatusCallback", "StatusCallbackMethod", "StatusCallbackEvent"}
_EVENTS = {"initiated", "ringing", "answered", "completed"}
_VERBS = {
    "Response": set(),
    "Say": {"voice", "language", "loop"},
    "Gather": {"input", "numDigits", "timeout", "method", "action", "finishOnKey"},
    "Hangup": set(),
    "Message": set(),
}
Fields = dict[str, list[str]]


class TwilioDouble(HttpDouble):
    """`taken` are the accepted resources: {sid, kind, fields, status}."""

    @property
    def settings(self) -> dict[str, Any]:
        return {
            "twilio_api_url": self.url,
            "twilio_account_sid": SID,
            "twilio_auth_token": TOKEN,
            "twilio_number": NUMBER,
        }

    def limited(self) -> tuple[int, Any]:
        return 429, _error(20429, "Too Many Requests", 429)

    def locked(self) -> tuple[int, Any]:
        return 401, _error(20003, "Authenticate", 401)

    def refusal(self) -> tuple[int, Any]:
        return 400, _error(21610, "Attempt to send to unsubscribed recipient")

    def serve(self, call: Call) -> tuple[int, Any]:
        expected = "Basic " + base64.b64encode(f"{SID}:{TOKEN}".encode()).decode()
        if call.headers.get("authorization") != expected:
            raise Violation(401, _error(20003, "Authenticate", 401))
        found = re.fullmatch(rf"/2010-04-01/Accounts/{SID}/(Messages|Calls)(?:/(\w+))?\.json", call.path)
        if found is None:
            raise Violation(404, _error(20404, "not found", 404))
        if call.method == "GET":
            return self._fetched(found[2])
        return self._created(found[1], call)

    def _fetched(self, sid: str) -> tuple[int, Any]:
        for one in self.taken:
            if one["sid"] == sid:
                return 200, {"sid": sid, "status": one["status"], "error_code": one.get("error_code")}
        return 404, _error(20404, "not found", 404)

    def _created(self, kind: str, call: Call) -> tuple[int, Any]:
        if call.headers.get("content-type") != "application/x-www-form-urlencoded":
            raise Violation(400, _error(20001, "not a form"))
        fields = parse_qs(call.body.decode("ascii"), keep_blank_values=True, strict_parsing=True)
        _check_shared(fields, _MESSAGE if kind == "Messages" else _CALL)
        (_check_message if kind == "Messages" else _check_call)(fields)
        sid = ("SM" if kind == "Messages" else "CA") + f"{len(self.taken):032x}"
        self.taken.append({"sid": sid, "kind": kind, "fields": fields, "status": "queued"})
        return 201, {"sid": sid, "status": "queued", "error_code": None}

    async def press(self, taken: dict[str, Any], digit: str) -> tuple[int, str]:
        """The person presses a key in the call; return what is answered."""
        gather = ElementTree.fromstring(taken["fields"]["Twiml"][0]).find("Gather")
        assert gather is not None
        fields = {"CallSid": taken["sid"], "Digits": digit, "To": taken["fields"]["To"][0], "From": NUMBER}
        return await self.post(gather.attrib["action"], fields)

    async def write(self, url: str, sender: str, text: str, sid: str = "SM-in-1") -> tuple[int, str]:
        """The person sends an SMS to our number, whose messaging webhook is `url`."""
        return await self.post(url, {"MessageSid": sid, "From": sender, "To": NUMBER, "Body": text})

    async def report(self, taken: dict[str, Any], status: str, **more: str) -> tuple[int, str]:
        """Twilio tells what became of a message or a call."""
        names = ("MessageSid", "MessageStatus") if taken["kind"] == "Messages" else ("CallSid", "CallStatus")
        fields = dict(zip(names, (taken["sid"], status), strict=True)) | more
        return await self.post(taken["fields"]["StatusCallback"][0], fields)

    async def post(self, url: str, fields: dict[str, str], token: str = TOKEN) -> tuple[int, str]:
        """Call back, signed with the URL as it was given to us."""
        headers = {"X-Twilio-Signature": signed(url, fields, token)}
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.there(url), data=fields, headers=headers) as answer,
        ):
            text = await answer.text()
            if answer.content_type == "text/xml":
                check_twiml(text)
            return answer.status, text


def signed(url: str, fields: dict[str, str], token: str = TOKEN) -> str:
    """Return the signature of a form, by Twilio's description of it."""
    text = url + "".join(f"{name}{fields[name]}" for name in sorted(fields))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), "sha1").digest()).decode()


def check_twiml(text: str) -> None:
    """Refuse TwiML that Twilio would not run."""
    if len(text) > 4000:
        raise Violation(400, _error(21218, "Twiml is over 4000 characters"))
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise Violation(400, _error(12100, f"Document parse failure: {error}")) from error
    if root.tag != "Response":
        raise Violation(400, _error(12100, "no Response"))
    for one in root.iter():
        if one.tag not in _VERBS or set(one.attrib) - _VERBS[one.tag]:
            raise Violation(400, _error(12200, f"{one.tag} {sorted(one.attrib)}"))
        if one.tag == "Gather":
            _check_url(one.attrib.get("action", ""))


def _check_shared(fields: Fields, known: set[str]) -> None:
    if set(fields) - known:
        raise Violation(400, _error(20001, f"unknown {sorted(set(fields) - known)}"))
    if not _E164.fullmatch(fields.get("To", [""])[0]):
        raise Violation(400, _error(21211, "Invalid 'To' Phone Number"))
    if "StatusCallback" in fields:
        _check_url(fields["StatusCallback"][0])


def _check_message(fields: Fields) -> None:
    if ("From" in fields) == ("MessagingServiceSid" in fields):
        raise Violation(400, _error(21603, "A 'From' phone number is required"))
    if fields.get("From", [NUMBER]) != [NUMBER]:
        raise Violation(400, _error(21606, "not a valid From"))
    if not 1 <= len(fields.get("Body", [""])[0]) <= 1600:
        raise Violation(400, _error(21617, "The concatenated message body exceeds the 1600 character limit"))


def _check_call(fields: Fields) -> None:
    if fields.get("From") != [NUMBER]:
        raise Violation(400, _error(21210, "'From' phone number not verified"))
    if set(fields.get("StatusCallbackEvent", [])) - _EVENTS:
        raise Violation(400, _error(21626, "invalid StatusCallbackEvent"))
    check_twiml(fields.get("Twiml", [""])[0])


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc or len(url) > 4000:
        raise Violation(400, _error(21609, f"Invalid callback URL {url}"))


def _error(code: int, message: str, status: int = 400) -> dict[str, Any]:
    return {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }


def form(**fields: str) -> bytes:
    """Return a form's body."""
    return urlencode(fields).encode()
