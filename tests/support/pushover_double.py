"""Plays Pushover's API by its documented rules: messages, receipts of emergencies, their end, and the callback.

Rules: form bodies; message of 1 to 1024 characters, title up to 250, URL up to 512 with a title up to 100; priority 2
needs retry (30 s or more) and expire (up to 10800 s). https://pushover.net/api
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs

import aiohttp

from tests.support.http_double import Call, HttpDouble, Violation

TOKEN = "azGDORePK8gMaC0QOYAMyEEuzJnyUi"
USER = "uQiRzpo4DXghDmr9QzzfQu27cmVRsG"
_FIELDS = {"token", "user", "message", "title", "url", "url_title", "priority", "retry", "expire", "callback",
           "timestamp"}  # fmt: skip


class PushoverDouble(HttpDouble):
    """`taken` are the messages: their fields, and of an emergency {receipt, acknowledged, expired, delivered}."""

    @property
    def settings(self) -> dict[str, Any]:
        return {"pushover_api_url": self.url, "pushover_token": TOKEN}

    def limited(self) -> tuple[int, Any]:
        return 429, _error("application has sent too many messages")

    def refusal(self) -> tuple[int, Any]:
        return 400, _error("user identifier is not a valid user, group, or subscribed user key")

    def locked(self) -> tuple[int, Any]:
        return 400, _error("application token is invalid, see https://pushover.net/api")

    def serve(self, call: Call) -> tuple[int, Any]:
        fields = {name: one[-1] for name, one in parse_qs(call.body.decode("ascii"), True).items()}
        if fields.get("token", call.query.get("token")) != TOKEN:
            raise Violation(400, _error("application token is invalid"))
        if call.path == "/1/messages.json" and call.method == "POST":
            return self._sent(fields)
        found = re.fullmatch(r"/1/receipts/([A-Za-z0-9]{30})(/cancel)?\.json", call.path)
        message = self.of(found[1]) if found else None
        if found is None or message is None or call.method != ("POST" if found[2] else "GET"):
            raise Violation(404, _error("receipt not found; may be invalid or expired"))
        if found[2]:
            message["cancelled"] = True
            return 200, {"status": 1, "request": "r"}
        return 200, {
            "status": 1,
            "acknowledged": int(message.get("acknowledged", False)),
            "expired": int(message.get("expired", False)),
            "last_delivered_at": int(message.get("delivered", False)),
            "request": "r",
        }

    def of(self, receipt: str) -> dict[str, Any] | None:
        """Return the emergency of a receipt."""
        return next((one for one in self.taken if one.get("receipt") == receipt), None)

    async def acknowledge(self, message: dict[str, Any]) -> int:
        """The person acknowledges an emergency on the phone: Pushover calls back, unsigned."""
        message["acknowledged"] = True
        fields = {
            "receipt": message["receipt"],
            "acknowledged": "1",
            "acknowledged_at": "1",
            "acknowledged_by": USER,
        }
        there = self.there(message["callback"])
        async with aiohttp.ClientSession() as session, session.post(there, data=fields) as answer:
            return answer.status

    def _sent(self, fields: dict[str, Any]) -> tuple[int, Any]:
        _check(fields)
        message = dict(fields)
        self.taken.append(message)
        answer = {"status": 1, "request": f"5042853c-402d-4a18-abcb-{len(self.taken):012d}"}
        if fields.get("priority") == "2":
            message["receipt"] = f"R{len(self.taken):029d}"
            answer["receipt"] = message["receipt"]
        return 200, answer


def _check(fields: dict[str, str]) -> None:
    if set(fields) - _FIELDS:
        raise Violation(400, _error(f"unknown {sorted(set(fields) - _FIELDS)}"))
    if fields.get("user") != USER:
        raise Violation(400, _error("user identifier is invalid"))
    if not 1 <= len(fields.get("message", "").strip()) <= 1024:
        raise Violation(400, _error("message cannot be blank, or is too long"))
    if len(fields.get("title", "")) > 250 or len(fields.get("url_title", "")) > 100:
        raise Violation(400, _error("title is too long"))
    if len(fields.get("url", "")) > 512 or ("url_title" in fields and "url" not in fields):
        raise Violation(400, _error("url is too long"))
    if fields.get("priority", "0") not in {"-2", "-1", "0", "1", "2"}:
        raise Violation(400, _error("priority is invalid"))
    if fields.get("priority") == "2":
        if not (int(fields.get("retry", 0)) >= 30 and 1 <= int(fields.get("expire", 0)) <= 10_800):
            raise Violation(400, _error("retry and expire must be supplied with priority=2"))
    elif {"retry", "expire", "callback"} & set(fields):
        raise Violation(400, _error("retry, expire and callback belong to priority 2"))


def _error(text: str) -> dict[str, Any]:
    return {"user": "invalid", "errors": [text], "status": 0, "request": "r"}
