"""Plays Slack's Web API on a local port and refuses what the real one would refuse.

It keeps what a channel shows, can limit the rate, refuse, hang or lose its answer, and can press a button.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlencode

import aiohttp
from aiohttp import web
from slack_sdk.signature import Clock, SignatureVerifier

from shared import clock
from tests.support.slack_limits import problems
from tests.support.slack_lists import Json, SlackLists
from tests.support.slack_lists import no as _no

TOKEN = "xoxb-double"
SIGNING_SECRET = "double-signing-secret"


@dataclass
class Shown:
    """One message as the channel shows it now; `versions` are the metadata versions it has shown."""

    channel: str
    ts: str
    body: Json
    versions: list[int] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Every text a reader sees, joined."""
        return json.dumps([self.body.get("blocks"), self.body.get("attachments")], ensure_ascii=False)

    @property
    def actions(self) -> dict[str, Json]:
        """The interactive elements by action id."""
        blocks = [*self.body.get("blocks", [])]
        for attachment in self.body.get("attachments", []):
            blocks += attachment.get("blocks", [])
        return {one["action_id"]: {**one, "block_id": block.get("block_id", "")}
                for block in blocks if block["type"] == "actions" for one in block["elements"]}  # fmt: skip


@dataclass
class Faults:
    """What goes wrong next. Each count is used up call by call."""

    limited: int = 0
    retry_after_s: int = 1
    refused: dict[str, str] = field(default_factory=dict)  # method -> error, until taken away
    lost_answers: int = 0  # done, but the connection breaks before the answer
    server_errors: int = 0
    hanging: str = ""  # calls about this channel wait for `release`


class SlackDouble(SlackLists):
    """Use as an async context manager; `url` is what `slack_api_url` is set to."""

    def __init__(self, channels: dict[str, str] | None = None, token: str = TOKEN) -> None:
        super().__init__(channels or {"C0ALERTS": "alerts", "C0OTHER": "other"})
        self.token = token
        self.faults = Faults()
        self.messages: list[Shown] = []
        self.calls: list[tuple[str, Json]] = []
        self.violations: list[str] = []
        self.url = "http://slack.double/api/"
        self.waiting = 0  # calls that hang right now
        self._released = asyncio.Event()
        self._counter = 0

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/api/{method}", self._serve)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self.port}/api/"
        return self

    async def __aexit__(self, *_: object) -> None:
        self.release()
        await self._runner.cleanup()

    def shown(self, channel: str = "C0ALERTS") -> list[Shown]:
        """The messages of a channel, oldest first."""
        return [one for one in self.messages if one.channel == channel]

    def count(self, method: str) -> int:
        """How often a method was called, whatever it answered."""
        return sum(1 for name, _ in self.calls if name == method)

    def delete(self, ts: str) -> None:
        """A person deletes a message."""
        self.messages = [one for one in self.messages if one.ts != ts]

    def hang_channel(self, channel: str) -> None:
        """Let all calls about a channel wait until `release`."""
        self._released.clear()
        self.faults.hanging = channel

    def release(self) -> None:
        """Go on with the calls that hang, and hang no more."""
        self.faults.hanging = ""
        self._released.set()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        body = await self._arguments(request)
        if method == "auth.test":
            # Asked once in the background: it uses up no fault that is meant for a post, and says nothing.
            return web.json_response(self._answer(method, request, body))
        self.calls.append((method, body or {}))
        faults = self.faults
        if faults.hanging and (body or {}).get("channel") == faults.hanging:
            self.waiting += 1
            await self._released.wait()
            self.waiting -= 1
        if faults.limited > 0:
            faults.limited -= 1
            headers = {"Retry-After": str(faults.retry_after_s)}
            return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers=headers)
        if faults.server_errors > 0:
            faults.server_errors -= 1
            return web.Response(status=503, text="upstream")
        answer = self._answer(method, request, body)
        if faults.lost_answers > 0:
            faults.lost_answers -= 1
            assert request.transport is not None
            request.transport.abort()
        if not answer["ok"] and answer["error"] not in faults.refused.values():
            self.violations.append(f"{method}: {answer}")
        return web.json_response(answer)

    async def _arguments(self, request: web.Request) -> Json | None:
        if request.method == "GET":
            return dict(request.query)
        if request.content_type == "application/json":
            body = await request.json()
            return body if isinstance(body, dict) else None
        return None

    def _answer(self, method: str, request: web.Request, body: Json | None) -> Json:
        given = request.headers.get("Authorization", "")
        if not given.startswith("Bearer "):
            return _no("not_authed")
        if given != f"Bearer {self.token}":
            return _no("invalid_auth")
        if method in self.faults.refused:
            return _no(self.faults.refused[method])
        handler = {
            "auth.test": self._auth_test,
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "conversations.history": self._history,
            "conversations.list": self.list_channels,
            "conversations.members": self.list_members,
            "usergroups.list": self.list_groups,
            "usergroups.users.update": self.update_group,
        }.get(method)
        if handler is None:
            return _no("unknown_method")
        if body is None:
            return _no("invalid_json")
        return handler(body)

    def _auth_test(self, _body: Json) -> Json:
        about = {"url": "https://double.slack.com/", "team": "Double", "team_id": "T0DOUBLE"}
        return {"ok": True, **about, "user": "tocsin", "user_id": "U0TOCSIN", "bot_id": "B0TOCSIN"}

    def _post(self, body: Json) -> Json:
        channel = self._channel(body.get("channel"), names=True)
        refused = _no("channel_not_found") if channel is None else _judged(body)
        if refused or channel is None:
            return refused or _no("channel_not_found")
        self._counter += 1
        ts = f"{int(clock.now().timestamp())}.{self._counter:06d}"
        shown = Shown(channel, ts, body)
        self.messages.append(shown)
        _note_version(shown)
        return {"ok": True, "channel": channel, "ts": ts, "message": {"text": body["text"], "ts": ts}}

    def _update(self, body: Json) -> Json:
        channel = self._channel(body.get("channel"))
        if channel is None:
            return _no("channel_not_found")
        found = [one for one in self.messages if (one.channel, one.ts) == (channel, body.get("ts"))]
        if not found:
            return _no("message_not_found")
        refused = _judged(body)
        if refused:
            return refused
        found[0].body = {**found[0].body, **body}
        _note_version(found[0])
        return {"ok": True, "channel": channel, "ts": found[0].ts, "text": body["text"]}

    def _history(self, body: Json) -> Json:
        channel = self._channel(body.get("channel"))
        if channel is None:
            return _no("channel_not_found")
        oldest, limit = float(body.get("oldest", 0)), int(body.get("limit", 100))
        newest_first = [one for one in reversed(self.shown(channel)) if float(one.ts) > oldest]
        start = int(body.get("cursor") or 0)
        page = newest_first[start : start + limit]
        told = body.get("include_all_metadata") in {"true", True, "1"}
        more = start + limit < len(newest_first)
        messages = [_public(one, told) for one in page]
        cursor = {"next_cursor": str(start + limit) if more else ""}
        return {"ok": True, "messages": messages, "has_more": more, "response_metadata": cursor}

    def _channel(self, given: Any, names: bool = False) -> str | None:
        if given in self.channels:
            return str(given)
        by_name = {name: id for id, name in self.channels.items()}
        return by_name.get(str(given).removeprefix("#")) if names else None

    async def press(
        self,
        shown: Shown,
        action_id: str,
        callback_url: str,
        option: str | None = None,
        user: str = "U0ALICE",
    ) -> tuple[int, str]:
        """Press a button of a message as `user`, or choose the option with that label; return the answer."""
        body = self.interaction(shown, action_id, option, user)
        headers = signed(body)
        async with (
            aiohttp.ClientSession() as session,
            session.post(callback_url, data=body, headers=headers) as answer,
        ):
            return answer.status, await answer.text()

    def interaction(
        self, shown: Shown, action_id: str, option: str | None = None, user: str = "U0ALICE"
    ) -> bytes:
        """Build the body that Slack posts when the button is pressed."""
        element = shown.actions[action_id]
        action: Json = {"type": element["type"], "action_id": action_id, "block_id": element["block_id"]}
        action["action_ts"] = f"{clock.now().timestamp():.6f}"
        if element["type"] == "button":
            action["value"] = element.get("value", "")
        else:
            action["selected_option"] = next(o for o in element["options"] if o["text"]["text"] == option)
        payload = {
            "type": "block_actions",
            "user": {"id": user, "username": user.lower(), "name": user.lower(), "team_id": "T0DOUBLE"},
            "container": {"type": "message", "channel_id": shown.channel, "message_ts": shown.ts},
            "channel": {"id": shown.channel, "name": self.channels[shown.channel]},
            "response_url": f"{self.url}response",
            "trigger_id": "1.2.3",
            "actions": [action],
        }
        return urlencode({"payload": json.dumps(payload)}).encode()


def signed(body: bytes, secret: str = SIGNING_SECRET, at: float | None = None) -> dict[str, str]:
    """Return the headers that Slack signs a request with."""
    timestamp = str(int(at if at is not None else clock.now().timestamp()))
    signature = SignatureVerifier(secret, Clock()).generate_signature(timestamp=timestamp, body=body)
    return {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": timestamp,
        "X-Slack-Signature": signature or "",
    }


def _judged(body: Json) -> Json | None:
    for error, detail in problems(body):
        return {**_no(error), "response_metadata": {"messages": [f"[ERROR] {detail}"]}}
    return None


def _note_version(shown: Shown) -> None:
    payload = (shown.body.get("metadata") or {}).get("event_payload") or {}
    if "version" in payload:
        shown.versions.append(payload["version"])


def _public(shown: Shown, with_metadata: bool) -> Json:
    message: Json = {"type": "message", "ts": shown.ts, "text": shown.body.get("text", "")}
    if with_metadata and "metadata" in shown.body:
        message["metadata"] = shown.body["metadata"]
    return message
