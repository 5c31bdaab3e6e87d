"""Plays Mattermost's API v4 by its documented rules: direct channels, posts, patches, a channel's posts, and presses.

Rules: ids of 26 letters and digits; messages up to 16383 characters; buttons with an id of letters and digits alone, a
name and an integration URL. The server sends a press itself. https://developers.mattermost.com/integrate/reference/
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from tests.support.http_double import Call, HttpDouble, Violation

TOKEN = "double-bot-token"
BOT = "b" * 26
MEMBER = "alice00000000000000000000a"
DIRECT = "direct0000000000000000000d"
CHANNEL = "channel000000000000000000c"
_POST_FIELDS = {"channel_id", "message", "props", "root_id"}
_ATTACHMENT = {
    "fallback",
    "color",
    "title",
    "title_link",
    "text",
    "footer",
    "image_url",
    "actions",
    "pretext",
}
_ACTION = {"id", "type", "name", "style", "integration"}
_STYLES = {"good", "warning", "danger", "default", "primary", "success"}
Json = dict[str, Any]


class MattermostDouble(HttpDouble):
    """`taken` are the posts as channels show them."""

    @property
    def settings(self) -> dict[str, Any]:
        return {
            "mattermost_url": self.url,
            "mattermost_bot_token": TOKEN,
            "mattermost_bot_user_id": BOT,
        }

    def is_opening(self, call: Call) -> bool:
        return call.path == "/api/v4/channels/direct"

    def limited(self) -> tuple[int, Any]:
        return 429, "limit exceeded"

    def refusal(self) -> tuple[int, Any]:
        return 403, _error(
            "api.context.permissions.app_error", "You do not have the appropriate permissions.", 403
        )

    def locked(self) -> tuple[int, Any]:
        return 401, _error("api.context.session_expired.app_error", "Invalid or expired session.", 401)

    def serve(self, call: Call) -> tuple[int, Any]:
        if call.headers.get("authorization") != f"Bearer {TOKEN}":
            raise Violation(401, _error("api.context.session_expired.app_error", "Invalid session", 401))
        path = call.path.removeprefix("/api/v4/")
        body = json.loads(call.body) if call.body else None
        if call.method == "POST" and path == "channels/direct":
            if not isinstance(body, list) or sorted(body) != sorted([BOT, MEMBER]):
                raise Violation(400, _error("api.context.invalid_body_param.app_error", "user ids", 400))
            return 201, {"id": DIRECT, "type": "D"}
        if call.method == "POST" and path == "posts":
            return self._posted(body)
        found = re.fullmatch(r"posts/([a-z0-9]{26})/patch", path)
        if call.method == "PUT" and found:
            return self._patched(found[1], body)
        found = re.fullmatch(r"channels/([a-z0-9]{26})/posts", path)
        if call.method == "GET" and found and call.query.get("since", "").isdecimal():
            posts = {one["id"]: one for one in self.taken if one["channel_id"] == found[1]}
            return 200, {"order": [*posts], "posts": posts}
        raise Violation(404, _error("api.context.404.app_error", "not found", 404))

    def _posted(self, body: Json) -> tuple[int, Any]:
        if body.get("channel_id") not in (DIRECT, CHANNEL):
            raise Violation(403, _error("api.context.permissions.app_error", "no permission", 403))
        _check(body)
        made = {"id": f"post{len(self.taken):022d}", "delete_at": 0, **body}
        self.taken.append(made)
        return 201, made

    def _patched(self, id: str, body: Json) -> tuple[int, Any]:
        for one in self.taken:
            if one["id"] == id:
                _check(body)
                one |= body
                return 200, one
        return 404, _error("app.post.get.app_error", "Unable to get the post.", 404)

    async def press(self, post: Json, name: str, user: str = MEMBER, trigger: str = "t1") -> tuple[int, Json]:
        """Press the button of that name; the server calls the integration. Return what is answered."""
        action = next(one for one in post["props"]["attachments"][0]["actions"] if one["name"] == name)
        body = {
            "user_id": user,
            "user_name": "alice",
            "channel_id": post["channel_id"],
            "post_id": post["id"],
            "trigger_id": trigger,
            "type": "button",
            "context": action["integration"]["context"],
        }
        there = self.there(action["integration"]["url"])
        async with aiohttp.ClientSession() as session, session.post(there, json=body) as answer:
            said: Json = await answer.json()
            assert answer.status != 200 or set(said) <= {"ephemeral_text", "update", "skip_slack_parsing"}
            return answer.status, said


def _check(body: Json) -> None:
    if set(body) - _POST_FIELDS or len(body.get("message", "")) > 16_383:
        raise Violation(400, _error("model.post.is_valid.msg.app_error", "invalid post", 400))
    attachments = body.get("props", {}).get("attachments", [])
    if not body.get("message") and not attachments:
        raise Violation(400, _error("api.post.create_post.empty", "nothing to show", 400))
    if len(json.dumps(body.get("props", {}))) > 800_000:
        raise Violation(400, _error("model.post.is_valid.props.app_error", "props too large", 400))
    for attachment in attachments:
        if set(attachment) - _ATTACHMENT or not (attachment.get("text") or attachment.get("title")):
            raise Violation(400, _error("attachment", f"{sorted(attachment)}", 400))
        for action in attachment.get("actions", []):
            _check_action(action)


def _check_action(action: Json) -> None:
    is_known = not set(action) - _ACTION and action.get("style", "default") in _STYLES
    if not is_known or not re.fullmatch(r"[A-Za-z0-9]+", action.get("id", "")) or not action.get("name"):
        raise Violation(400, _error("action", "an id of letters and digits and a name are needed", 400))
    parts = urlsplit(action.get("integration", {}).get("url", ""))
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise Violation(400, _error("action", "an integration URL is needed", 400))


def _error(id: str, message: str, status: int) -> Json:
    return {"id": id, "message": message, "detailed_error": "", "request_id": "r", "status_code": status}
