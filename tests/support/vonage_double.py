"""Plays Vonage's Messages and Voice APIs by their documented rules, and calls back with signed tokens.

Rules: an RS256 token of the application; numbers without a plus; up to 1000 characters in an SMS; an NCCO of
known actions. Callbacks carry an HS256 token with a hash of the body. https://developer.vonage.com/en/api
"""

from __future__ import annotations

import hashlib
import json
import re
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from shared import clock
from tests.support.http_double import Call, HttpDouble, Violation

APPLICATION = "78d335fa-323d-0114-9c3d-d6f0d48968cf"
SECRET = "double-signature-secret-of-32-bytes!"
NUMBER = "+447700900000"
_MESSAGE = {"message_type", "channel", "to", "from", "text", "client_ref", "webhook_url", "webhook_version"}
_CALL = {"to", "from", "ncco", "event_url", "event_method", "ringing_timer"}
_TALK = {"action", "text", "bargeIn", "loop", "language", "style"}
_INPUT = {"action", "type", "dtmf", "eventUrl", "eventMethod"}
Json = dict[str, Any]


@cache
def private_key() -> str:
    """Return the application's key, made once."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    encoding, shape = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, shape, serialization.NoEncryption()).decode()


@cache
def _public_key() -> Any:
    return serialization.load_pem_private_key(private_key().encode(), None).public_key()


class VonageDouble(HttpDouble):
    """`taken` are the accepted bodies, with a uuid."""

    @property
    def settings(self) -> dict[str, Any]:
        return {
            "vonage_api_url": self.url,
            "vonage_application_id": APPLICATION,
            "vonage_private_key": private_key().replace("\n", "\\n"),
            "vonage_signature_secret": SECRET,
            "vonage_number": NUMBER,
        }

    def limited(self) -> tuple[int, Any]:
        return 429, _problem("Rate Limit Hit", "Please wait, then retry your request")

    def refusal(self) -> tuple[int, Any]:
        return 402, _problem(
            "Low balance", "This request could not be performed due to your account balance being low."
        )

    def locked(self) -> tuple[int, Any]:
        return 401, _problem("Unauthorized", "You did not provide correct credentials.")

    def serve(self, call: Call) -> tuple[int, Any]:
        self._check_token(call.headers.get("authorization", ""))
        body = json.loads(call.body)
        uuid = f"00000000-0000-4000-8000-{len(self.taken):012d}"
        match call.method, call.path:
            case "POST", "/v1/messages":
                _check_message(body)
                self.taken.append({"uuid": uuid, "kind": "message", **body})
                return 202, {"message_uuid": uuid}
            case "POST", "/v1/calls":
                _check_call(body)
                self.taken.append({"uuid": uuid, "kind": "call", **body})
                return 201, {
                    "uuid": uuid,
                    "status": "started",
                    "direction": "outbound",
                    "conversation_uuid": "CON-1",
                }
        raise Violation(404, _problem("Not Found", call.path))

    def _check_token(self, given: str) -> None:
        scheme, _, token = given.partition(" ")
        try:
            # Messages of tests are written at an instant of their own.
            claims = jwt.decode(
                token, _public_key(), algorithms=["RS256"], options={"verify_exp": False, "verify_iat": False}
            )
        except jwt.InvalidTokenError as error:
            raise Violation(401, _problem("Unauthorized", str(error))) from error
        is_whole = {"application_id", "iat", "exp", "jti"} <= set(claims) and claims["exp"] - claims[
            "iat"
        ] <= 86_400
        if scheme != "Bearer" or claims.get("application_id") != APPLICATION or not is_whole:
            raise Violation(401, _problem("Unauthorized", "claims"))

    async def press(self, taken: Json, digit: str) -> tuple[int, Any]:
        """The person presses a key in the call, or none within the time when `digit` is empty."""
        url = next(one for one in taken["ncco"] if one["action"] == "input")["eventUrl"][0]
        body = {
            "dtmf": {"digits": digit, "timed_out": not digit},
            "uuid": taken["uuid"],
            "from": "1",
            "to": "2",
        }
        status, said = await self.post(url, body)
        if status == 200:
            _check_ncco(said)
        return status, said

    async def write(self, url: str, sender: str, text: str, uuid: str = "in-1") -> tuple[int, Any]:
        """The person sends an SMS to our number."""
        body = {"channel": "sms", "message_uuid": uuid, "from": sender, "to": NUMBER[1:], "text": text,
                "message_type": "text", "timestamp": "2026-01-05T12:00:00Z"}  # fmt: skip
        return await self.post(url, body)

    async def report(self, taken: Json, status: str, **more: Any) -> tuple[int, Any]:
        """Vonage tells what became of a message or a call."""
        if taken["kind"] == "message":
            return await self.post(
                taken["webhook_url"], {"message_uuid": taken["uuid"], "status": status, **more}
            )
        return await self.post(taken["event_url"][0], {"uuid": taken["uuid"], "status": status, **more})

    async def post(
        self, url: str, body: Json, secret: str = SECRET, age_s: int = 0, hashed: bytes | None = None
    ) -> tuple[int, Any]:
        """Call back, signed."""
        raw = json.dumps(body).encode()
        claims = {"iat": int(clock.now().timestamp()) - age_s, "jti": "j", "iss": "Vonage", "api_key": "abcd1234",
                  "payload_hash": hashlib.sha256(hashed if hashed is not None else raw).hexdigest()}  # fmt: skip
        token = jwt.encode(claims, secret, algorithm="HS256")
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        there = self.there(url)
        async with (
            aiohttp.ClientSession() as session,
            session.post(there, data=raw, headers=headers) as answer,
        ):
            is_json = answer.content_type == "application/json"
            return answer.status, await answer.json() if is_json else await answer.text()


def _check_message(body: Json) -> None:
    if set(body) - _MESSAGE or (body.get("message_type"), body.get("channel")) != ("text", "sms"):
        raise Violation(422, _problem("Invalid params", "The value of one or more parameters is invalid."))
    if not 1 <= len(body.get("text", "")) <= 1000 or len(body.get("client_ref", "")) > 100:
        raise Violation(422, _problem("Invalid params", "text"))
    _check_number(body["to"])
    _check_number(body["from"])
    if "webhook_url" in body:
        _check_url(body["webhook_url"])


def _check_call(body: Json) -> None:
    if set(body) - _CALL or not 1 <= body.get("ringing_timer", 60) <= 120:
        raise Violation(400, _problem("Bad Request", f"{sorted(body)}"))
    (to,) = body["to"]
    for one in (to, body["from"]):
        if set(one) != {"type", "number"} or one["type"] != "phone":
            raise Violation(400, _problem("Bad Request", "endpoint"))
        _check_number(one["number"])
    for url in body.get("event_url", []):
        _check_url(url)
    _check_ncco(body["ncco"])


def _check_ncco(ncco: list[Json]) -> None:
    for one in ncco:
        known = {"talk": _TALK, "input": _INPUT}.get(one.get("action", ""))
        if known is None or set(one) - known:
            raise Violation(400, _problem("Bad Request", f"NCCO {one}"))
        if one["action"] == "talk" and not 1 <= len(one["text"]) <= 1500:
            raise Violation(400, _problem("Bad Request", "talk"))
        if one["action"] == "input":
            if (
                one["type"] != ["dtmf"]
                or not 1 <= one["dtmf"]["timeOut"] <= 10
                or not 1 <= one["dtmf"]["maxDigits"] <= 20
            ):
                raise Violation(400, _problem("Bad Request", "input"))
            _check_url(one["eventUrl"][0])


def _check_number(text: str) -> None:
    if not re.fullmatch(r"[1-9][0-9]{6,14}", text):
        raise Violation(422, _problem("Invalid params", f"number {text}"))


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise Violation(422, _problem("Invalid params", f"URL {url}"))


def _problem(title: str, detail: str) -> Json:
    return {
        "type": "https://developer.vonage.com/api-errors",
        "title": title,
        "detail": detail,
        "instance": "i",
    }
