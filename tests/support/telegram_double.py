"""Plays Telegram's Bot API by its documented rules, shows what its chats show, and sends updates of presses and texts.

Rules: token in the path; text of 1 to 4096 characters after its mark-up; HTML of the documented tags alone, closed
and nested, with four named entities; callback data of 1 to 64 bytes. https://core.telegram.org/bots/api
"""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import aiohttp

from tests.support.http_double import Call, HttpDouble, Violation

TOKEN = "123456:double-token"
SECRET = "double_webhook-secret"
_TAGS = {
    "a",
    "b",
    "blockquote",
    "code",
    "del",
    "em",
    "i",
    "ins",
    "pre",
    "s",
    "strike",
    "strong",
    "tg-spoiler",
    "u",
}
_FIELDS = {
    "chat_id",
    "message_id",
    "text",
    "parse_mode",
    "link_preview_options",
    "disable_notification",
    "reply_markup",
}
Json = dict[str, Any]


class TelegramDouble(HttpDouble):
    """`taken` are the messages as chats show them: {chat, id, body, text}."""

    def __init__(self) -> None:
        super().__init__()
        self.blocked: set[str] = set()
        self.usernames: dict[int, str] = {}
        self._update_id = 0

    @property
    def settings(self) -> dict[str, Any]:
        return {"telegram_api_url": self.url, "telegram_token": TOKEN, "telegram_webhook_secret": SECRET}

    def limited(self) -> tuple[int, Any]:
        wait_s = self.faults.retry_after_s
        return 429, {
            **_no(429, f"Too Many Requests: retry after {wait_s}"),
            "parameters": {"retry_after": wait_s},
        }

    def refusal(self) -> tuple[int, Any]:
        return 403, _no(403, "Forbidden: bot was blocked by the user")

    def locked(self) -> tuple[int, Any]:
        return 401, _no(401, "Unauthorized")

    def serve(self, call: Call) -> tuple[int, Any]:
        found = re.fullmatch(r"/bot([^/]+)/(\w+)", call.path)
        if found is None or call.method != "POST":
            raise Violation(404, _no(404, "Not Found"))
        if found[1] != TOKEN:
            raise Violation(401, _no(401, "Unauthorized"))
        if call.headers.get("content-type") != "application/json":
            raise Violation(400, _no(400, "Bad Request: message text is empty"))
        body = json.loads(call.body)
        if set(body) - _FIELDS:
            raise Violation(400, _no(400, f"unknown {sorted(set(body) - _FIELDS)}"))
        match found[2]:
            case "sendMessage":
                return self._sent(body)
            case "editMessageText":
                return self._edited(body)
            case _:
                raise Violation(404, _no(404, "Not Found: method not found"))

    def _sent(self, body: Json) -> tuple[int, Any]:
        chat = body.get("chat_id")
        if not isinstance(chat, str | int) or not str(chat):
            raise Violation(400, _no(400, "Bad Request: chat_id is empty"))
        shown = {"chat": int(chat), "id": len(self.taken) + 1, "body": body, "text": _checked(body)}
        self.taken.append(shown)
        return 200, {"ok": True, "result": {"message_id": shown["id"], "chat": self._chat(shown["chat"])}}

    def _chat(self, id: int) -> Json:
        """Return a chat as Telegram tells of it: people have positive ids, supergroups begin with -100."""
        kind = "private" if id > 0 else "supergroup" if str(id).startswith("-100") else "group"
        return {"id": id, "type": kind, **({"username": self.usernames[id]} if id in self.usernames else {})}

    def _edited(self, body: Json) -> tuple[int, Any]:
        for one in self.taken:
            if (str(one["chat"]), one["id"]) == (str(body["chat_id"]), body["message_id"]):
                text = _checked(body)
                same = (text, body.get("reply_markup")) == (one["text"], one["body"].get("reply_markup"))
                if same:
                    return 400, _no(400, "Bad Request: message is not modified: the content is the same")
                one |= {"body": body, "text": text}
                return 200, {"ok": True, "result": {"message_id": one["id"], "chat": self._chat(one["chat"])}}
        return 400, _no(400, "Bad Request: message to edit not found")

    async def press(
        self, shown: Json, label: str, url: str, user: int = 777, query_id: str = "Q1"
    ) -> tuple[int, Json]:
        """Press the button of that label; return what is answered."""
        rows = shown["body"]["reply_markup"]["inline_keyboard"]
        data = next(one["callback_data"] for row in rows for one in row if one["text"] == label)
        message = {"message_id": shown["id"], "chat": {"id": shown["chat"], "type": "private"}, "date": 1}
        query = {"id": query_id, "from": {"id": user, "is_bot": False, "first_name": "A"}, "message": message,
                 "chat_instance": "1", "data": data}  # fmt: skip
        return await self.update(url, {"callback_query": query})

    async def write(
        self, url: str, text: str, user: int = 777, kind: str = "private", id: int = 5
    ) -> tuple[int, Json]:
        """Write a text to the bot."""
        sender = {"id": user, "is_bot": False, "first_name": "A", "username": "alice"}
        chat = {"id": user if kind == "private" else -100, "type": kind}
        return await self.update(
            url, {"message": {"message_id": id, "from": sender, "chat": chat, "text": text}}
        )

    async def update(self, url: str, what: Json, secret: str = SECRET) -> tuple[int, Json]:
        """Send an update as the webhook is set; check that the answer is a call that Telegram would make."""
        self._update_id += 1
        headers = {"X-Telegram-Bot-Api-Secret-Token": secret}
        body = {"update_id": self._update_id, **what}
        there = self.there(url)
        async with (
            aiohttp.ClientSession() as session,
            session.post(there, json=body, headers=headers) as answer,
        ):
            if answer.status != 200:
                return answer.status, {}
            said: Json = await answer.json()
            if said.get("method") == "answerCallbackQuery":
                assert len(said["text"]) <= 200
                assert said["callback_query_id"] == what["callback_query"]["id"]
            elif said:
                assert said["method"] == "sendMessage"
                assert 1 <= len(said["text"]) <= 4096
            return answer.status, said


class _Html(HTMLParser):
    """Reads HTML as Telegram does, and keeps what a reader sees."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.text = ""
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _TAGS or {name for name, _ in attrs} - ({"href"} if tag == "a" else set()):
            raise Violation(
                400, _no(400, f'Bad Request: can\'t parse entities: unsupported start tag "{tag}"')
            )
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            raise Violation(400, _no(400, f"Bad Request: can't parse entities: unmatched end tag {tag}"))

    def handle_data(self, data: str) -> None:
        if "<" in data:
            raise Violation(400, _no(400, "Bad Request: can't parse entities: unescaped <"))
        self.text += data

    def handle_entityref(self, name: str) -> None:
        if name not in {"lt", "gt", "amp", "quot"}:
            raise Violation(400, _no(400, f"Bad Request: unsupported entity &{name};"))
        self.text += "&"

    def handle_charref(self, name: str) -> None:
        self.text += "#"


def _checked(body: Json) -> str:
    """Return what a reader sees of a message, or refuse it."""
    text = body.get("text")
    if not isinstance(text, str) or body.get("parse_mode") != "HTML":
        raise Violation(400, _no(400, "Bad Request: message text is empty"))
    parser = _Html()
    parser.feed(text)
    parser.close()
    if parser.open:
        raise Violation(400, _no(400, "Bad Request: can't parse entities: a tag is not closed"))
    if not parser.text.strip():
        raise Violation(400, _no(400, "Bad Request: message text is empty"))
    if len(parser.text.encode("utf-16-le")) // 2 > 4096:
        raise Violation(400, _no(400, "Bad Request: message is too long"))
    for row in (body.get("reply_markup") or {}).get("inline_keyboard", []):
        for one in row:
            if not one.get("text") or not 1 <= len(one.get("callback_data", "").encode()) <= 64:
                raise Violation(400, _no(400, "Bad Request: BUTTON_DATA_INVALID"))
    return parser.text


def _no(code: int, description: str) -> Json:
    return {"ok": False, "error_code": code, "description": description}
