"""Telegram: HTML messages with buttons, to people and to groups, edited in place when the alert group changes."""

from __future__ import annotations

import json
import re
from html import escape
from typing import Any

from pydantic import BaseModel, Field, SecretStr

from shared.channels import telegram_updates
from shared.channels.answers import json_object, line, passing
from shared.channels.callback import Callbacks, Incoming
from shared.channels.channel import Call, Channel, Chat, HttpCall, HttpReply, Message, Notice, Outcome, Reply
from shared.channels.group_state import actions_of, state_words
from shared.channels.telegram_updates import CODES
from shared.domain.markup import telegram_html
from shared.domain.model import State
from shared.domain.send_outcome import NoWord, Refused, Retry, Sent

# Telegram takes 4096; signs outside the basic plane are counted twice here, to be sure.
_LIMIT = 3900
_TITLE_LIMIT = 600
_NOTE_LIMIT = 500
_CHAT = re.compile(r"-?[0-9]{1,20}|@[A-Za-z0-9_]{5,32}")
_BREAK = re.compile(r"</(?:p|div|li|tr|h[1-6]|table|ul|ol)>|<br\s*/?>", re.IGNORECASE)
_SILENCES = ((1800, "Silence 30 min"), (3600, "1 h"), (14400, "4 h"), (None, "for ever"))
_GONE = ("message to edit not found", "message can't be edited", "MESSAGE_ID_INVALID")
_HINTS = {
    "bot was blocked by the user": "the person has blocked the bot",
    "bot can't initiate conversation": "the person has not started the bot yet",
    "chat not found": "there is no such chat, or the bot is not in it",
    "Unauthorized": "TOCSIN_TELEGRAM_TOKEN is not valid",
}


class TelegramSettings(BaseModel):
    """The bot, and what proves that updates come from Telegram."""

    api_url: str = "https://api.telegram.org"
    token: SecretStr = Field(default=SecretStr(""), description="of the bot, from @BotFather")
    webhook_secret: SecretStr = Field(
        default=SecretStr(""), description="given to setWebhook as secret_token"
    )
    timeout_s: float = 15.0


def unready(settings: TelegramSettings) -> str | None:
    """Return what is missing before anything can be sent."""
    return (
        None
        if settings.token.get_secret_value()
        else "Telegram is not set up: TOCSIN_TELEGRAM_TOKEN is empty"
    )


def address(text: str) -> str | None:
    """Return a chat's id or public name, None when it is neither."""
    found = text.strip()
    return found if _CHAT.fullmatch(found) else None


def post(message: Message, target: str, settings: TelegramSettings) -> Call:
    """Describe a new message in the chat `target`."""
    return _call("sendMessage", {"chat_id": target, **_body(message)}, settings)


def edit(message: Message, handle: str, settings: TelegramSettings) -> Call:
    """Describe the change of the message that `handle` names, in place."""
    chat, _, id = handle.rpartition(":")
    return _call("editMessageText", {"chat_id": chat, "message_id": int(id), **_body(message)}, settings)


def notice(notice: Notice, target: str, settings: TelegramSettings) -> Call:
    """Describe plain words to a person."""
    text = (
        f"<b>{escape(_clean(notice.title))[:_TITLE_LIMIT]}</b>\n{escape(_clean(notice.text)[: _LIMIT // 4])}"
    )
    return _call("sendMessage", {"chat_id": target, "text": text, "parse_mode": "HTML"}, settings)


def read(reply: Reply) -> Outcome:
    """Judge the answer to a post or an edit; the handle is chat id and message id."""
    if not isinstance(reply, HttpReply):
        return Refused("an answer that is not HTTP")
    body = json_object(reply)
    if body.get("ok") is True:
        return _sent(body.get("result"))
    said = str(body.get("description", ""))
    if reply.status == 429:
        wait_s = (body.get("parameters") or {}).get("retry_after")
        limited = passing(reply, "Telegram")
        given_s = float(wait_s) if isinstance(wait_s, int | float) else getattr(limited, "wait_s", None)
        return Retry("Telegram limits the rate", given_s)
    judged = passing(reply, "Telegram")
    if not isinstance(judged, HttpReply):
        return judged
    if "message is not modified" in said:
        return Sent()
    moved = (body.get("parameters") or {}).get("migrate_to_chat_id")
    detail = f"the group has become a supergroup, its id is now {moved}" if moved else _hint(said)
    if not said:
        return Refused(f"Telegram answered {reply.status} and no JSON: is the API's address right?")
    return Refused(f"Telegram: {detail}", gone=any(one in said for one in _GONE))


def place(handle: str) -> str:
    """Return the id of the chat that a message is in."""
    return handle.rpartition(":")[0]


def is_authentic(incoming: Incoming, settings: TelegramSettings) -> bool:
    """Whether the update carries the secret that only Telegram was given."""
    return telegram_updates.has_secret(incoming, settings.webhook_secret.get_secret_value())


def _sent(result: Any) -> Sent | NoWord:
    try:
        chat, id = result["chat"], result["message_id"]
        return Sent(handle=f"{chat['id']}:{id}", permalink=_permalink(chat, id))
    except (KeyError, TypeError):
        return NoWord("Telegram said ok without naming the message")


def _permalink(chat: dict[str, Any], id: object) -> str | None:
    """Return the address of a message; only those of supergroups and channels have one."""
    if chat.get("type") not in ("supergroup", "channel"):
        return None
    if chat.get("username"):
        return f"https://t.me/{chat['username']}/{id}"
    number = str(chat["id"])
    return f"https://t.me/c/{number.removeprefix('-100')}/{id}" if number.startswith("-100") else None


def _hint(said: str) -> str:
    return next((hint for part, hint in _HINTS.items() if part in said), line(said))


def _body(message: Message) -> dict[str, Any]:
    body: dict[str, Any] = {
        "text": _text(message),
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
        "disable_notification": False,
    }
    if message.about == 1:
        body["reply_markup"] = {"inline_keyboard": _keyboard(message)}
    return body


def _text(message: Message) -> str:
    group = message.group
    number = f" #{group.number}" if group.number is not None else ""
    head = f"<b>[{group.state.value.upper()}]{number}</b> " if message.about == 1 else ""
    title = telegram_html(_clean(message.card.title), _TITLE_LIMIT, "…").strip() or "Alert"
    parts = [head + title]
    if message.note:
        parts.append(f"<i>{escape(_clean(message.note)[:_NOTE_LIMIT])}</i>")
    if message.about == 1:
        parts.append(escape(state_words(message.group)))
    if message.url.startswith(("https://", "http://")):
        parts.append(f'<a href="{escape(message.url)}">open</a>')
    frame = "\n".join(parts)
    text = _fitting(_clean(_BREAK.sub("\n", message.card.message)), _LIMIT - _units(frame))
    return "\n".join([parts[0], text, *parts[1:]]) if text else frame


def _fitting(text: str, limit: int) -> str:
    """Return the text as HTML that Telegram takes, in at most `limit` of its units."""
    room = limit
    while True:
        shown = telegram_html(text, room, "\n… (trimmed)").strip()
        if _units(shown) <= limit:
            return shown
        room = room * 2 // 3


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _keyboard(message: Message) -> list[list[dict[str, str]]]:
    group = message.group
    rows = [[_button(one.capitalize(), CODES[one], group.id) for one in actions_of(group) if one in CODES]]
    if group.state is State.FIRING:
        rows.append([_button(label, f"s{delay_s or 0}", group.id) for delay_s, label in _SILENCES])
    return rows


def _button(label: str, code: str, group_id: str) -> dict[str, str]:
    return {"text": label, "callback_data": f"{code}:{group_id}"}


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\x00", "")


def _call(method: str, body: dict[str, Any], settings: TelegramSettings) -> HttpCall:
    # Telegram takes the token in the path only; nothing here or in shared/http.py logs a path.
    url = f"{settings.api_url.rstrip('/')}/bot{settings.token.get_secret_value()}/{method}"
    payload = json.dumps(body, ensure_ascii=False).encode()
    return HttpCall(
        "POST", url, {"Content-Type": "application/json"}, payload, settings.timeout_s, trusted=True
    )


CHANNEL = Channel(
    slug="telegram",
    title="Telegram",
    prefix="telegram_",
    settings=TelegramSettings,
    unready=unready,
    post=post,
    read=read,
    kind="telegram",
    pages=("telegram",),
    address=address,
    notice=notice,
    callbacks=Callbacks(is_authentic, telegram_updates.hear, telegram_updates.answer),
    chat=Chat(place=place, edit=edit),
)
