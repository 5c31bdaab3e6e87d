"""Slack: one message per alert group, edited in place, with buttons; found again by its metadata."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from pydantic import BaseModel, Field, SecretStr

from shared.channels import slack_blocks, slack_press
from shared.channels.channel import (
    Absent,
    Call,
    Channel,
    Chat,
    Home,
    HttpCall,
    HttpReply,
    Message,
    Notice,
    Opening,
    Outcome,
    Reply,
)
from shared.domain.delivery import NoWord, Refused, Retry, Sent

# Answers that speak of Slack's health or of our pace, not of the message.
_PASSING = frozenset(
    {
        "ratelimited", "rate_limited", "internal_error", "fatal_error", "service_unavailable", "request_timeout",
        "team_added_to_org", "accesslimited", "message_limit_exceeded",
    }
)  # fmt: skip
_GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
_DEFAULT_WAIT_S = 10.0
_NOTICE_LIMIT = 3000
# What calls everybody in a channel, by its word in a notice.
_CALLS = {"!channel": "<!channel>"}
_MEMBER = re.compile(r"[UW][A-Z0-9]{2,30}")
_PAGE = 100
_PAGE_BYTES = 8 * 1024 * 1024


class SlackSettings(BaseModel):
    """The workspace's app: where its API is and what proves that we are it."""

    api_url: str = "https://slack.com/api/"
    bot_token: SecretStr = Field(
        default=SecretStr(""), description="xoxb-…, scopes chat:write, im:write, channels:history"
    )
    signing_secret: SecretStr = Field(default=SecretStr(""), description="verifies what buttons send back")
    default_channel: str = Field(default="", description="id of the channel of routes that name none")
    timeout_s: float = 15.0


def unready(settings: SlackSettings) -> str | None:
    """Return what is missing before anything can be posted."""
    if not settings.bot_token.get_secret_value():
        return "Slack is not set up: TOCSIN_SLACK_BOT_TOKEN is empty"
    return None


def post(message: Message, target: str, settings: SlackSettings) -> Call:
    """Describe a new message in the channel `target`."""
    more = {"channel": target, "unfurl_links": False, "unfurl_media": False}
    return _call("chat.postMessage", {**more, **slack_blocks.body(message)}, settings)


def address(text: str) -> str | None:
    """Return a member's id, None when it is none."""
    found = text.strip()
    return found if _MEMBER.fullmatch(found) else None


def open_conversation(target: str, settings: SlackSettings) -> Call:
    """Describe the opening of the direct message with a member, which nobody sees."""
    return _call("conversations.open", {"users": target}, settings)


def opened(reply: Reply) -> str | Retry | Refused:
    """Return the id of the conversation."""
    judged = _judged(reply)
    if not isinstance(judged, dict):
        return judged
    id = (judged.get("channel") or {}).get("id")
    return str(id) if id else Refused("Slack opened a conversation without naming it")


def mention(message: Message, target: str, settings: SlackSettings) -> Call | None:
    """Describe the mention of a member in the thread of the group's message, if it has one."""
    channel, _, ts = message.thread.partition(":")
    if not ts:
        return None
    body = {"channel": channel, "thread_ts": ts, "text": f"<@{target}> is paged."}
    return _call("chat.postMessage", body, settings)


def notice(notice: Notice, target: str, settings: SlackSettings) -> Call:
    """Describe plain words to a person, or to a channel, where people may be mentioned."""
    calls = [
        _CALLS.get(one) or f"<@{one}>" for one in notice.mentions if one in _CALLS or _MEMBER.fullmatch(one)
    ]
    words = " ".join([*calls, slack_blocks.escaped(notice.text)])
    text = f"*{slack_blocks.escaped(notice.title)}*\n{words}"
    body = {"channel": target, "text": text[:_NOTICE_LIMIT], "unfurl_links": False}
    return _call("chat.postMessage", body, settings)


def edit(message: Message, handle: str, settings: SlackSettings) -> Call:
    """Describe the change of the message that `handle` names, in place."""
    channel, ts = handle.split(":", 1)
    return _call("chat.update", {"channel": channel, "ts": ts, **slack_blocks.body(message)}, settings)


def find(message: Message, target: str, since: datetime, cursor: str | None, settings: SlackSettings) -> Call:
    """Describe a look at the channel's messages since a minute before `since`, one page at a time."""
    query = {
        "channel": target,
        "oldest": f"{(since - timedelta(minutes=1)).timestamp():.6f}",
        "include_all_metadata": "true",
        "limit": str(_PAGE),
    }
    if cursor:
        query["cursor"] = cursor
    url = _url("conversations.history", settings) + "?" + urlencode(query)
    headers = _headers(settings)
    return HttpCall("GET", url, headers, None, settings.timeout_s, trusted=True, read_limit_bytes=_PAGE_BYTES)


def found(reply: Reply, message: Message, target: str) -> Sent | Absent | Retry | Refused:
    """Return the message's handle if this page of the channel holds it."""
    judged = _judged(reply)
    if not isinstance(judged, dict):
        return judged
    for one in judged.get("messages") or ():
        told = one.get("metadata") or {}
        about = told.get("event_payload") or {}
        if told.get("event_type") == slack_blocks.METADATA_TYPE and about.get("post_id") == message.id:
            return Sent(handle=f"{target}:{one['ts']}")
    cursor = (judged.get("response_metadata") or {}).get("next_cursor")
    return Absent(cursor or None)


def place(handle: str) -> str:
    """Return the id of the channel that a message is in."""
    return handle.split(":", 1)[0]


def ask_home(settings: SlackSettings) -> Call:
    """Describe the question where the workspace is."""
    return _call("auth.test", {}, settings)


def home(reply: Reply) -> str | Retry | Refused:
    """Return the address of the workspace, as https://example.slack.com/."""
    judged = _judged(reply)
    if not isinstance(judged, dict):
        return judged
    url = str(judged.get("url", ""))
    return url if url.startswith("https://") else Refused("Slack named no address of the workspace")


def link(address: str, handle: str) -> str:
    """Return the address of the message that `handle` names."""
    channel, ts = handle.split(":", 1)
    return f"{address.rstrip('/')}/archives/{channel}/p{ts.replace('.', '')}"


def read(reply: Reply) -> Outcome:
    """Judge the answer to a post or an edit; the handle is channel id and timestamp."""
    judged = _judged(reply)
    if not isinstance(judged, dict):
        return judged
    channel, ts = judged.get("channel"), judged.get("ts")
    if not channel or not ts:
        return NoWord("Slack said ok without naming the message")
    return Sent(handle=f"{channel}:{ts}")


def _judged(reply: Reply) -> dict[str, Any] | Retry | Refused:
    """Return the body of a good answer, or what a bad one means."""
    if not isinstance(reply, HttpReply):
        return Refused("an answer that is not HTTP")
    if reply.status == 429:
        return Retry("Slack limits the rate", _wait_s(reply.headers))
    if reply.status >= 500:
        return Retry(f"Slack answered {reply.status}", _wait_s(reply.headers, default=None))
    try:
        body = json.loads(reply.body)
    except ValueError:
        body = None
    if not isinstance(body, dict) or "ok" not in body:
        return Refused(f"Slack answered {reply.status} and no JSON: is the API's address right?")
    return body if body["ok"] else _refused(body, reply)


def _refused(body: dict[str, Any], reply: HttpReply) -> Retry | Refused:
    error = str(body.get("error", "unknown_error"))
    if error in _PASSING:
        return Retry(f"Slack: {error}", _wait_s(reply.headers))
    details = (body.get("response_metadata") or {}).get("messages") or ()
    said = "; ".join(str(one) for one in details)[:300]
    return Refused(f"Slack: {error}" + (f" ({said})" if said else ""), gone=error in _GONE)


def _wait_s(headers: Mapping[str, str], default: float | None = _DEFAULT_WAIT_S) -> float | None:
    given = headers.get("retry-after", "")
    return float(given) if given.isascii() and given.isdecimal() else default


def _call(method: str, body: dict[str, Any], settings: SlackSettings) -> HttpCall:
    headers = {**_headers(settings), "Content-Type": "application/json; charset=utf-8"}
    payload = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    return HttpCall("POST", _url(method, settings), headers, payload, settings.timeout_s, trusted=True)


def _url(method: str, settings: SlackSettings) -> str:
    return settings.api_url.rstrip("/") + "/" + method


def _headers(settings: SlackSettings) -> dict[str, str]:
    return {"Authorization": f"Bearer {settings.bot_token.get_secret_value()}"}


def is_authentic(body: bytes, headers: Mapping[str, str], settings: SlackSettings, now: datetime) -> bool:
    """Whether Slack signed this callback with our secret within the last five minutes."""
    return slack_press.is_signed(body, headers, settings.signing_secret.get_secret_value(), now)


CHANNEL = Channel(
    slug="slack",
    title="Slack",
    prefix="slack_",
    settings=SlackSettings,
    unready=unready,
    post=post,
    read=read,
    kind="slack",
    pages=("slack",),
    address=address,
    opening=Opening(open_conversation, opened),
    also=mention,
    notice=notice,
    chat=Chat(
        place=place,
        edit=edit,
        find=find,
        found=found,
        is_authentic=is_authentic,
        press=slack_press.press,
        home=Home(ask_home, home, link),
    ),
)
