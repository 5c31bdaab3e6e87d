"""What SMS and calls by Vonage share: signed tokens both ways, what its answers mean, and what it calls back."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime, timedelta
from typing import Any, Literal
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from pydantic import BaseModel, Field, SecretStr

from shared.channels.answers import json_object, line, passing
from shared.channels.callback import Callbacks, Heard, Incoming, Press, Response, Text, Told
from shared.channels.channel import HttpCall, HttpReply, Message, Outcome, Reply
from shared.channels.short_texts import KEYS, KEYS_TEXT, clean, silence_of
from shared.domain.send_outcome import NoWord, Refused, Report, Sent
from shared.errors import Permanent
from shared.events import derived_id

_TOKEN_S = 600
_MAX_AGE = timedelta(minutes=10)
_SPOKEN_LIMIT = 1500
_STATES: dict[str, Literal["sent", "delivered", "read", "failed"]] = {
    "submitted": "sent",
    "ringing": "sent",
    "delivered": "delivered",
    "answered": "delivered",
    "completed": "delivered",
    "read": "read",
    "rejected": "failed",
    "undeliverable": "failed",
    "busy": "failed",
    "timeout": "failed",
    "failed": "failed",
    "unanswered": "failed",
    "cancelled": "failed",
}


class VonageSettings(BaseModel):
    """The application at Vonage: it signs with its private key, Vonage with the account's signature secret."""

    api_url: str = "https://api.nexmo.com"
    application_id: str = Field(default="", description="of an application with Messages and Voice")
    private_key: SecretStr = Field(default=SecretStr(""), description="PEM; line breaks may be written \\n")
    signature_secret: SecretStr = Field(default=SecretStr(""), description="verifies what Vonage calls back")
    number: str = Field(default="", description="our number in E.164")
    timeout_s: float = 15.0


def unready(settings: VonageSettings) -> str | None:
    """Return what is missing before anybody can be called."""
    for name in ("application_id", "number"):
        if not getattr(settings, name):
            return f"Vonage is not set up: TOCSIN_VONAGE_{name.upper()} is empty"
    if "PRIVATE KEY" not in settings.private_key.get_secret_value():
        return "Vonage is not set up: TOCSIN_VONAGE_PRIVATE_KEY holds no PEM key"
    return None


def call(path: str, body: dict[str, Any], id: str, at: datetime, settings: VonageSettings) -> HttpCall:
    """Describe a request, with a token of its own that is good for ten minutes."""
    headers = {"Authorization": f"Bearer {_token(id, at, settings)}", "Content-Type": "application/json"}
    payload = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    return HttpCall(
        "POST",
        f"{settings.api_url.rstrip('/')}/v1/{path}",
        headers,
        payload,
        settings.timeout_s,
        trusted=True,
    )


def read(reply: Reply) -> Outcome:
    """Judge the answer to a message or a call; the handle is its uuid."""
    judged = passing(reply, "Vonage")
    if not isinstance(judged, HttpReply):
        return judged
    body = json_object(judged)
    if judged.status in (200, 201, 202):
        id = body.get("message_uuid") or body.get("uuid")
        return Sent(handle=line(id, 64)) if id else NoWord("Vonage took it without naming it")
    title, detail = line(body.get("title", "no reason given"), 100), line(body.get("detail", ""), 200)
    return Refused(f"Vonage answered {judged.status}: {title}" + (f", {detail}" if detail else ""))


def number(text: str) -> str:
    """Return a number as Vonage writes it: E.164 without the plus."""
    return text.removeprefix("+")


def back_url(message: Message, part: str, **query: str) -> str:
    """Return where Vonage shall call back."""
    return f"{message.callback_url.rstrip('/')}/vonage/{part}?{urlencode(query)}"


def ncco(say: str, keys_url: str = "") -> list[dict[str, Any]]:
    """Return the actions of a call: say a text, and the keys when there are any, and wait for one."""
    if not keys_url:
        return [{"action": "talk", "text": clean(say)[:_SPOKEN_LIMIT]}]
    return [
        {
            "action": "talk",
            "text": f"{clean(say)[: _SPOKEN_LIMIT - 100]} {KEYS_TEXT}",
            "bargeIn": True,
            "loop": 2,
        },
        {
            "action": "input",
            "type": ["dtmf"],
            "dtmf": {"maxDigits": 1, "timeOut": 10},
            "eventUrl": [keys_url],
            "eventMethod": "POST",
        },
    ]


def is_authentic(incoming: Incoming, settings: VonageSettings) -> bool:
    """Whether Vonage signed this with our secret within the last ten minutes, and the body is what it signed."""
    secret = settings.signature_secret.get_secret_value()
    scheme, _, token = incoming.headers.get("authorization", "").partition(" ")
    if not secret or scheme.lower() != "bearer" or incoming.at is None:
        return False
    try:
        # Its times are compared below with the clock that was passed in.
        claims = jwt.decode(
            token,
            secret,
            algorithms=["HS256"],
            options={"verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )
        age = incoming.at.timestamp() - float(claims.get("iat", 0))
    except (jwt.InvalidTokenError, TypeError, ValueError):
        return False
    made = hashlib.sha256(incoming.body).hexdigest()
    given = str(claims.get("payload_hash", made))
    return abs(age) <= _MAX_AGE.total_seconds() and hmac.compare_digest(made.encode(), given.encode())


def hear(incoming: Incoming) -> Heard:
    """Return what a callback tells: a key, an SMS, or what became of a message or call."""
    body = _json(incoming)
    query = {name: values[-1] for name, values in parse_qs(urlsplit(incoming.url).query).items()}
    match incoming.part:
        case "keys":
            return _pressed(body, query)
        case "sms":
            id, sender = str(body.get("message_uuid") or ""), str(body.get("from") or "")
            if not id or not sender:
                raise Permanent("an SMS of Vonage without id or sender")
            return Heard(texts=(Text(id, f"+{sender.removeprefix('+')}", str(body.get("text") or "")),))
        case "status":
            return _reported(body, query)
        case _:
            raise Permanent("Vonage has no such callback")


def answer(incoming: Incoming, words: str) -> Response:
    """Answer a key with what is said next; everything else only with that it arrived."""
    if incoming.part == "keys":
        return Response(200, "application/json", json.dumps(ncco(words or "Goodbye.")).encode())
    return Response(200, "application/json", b"{}")


def _pressed(body: dict[str, Any], query: dict[str, str]) -> Heard:
    dtmf = body.get("dtmf")
    digits = str(dtmf.get("digits") or "") if isinstance(dtmf, dict) else ""
    id = str(body.get("uuid") or "")
    if not id:
        raise Permanent("a key of Vonage without a call")
    if not digits:
        return Heard()
    action = KEYS.get(digits, "")
    press = Press(
        derived_id("vonage", id, digits), action, delay_s=silence_of(action), ticket=query.get("ticket", "")
    )
    return Heard(presses=(press,), reports=(Told(Report("read"), query.get("delivery", ""), id),))


def _reported(body: dict[str, Any], query: dict[str, str]) -> Heard:
    said = str(body.get("status", ""))
    state = _STATES.get(said)
    if state is None:
        return Heard()
    error = body.get("error")
    detail = line(error.get("title", ""), 100) if isinstance(error, dict) else ""
    reason = f"Vonage: {said}" + (f", {detail}" if detail else "") if state == "failed" else ""
    report = Report(state, reason, is_final=state != "sent" and said != "answered")
    handle = str(body.get("message_uuid") or body.get("uuid") or "")
    return Heard(reports=(Told(report, query.get("delivery", ""), handle),))


def _token(id: str, at: datetime, settings: VonageSettings) -> str:
    issued = int(at.timestamp())
    claims = {
        "application_id": settings.application_id,
        "iat": issued,
        "exp": issued + _TOKEN_S,
        "jti": derived_id("vonage", id, issued),
    }
    key = settings.private_key.get_secret_value().replace("\\n", "\n")
    try:
        return jwt.encode(claims, key, algorithm="RS256")
    except (ValueError, TypeError, jwt.InvalidKeyError) as error:
        raise Permanent("TOCSIN_VONAGE_PRIVATE_KEY is not a usable RSA key") from error


def _json(incoming: Incoming) -> dict[str, Any]:
    try:
        body = json.loads(incoming.body)
    except ValueError as error:
        raise Permanent("not a callback of Vonage") from error
    if not isinstance(body, dict):
        raise Permanent("not a callback of Vonage")
    return body


CALLBACKS = Callbacks(is_authentic=is_authentic, hear=hear, answer=answer, texts_answered_by="sms")
