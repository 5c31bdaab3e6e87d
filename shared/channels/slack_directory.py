"""What Slack tells of its user groups, channels and their members: how one asks, page by page, what answers mean."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from shared.channels.channel import HttpCall, HttpReply, Reply
from shared.channels.slack import SlackSettings
from shared.domain.model import Frozen
from shared.domain.people import SlackChannel, UserGroup
from shared.domain.send_outcome import Refused, Retry

# Slack recommends no more than 200; its answers then stay below half a megabyte.
PAGE = 200
READ_LIMIT_BYTES = 8 * 1024 * 1024
DEFAULT_WAIT_S = 30.0
HINTS = {
    "channel_not_found": ": the channel does not exist, or is private and the app is not in it",
    "permission_denied": ": the workspace's settings must let everyone, or the app, change user groups",
    "plan_upgrade_required": ": the workspace's plan has no user groups",
    "invalid_users": ": one of them is a guest, a bot, or not in the workspace any more",
    "failed_for_some_users": ": one of them is not in the workspace of the user group",
    "single_channel_guests_cannot_be_added": ": one of them is a guest",
}
_PASSING = frozenset(
    {"ratelimited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}
)

# The list of one channel's members is named by this and the channel's id.
MEMBERS = "members:"


class Member(Frozen):
    """Somebody in a channel; `id` is Slack's."""

    id: str


Row = UserGroup | SlackChannel | Member


@dataclass(frozen=True)
class Page:
    """Some rows; `cursor` names the page after them, None is the end."""

    rows: tuple[Row, ...]
    cursor: str | None = None


@dataclass(frozen=True)
class Part:
    """One of the lists: how it is asked for, and how one entry is read (None: it does not count)."""

    method: str
    query: Mapping[str, str]
    key: str
    row: Callable[[Any], Row | None]


def call(part: Part, cursor: str | None, settings: SlackSettings) -> HttpCall:
    """Describe the request for one page."""
    query = {**part.query, **({"cursor": cursor} if cursor else {})}
    url = f"{settings.api_url.rstrip('/')}/{part.method}?{urlencode(query)}"
    headers = {"Authorization": f"Bearer {settings.bot_token.get_secret_value()}"}
    return HttpCall(
        "GET", url, headers, None, settings.timeout_s, trusted=True, read_limit_bytes=READ_LIMIT_BYTES
    )


def read(part: Part, reply: Reply) -> Page | Retry | Refused:
    """Return the page in an answer, or what the answer means instead."""
    body = judged(part.method, reply)
    if isinstance(body, Retry | Refused):
        return body
    found = (part.row(one) for one in body.get(part.key) or ())
    cursor = (body.get("response_metadata") or {}).get("next_cursor")
    return Page(tuple(one for one in found if one is not None), cursor or None)


def judged(method: str, reply: Reply) -> Mapping[str, Any] | Retry | Refused:
    """Return the body of a good answer to a method, or what a bad one means."""
    if not isinstance(reply, HttpReply):
        return Refused("an answer that is not HTTP")
    given = reply.headers.get("retry-after", "")
    wait_s = float(given) if given.isascii() and given.isdecimal() else DEFAULT_WAIT_S
    if reply.status == 429 or reply.status >= 500:
        return Retry(f"Slack answered {reply.status} to {method}", wait_s)
    try:
        body = json.loads(reply.body)
    except ValueError:
        body = None
    if not isinstance(body, dict) or "ok" not in body:
        return Refused(f"Slack answered {reply.status} and no JSON to {method}")
    found: Mapping[str, Any] = body
    return found if found["ok"] else _refused(method, found, wait_s)


def _refused(method: str, body: Mapping[str, Any], wait_s: float) -> Retry | Refused:
    error = str(body.get("error", "unknown_error"))
    if error in _PASSING:
        return Retry(f"Slack: {error} ({method})", wait_s)
    hint = f": the app lacks the scope {body['needed']}" if body.get("needed") else HINTS.get(error, "")
    return Refused(f"Slack: {error} ({method}){hint}")


def _group(entry: Any) -> UserGroup | None:
    if not isinstance(entry, dict) or not entry.get("id") or entry.get("date_delete"):
        return None
    members = tuple(str(one) for one in entry.get("users") or ())
    name, handle = str(entry.get("name") or ""), str(entry.get("handle") or "")
    return UserGroup(id=str(entry["id"]), name=name, handle=handle, slack_user_ids=members)


def _channel(entry: Any) -> SlackChannel | None:
    if not isinstance(entry, dict) or not entry.get("id") or entry.get("is_archived"):
        return None
    return SlackChannel(
        id=str(entry["id"]), name=str(entry.get("name") or ""), is_private=bool(entry.get("is_private"))
    )


def _member(entry: Any) -> Member | None:
    return Member(id=entry) if isinstance(entry, str) and entry else None


def part_of(name: str) -> Part:
    """Return the list of that name."""
    if not name.startswith(MEMBERS):
        return PARTS[name]
    query = {"channel": name.removeprefix(MEMBERS), "limit": str(PAGE)}
    return Part("conversations.members", query, "members", _member)


PARTS: Mapping[str, Part] = {
    "user_groups": Part("usergroups.list", {"include_users": "true"}, "usergroups", _group),
    "slack_channels": Part(
        "conversations.list",
        {"types": "public_channel,private_channel", "exclude_archived": "true", "limit": str(PAGE)},
        "channels",
        _channel,
    ),
}
