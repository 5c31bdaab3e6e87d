"""What comes back from Telegram: buttons, commands, and the code of a deep link that confirms a chat."""

from __future__ import annotations

import hmac
import json
import re
from typing import Any

from shared.channels.callback import Code, Heard, Incoming, Press, Response, Text
from shared.errors import Permanent
from shared.events import derived_id

CODES = {
    "acknowledge": "a",
    "unacknowledge": "ua",
    "confirm": "c",
    "resolve": "r",
    "unresolve": "ur",
    "unsilence": "us",
}
_ACTIONS = {code: action for action, code in CODES.items()}
_DATA = re.compile(r"(a|ua|c|r|ur|us|s([0-9]{1,8})):(.{1,50})")
_START = re.compile(r"/start(?:@\w+)?\s+([A-Za-z0-9_-]{1,64})\s*")
_ANSWER_LIMIT = 200


def has_secret(incoming: Incoming, secret: str) -> bool:
    """Whether the update carries the secret; without one nothing is believed."""
    given = incoming.headers.get("x-telegram-bot-api-secret-token", "")
    return bool(secret) and hmac.compare_digest(secret.encode(), given.encode())


def hear(incoming: Incoming) -> Heard:
    """Return what an update tells; kinds of updates that we did not ask for tell nothing.

    Raises:
        Permanent: the body is not an update, or a button is none of ours.
    """
    update = _update(incoming)
    if isinstance(update.get("callback_query"), dict):
        return Heard(presses=(_pressed(update["callback_query"]),))
    message = update.get("message")
    if not isinstance(message, dict) or (message.get("chat") or {}).get("type") != "private":
        return Heard()
    text, chat = str(message.get("text") or ""), str(message["chat"].get("id", ""))
    sender = message.get("from") or {}
    started = _START.fullmatch(text)
    if started:
        return Heard(codes=(Code(started[1], chat, str(sender.get("username") or "")),))
    id = f"{chat}:{message.get('message_id', '')}"
    return Heard(texts=(Text(id, str(sender.get("id", "")), text),))


def answer(incoming: Incoming, words: str) -> Response:
    """Answer in the response itself: a note at the button, or a message in the chat."""
    update = _update(incoming)
    query, message = update.get("callback_query"), update.get("message")
    body: dict[str, Any] = {}
    if isinstance(query, dict):
        text = words[:_ANSWER_LIMIT]
        body = {"method": "answerCallbackQuery", "callback_query_id": query.get("id"), "text": text}
        if text.startswith("Not"):
            body["show_alert"] = True
    elif words and isinstance(message, dict):
        body = {"method": "sendMessage", "chat_id": message["chat"]["id"], "text": words}
    return Response(200, "application/json", json.dumps(body).encode())


def _pressed(query: dict[str, Any]) -> Press:
    found = _DATA.fullmatch(str(query.get("data", "")))
    sender = query.get("from") or {}
    if found is None or not sender.get("id") or not query.get("id"):
        raise Permanent("a button of Telegram without the value that we gave it")
    message = query.get("message") or {}
    delay_s = int(found[2]) if found[2] else 0
    return Press(
        id=derived_id("telegram", query["id"]),
        action=_ACTIONS.get(found[1], "silence"),
        group_id=found[3],
        user_id=str(sender["id"]),
        user_name=str(sender.get("username") or ""),
        delay_s=delay_s or None,
        handle=f"{(message.get('chat') or {}).get('id', '')}:{message.get('message_id', '')}",
    )


def _update(incoming: Incoming) -> dict[str, Any]:
    try:
        update = json.loads(incoming.body)
    except ValueError as error:
        raise Permanent("not an update of Telegram") from error
    if not isinstance(update, dict):
        raise Permanent("not an update of Telegram")
    return update
