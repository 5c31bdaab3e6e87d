"""Plays an ntfy server by its documented rules, and presses the buttons of what it shows.

Rules: JSON is published to the root; topic of 1 to 64 letters, digits, "-" and "_"; message of at most 4096 bytes;
priority 1 to 5; at most three actions, each whole. https://docs.ntfy.sh/publish/#publish-as-json
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from tests.support.http_double import Call, HttpDouble, Violation

TOKEN = "tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2"
_FIELDS = {
    "topic": str,
    "message": str,
    "title": str,
    "tags": list,
    "priority": int,
    "click": str,
    "actions": list,
}
_HTTP_ACTION = {"action", "label", "url", "method", "headers", "body", "clear"}


class NtfyDouble(HttpDouble):
    """`taken` are the messages as they were published."""

    def __init__(self) -> None:
        super().__init__()
        self.is_open = False  # takes what nobody logged in for

    @property
    def settings(self) -> dict[str, Any]:
        return {"ntfy_url": self.url, "ntfy_token": TOKEN}

    def limited(self) -> tuple[int, Any]:
        return 429, _error(
            42901, 429, "limit reached: too many requests; increase your limits with a paid plan"
        )

    def refusal(self) -> tuple[int, Any]:
        return 403, _error(40301, 403, "forbidden")

    def locked(self) -> tuple[int, Any]:
        return 401, _error(40101, 401, "unauthorized")

    def serve(self, call: Call) -> tuple[int, Any]:
        login = call.headers.get("authorization")
        if not (login == f"Bearer {TOKEN}" or (self.is_open and login is None)):
            raise Violation(403, _error(40301, 403, "forbidden"))
        if (call.method, call.path) != ("POST", "/"):
            raise Violation(404, _error(40401, 404, "page not found"))
        try:
            message = json.loads(call.body)
        except ValueError as error:
            raise Violation(
                400, _error(40024, 400, "invalid request: request body must be valid JSON")
            ) from error
        _check(message)
        self.taken.append(message)
        return 200, {"id": f"msg{len(self.taken)}", "time": 1, "event": "message", "topic": message["topic"]}

    async def press(self, message: dict[str, Any], label: str) -> int:
        """Press a button of a message, as the app does: the request is the app's own."""
        action = next(one for one in message["actions"] if one["label"] == label)
        there = self.there(action["url"])
        async with aiohttp.ClientSession() as session, session.request(action["method"], there) as answer:
            return answer.status


def _check(message: dict[str, Any]) -> None:
    for name, value in message.items():
        if name not in _FIELDS or not isinstance(value, _FIELDS[name]):
            raise Violation(400, _error(40024, 400, f"invalid request: {name}"))
    if not re.fullmatch(r"[-_A-Za-z0-9]{1,64}", message.get("topic", "")):
        raise Violation(400, _error(40009, 400, "invalid request: topic invalid"))
    if not 1 <= len(message.get("message", "").encode()) <= 4096:
        raise Violation(413, _error(41301, 413, "attachment too large, or bandwidth limit reached"))
    if len(message.get("title", "").encode()) > 1024 or not 1 <= message.get("priority", 3) <= 5:
        raise Violation(400, _error(40007, 400, "invalid request: priority invalid"))
    actions = message.get("actions", [])
    if len(actions) > 3:
        raise Violation(400, _error(40018, 400, "invalid request: only 3 actions allowed"))
    for one in actions:
        is_whole = one.get("action") == "http" and one.get("label") and _is_url(one.get("url", ""))
        if not is_whole or set(one) - _HTTP_ACTION:
            raise Violation(400, _error(40018, 400, "invalid request: actions invalid"))


def _is_url(text: str) -> bool:
    return urlsplit(text).scheme in ("http", "https") and bool(urlsplit(text).netloc)


def _error(code: int, http: int, error: str) -> dict[str, Any]:
    return {"code": code, "http": http, "error": error, "link": "https://ntfy.sh/docs/publish/"}
