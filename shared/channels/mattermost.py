"""Mattermost: posts with buttons, to people and into channels, edited in place and found again by what they carry."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from pydantic import BaseModel, Field, SecretStr

from shared.channels import mattermost_press
from shared.channels.answers import json_object, line, passing
from shared.channels.callback import Callbacks
from shared.channels.channel import (
    Absent,
    Call,
    Channel,
    Chat,
    HttpCall,
    HttpReply,
    Message,
    Notice,
    Opening,
    Outcome,
    Reply,
)
from shared.channels.group_state import COLOURS, actions_of, state_words
from shared.domain.markup import cut
from shared.domain.send_outcome import NoWord, Refused, Retry, Sent

# Mattermost takes 16383 signs in a message; attachments are counted apart.
_TEXT_LIMIT = 6000
_TITLE_LIMIT = 300
_NOTE_LIMIT = 500
_PAGE = 200
_PAGE_BYTES = 8 * 1024 * 1024
_ID = re.compile(r"[a-z0-9]{26}")
_LABELS = {"silence": "Silence 30 min"}
_GONE = frozenset(
    {"api.post.update_post.find.app_error", "app.post.get.app_error", "store.sql_post.get.app_error"}
)


class MattermostSettings(BaseModel):
    """The server and the bot."""

    url: str = Field(default="", description="of the server, without /api")
    bot_token: SecretStr = SecretStr("")
    bot_user_id: str = Field(default="", description="the bot's own user id, for direct messages")
    timeout_s: float = 15.0


def unready(settings: MattermostSettings) -> str | None:
    """Return what is missing before anything can be posted."""
    for name in ("url", "bot_user_id"):
        if not getattr(settings, name):
            return f"Mattermost is not set up: TOCSIN_MATTERMOST_{name.upper()} is empty"
    if not settings.bot_token.get_secret_value():
        return "Mattermost is not set up: TOCSIN_MATTERMOST_BOT_TOKEN is empty"
    return None


def address(text: str) -> str | None:
    """Return the id of a user, None when it is none."""
    found = text.strip()
    return found if _ID.fullmatch(found) else None


def open_conversation(target: str, settings: MattermostSettings) -> Call:
    """Describe the opening of the direct channel between the bot and a person."""
    return _call("POST", "channels/direct", [settings.bot_user_id, target], settings)


def opened(reply: Reply) -> str | Retry | Refused:
    """Return the id of the direct channel."""
    judged = _judged(reply)
    if isinstance(judged, NoWord):
        return Retry(judged.reason)
    if not isinstance(judged, dict):
        return judged
    return str(judged["id"]) if judged.get("id") else Refused("Mattermost opened a channel without naming it")


def post(message: Message, target: str, settings: MattermostSettings) -> Call:
    """Describe a new post in the channel `target`."""
    return _call("POST", "posts", {"channel_id": target, **_body(message)}, settings)


def edit(message: Message, handle: str, settings: MattermostSettings) -> Call:
    """Describe the change of the post that `handle` names, in place."""
    id = handle.rpartition(":")[2]
    return _call("PUT", f"posts/{quote(id, safe='')}/patch", _body(message), settings)


def notice(notice: Notice, target: str, settings: MattermostSettings) -> Call:
    """Describe plain words to a person."""
    text = f"**{_text(notice.title, _TITLE_LIMIT)}**\n{_text(notice.text, _TEXT_LIMIT)}"
    return _call("POST", "posts", {"channel_id": target, "message": text}, settings)


def find(
    message: Message, target: str, since: datetime, cursor: str | None, settings: MattermostSettings
) -> Call:
    """Describe a look at the channel's posts since a minute before `since`."""
    query = {"since": str(int((since - timedelta(minutes=1)).timestamp() * 1000)), "per_page": str(_PAGE)}
    path = f"channels/{quote(target, safe='')}/posts?{urlencode(query)}"
    return _call("GET", path, None, settings, _PAGE_BYTES)


def found(reply: Reply, message: Message, target: str) -> Sent | Absent | Retry | Refused:
    """Return the post's handle if the channel holds it."""
    judged = _judged(reply)
    if isinstance(judged, NoWord):
        return Retry(judged.reason)
    if not isinstance(judged, dict):
        return judged
    for id, one in (judged.get("posts") or {}).items():
        if (one.get("props") or {}).get(mattermost_press.PROP) == message.id and not one.get("delete_at"):
            return Sent(handle=f"{target}:{id}")
    return Absent()


def place(handle: str) -> str:
    """Return the id of the channel that a post is in."""
    return handle.partition(":")[0]


def read(reply: Reply) -> Outcome:
    """Judge the answer to a post or an edit; the handle is channel id and post id."""
    judged = _judged(reply)
    if not isinstance(judged, dict):
        return judged
    channel, id = judged.get("channel_id"), judged.get("id")
    return (
        Sent(handle=f"{channel}:{id}") if channel and id else NoWord("Mattermost took it without naming it")
    )


def _judged(reply: Reply) -> dict[str, Any] | Retry | Refused | NoWord:
    judged = passing(reply, "Mattermost")
    if not isinstance(judged, HttpReply):
        return judged
    body = json_object(judged)
    if judged.status in (200, 201):
        return body
    id, said = (
        str(body.get("id", "")),
        line(body.get("message", "no reason given: is TOCSIN_MATTERMOST_URL right?")),
    )
    return Refused(f"Mattermost answered {judged.status}: {said}", gone=judged.status == 404 or id in _GONE)


def _body(message: Message) -> dict[str, Any]:
    group = message.group
    number = f" #{group.number}" if group.number is not None else ""
    head = f"[{group.state.value.upper()}]{number} " if message.about == 1 else ""
    title = head + (" ".join(_text(message.card.title, _TITLE_LIMIT).split()) or "Alert")
    attachment: dict[str, Any] = {
        "fallback": title,
        "color": COLOURS[group.state],
        "title": title,
        "text": _text(
            "\n\n".join(part for part in (message.note[:_NOTE_LIMIT], message.card.message) if part),
            _TEXT_LIMIT,
        ),
        "footer": _footer(message),
    }
    if message.url.startswith(("https://", "http://")):
        attachment["title_link"] = message.url
    if message.card.image_url:
        attachment["image_url"] = message.card.image_url
    actions = _actions(message)
    if actions:
        attachment["actions"] = actions
    return {"message": "", "props": {"attachments": [attachment], mattermost_press.PROP: message.id}}


def _footer(message: Message) -> str:
    return f"{message.about} alert groups" if message.about > 1 else state_words(message.group)


def _actions(message: Message) -> list[dict[str, Any]]:
    """Return the buttons; where they lead goes from server to server only, with a ticket that says it is ours."""
    ticket = message.tickets.get(mattermost_press.TICKET, "")
    if not ticket or not message.callback_url or message.about > 1:
        return []
    url = f"{message.callback_url.rstrip('/')}/mattermost/press?{urlencode({'ticket': ticket})}"
    return [
        {
            "id": one,
            "type": "button",
            "name": _LABELS.get(one, one.capitalize()),
            "style": "primary" if one in ("acknowledge", "resolve", "confirm") else "default",
            "integration": {"url": url, "context": {"action": one}},
        }
        for one in actions_of(message.group)
    ]


def _text(text: str, limit: int) -> str:
    return cut(text.encode("utf-8", "replace").decode().replace("\x00", ""), limit)


def _call(
    method: str, path: str, body: Any, settings: MattermostSettings, read_limit_bytes: int = 64 * 1024
) -> HttpCall:
    headers = {"Authorization": f"Bearer {settings.bot_token.get_secret_value()}"}
    payload = None
    if body is not None:
        headers["Content-Type"] = "application/json"
        payload = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    url = f"{settings.url.rstrip('/')}/api/v4/{path}"
    return HttpCall(
        method, url, headers, payload, settings.timeout_s, trusted=True, read_limit_bytes=read_limit_bytes
    )


CHANNEL = Channel(
    slug="mattermost",
    title="Mattermost",
    prefix="mattermost_",
    settings=MattermostSettings,
    unready=unready,
    post=post,
    read=read,
    kind="mattermost",
    pages=("mattermost",),
    address=address,
    opening=Opening(open_conversation, opened),
    notice=notice,
    callbacks=Callbacks(
        lambda incoming, settings: True, mattermost_press.hear, mattermost_press.answer, is_ticketed=True
    ),
    chat=Chat(place=place, edit=edit, find=find, found=found),
)
