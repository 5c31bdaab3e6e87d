"""Plays what of Slack pages people: direct messages are opened and written to, members mentioned in threads."""

from __future__ import annotations

import json
from typing import Any

from tests.support.http_double import Call, HttpDouble, Violation
from tests.support.slack_limits import problems

TOKEN = "xoxb-double"
MEMBER = "U0ALICE"
CONVERSATION = "D0ALICE"
CHANNEL = "C0ALERTS"
THREAD = "1767614400.000001"
_FIELDS = {
    "channel",
    "text",
    "blocks",
    "attachments",
    "metadata",
    "thread_ts",
    "unfurl_links",
    "unfurl_media",
}


class SlackPeopleDouble(HttpDouble):
    """`taken` are the bodies of posted messages. CHANNEL holds one message, THREAD, that can be answered."""

    @property
    def settings(self) -> dict[str, Any]:
        return {"slack_api_url": f"{self.url}/api/", "slack_bot_token": TOKEN}

    def is_opening(self, call: Call) -> bool:
        return call.path == "/api/conversations.open"

    def limited(self) -> tuple[int, Any]:
        return 429, _no("ratelimited")

    def refusal(self) -> tuple[int, Any]:
        return 200, _no("user_disabled")

    def locked(self) -> tuple[int, Any]:
        return 200, _no("invalid_auth")

    def serve(self, call: Call) -> tuple[int, Any]:
        if call.headers.get("authorization") != f"Bearer {TOKEN}":
            raise Violation(200, _no("invalid_auth"))
        if not call.headers.get("content-type", "").startswith("application/json"):
            raise Violation(200, _no("invalid_form_data"))
        body = json.loads(call.body)
        match call.path:
            case "/api/conversations.open":
                if body != {"users": MEMBER}:
                    raise Violation(200, _no("user_not_found"))
                return 200, {"ok": True, "channel": {"id": CONVERSATION}}
            case "/api/chat.postMessage":
                return self._posted(body)
            case _:
                raise Violation(200, _no("unknown_method"))

    def _posted(self, body: dict[str, Any]) -> tuple[int, Any]:
        if set(body) - _FIELDS:
            raise Violation(200, _no("invalid_arguments"))
        if body.get("channel") not in (CONVERSATION, CHANNEL):
            raise Violation(200, _no("channel_not_found"))
        if "thread_ts" in body and (body["channel"], body["thread_ts"]) != (CHANNEL, THREAD):
            raise Violation(200, _no("thread_not_found"))
        for error, _detail in problems(body):
            raise Violation(200, _no(error))
        self.taken.append(body)
        return 200, {"ok": True, "channel": body["channel"], "ts": f"1767614401.{len(self.taken):06d}"}


def _no(error: str) -> dict[str, Any]:
    return {"ok": False, "error": error}
