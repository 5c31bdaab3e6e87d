"""Plays the few Slack methods that Tocsin calls, and presses the buttons of the messages it got.

It is generous where Slack is strict: it is for looking at, the tests have a strict double of their own.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp

_TEAM, _BOT, _USER = "T0LOCAL", "U0TOCSIN", "U0DEMO"
_KEPT = 500


@dataclass(frozen=True)
class Button:
    """One thing that can be pressed: a button, or one option of a menu."""

    label: str
    action: dict[str, Any]


class CaughtSlack:
    """Messages by channel and timestamp, newest state only, oldest dropped."""

    def __init__(self, callback_url: str, signing_secret: str) -> None:
        self.messages: dict[tuple[str, str], dict[str, Any]] = {}
        self._callback_url = callback_url
        self._signing_secret = signing_secret
        self._numbers = itertools.count(1)

    def answer(self, method: str, call: Mapping[str, Any]) -> dict[str, Any]:
        """The body that Slack would answer to one Web API call."""
        answers = {
            "auth.test": self._auth_test,
            "chat.postMessage": self._post_message,
            "chat.update": self._update,
            "chat.delete": self._delete,
            "chat.getPermalink": self._permalink,
            "conversations.list": self._conversations_list,
            "conversations.info": self._conversations_info,
            "conversations.members": self._members,
            "usergroups.list": self._user_groups,
            "conversations.open": self._conversations_open,
            "conversations.join": self._conversations_info,
            "conversations.history": self._history,
        }
        if method not in answers:
            return {"ok": False, "error": "unknown_method"}
        return answers[method](_decoded(call))

    def buttons(self, key: tuple[str, str]) -> list[Button]:
        """What can be pressed on a message."""
        return list(_pressable(self.messages[key]))

    async def press(self, key: tuple[str, str], number: int) -> int:
        """Press a message's n-th button as the demo user; returns the HTTP status of the callback."""
        channel, ts = key
        message = self.messages[key]
        payload = {
            "type": "block_actions",
            "team": {"id": _TEAM, "domain": "local"},
            "user": {"id": _USER, "username": "demo", "name": "demo", "team_id": _TEAM},
            "channel": {"id": channel, "name": channel},
            "container": {"type": "message", "message_ts": ts, "channel_id": channel},
            "message": message,
            "trigger_id": f"{next(self._numbers)}.local",
            "response_url": "",
            "actions": [self.buttons(key)[number].action | {"action_ts": _timestamp(next(self._numbers))}],
        }
        raw = urlencode({"payload": json.dumps(payload)})
        async with (
            aiohttp.ClientSession() as session,
            session.post(self._callback_url, data=raw, headers=self._signed(raw)) as response,
        ):
            return response.status

    def _signed(self, body: str) -> dict[str, str]:
        at = str(int(time.time()))
        digest = hmac.new(
            self._signing_secret.encode(), f"v0:{at}:{body}".encode(), hashlib.sha256
        ).hexdigest()
        return {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Slack-Request-Timestamp": at,
            "X-Slack-Signature": f"v0={digest}",
        }

    def _auth_test(self, call: dict[str, Any]) -> dict[str, Any]:
        names = {"url": "https://local.slack.com/", "team": "local", "user": "tocsin"}
        return {"ok": True, **names, "team_id": _TEAM, "user_id": _BOT, "bot_id": "B0TOCSIN"}

    def _post_message(self, call: dict[str, Any]) -> dict[str, Any]:
        channel, ts = str(call.get("channel", "")), _timestamp(next(self._numbers))
        if not channel:
            return {"ok": False, "error": "channel_not_found"}
        self.messages[channel, ts] = call | {"ts": ts, "type": "message", "user": _BOT, "bot_id": "B0TOCSIN"}
        while len(self.messages) > _KEPT:
            self.messages.pop(next(iter(self.messages)))
        return {"ok": True, "channel": channel, "ts": ts, "message": self.messages[channel, ts]}

    def _update(self, call: dict[str, Any]) -> dict[str, Any]:
        key = (str(call.get("channel", "")), str(call.get("ts", "")))
        if key not in self.messages:
            return {"ok": False, "error": "message_not_found"}
        self.messages[key] |= call
        return {"ok": True, "channel": key[0], "ts": key[1], "text": call.get("text", "")}

    def _delete(self, call: dict[str, Any]) -> dict[str, Any]:
        gone = self.messages.pop((str(call.get("channel", "")), str(call.get("ts", ""))), None)
        return {"ok": True} if gone else {"ok": False, "error": "message_not_found"}

    def _permalink(self, call: dict[str, Any]) -> dict[str, Any]:
        link = f"https://local.slack.com/archives/{call.get('channel')}/p{call.get('message_ts')}"
        return {"ok": True, "channel": call.get("channel"), "permalink": link}

    def _conversations_list(self, call: dict[str, Any]) -> dict[str, Any]:
        channels = [_channel(name) for name in sorted({channel for channel, _ in self.messages})]
        return {"ok": True, "channels": channels, "response_metadata": {"next_cursor": ""}}

    def _members(self, call: dict[str, Any]) -> dict[str, Any]:
        return {"ok": True, "members": [_BOT, _USER], "response_metadata": {"next_cursor": ""}}

    def _user_groups(self, call: dict[str, Any]) -> dict[str, Any]:
        return {"ok": True, "usergroups": []}

    def _conversations_open(self, call: dict[str, Any]) -> dict[str, Any]:
        return {"ok": True, "channel": {"id": f"D{str(call.get('users', ''))[1:]}"}}

    def _conversations_info(self, call: dict[str, Any]) -> dict[str, Any]:
        return {"ok": True, "channel": _channel(str(call.get("channel", "")))}

    def _history(self, call: dict[str, Any]) -> dict[str, Any]:
        wanted = call.get("channel")
        found = [message for (channel, _), message in self.messages.items() if channel == wanted]
        return {"ok": True, "messages": found[::-1], "has_more": False}


def _channel(name: str) -> dict[str, Any]:
    return {"id": name, "name": name.lstrip("#"), "is_channel": True, "is_member": True}


def _timestamp(number: int) -> str:
    return f"{int(time.time())}.{number:06d}"


def _decoded(call: Mapping[str, Any]) -> dict[str, Any]:
    """Form calls carry their structures as JSON text; JSON calls carry them as they are."""
    structured = ("blocks", "attachments", "metadata")
    return {
        name: json.loads(value) if name in structured and isinstance(value, str) else value
        for name, value in call.items()
    }


def _pressable(message: Mapping[str, Any]) -> Iterator[Button]:
    blocks = list(message.get("blocks") or [])
    for attachment in message.get("attachments") or []:
        blocks += attachment.get("blocks") or []
    for block in blocks:
        for element in [*(block.get("elements") or []), block.get("accessory") or {}]:
            yield from _buttons_of(element, str(block.get("block_id", "")))


def _buttons_of(element: Mapping[str, Any], block_id: str) -> Iterator[Button]:
    action = {"type": element.get("type"), "action_id": element.get("action_id"), "block_id": block_id}
    if element.get("type") == "button":
        yield Button(
            element["text"]["text"], action | {"value": element.get("value"), "text": element["text"]}
        )
    for option in element.get("options") or []:
        if "action_id" in element:
            yield Button(option["text"]["text"], action | {"selected_option": option})
