"""What HTTP answers of providers mean where all of them mean the same: later, nobody knows, or their own word."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from shared.channels.channel import HttpReply, Reply
from shared.domain.send_outcome import NoWord, Refused, Retry


def passing(reply: Reply, who: str) -> HttpReply | Retry | Refused | NoWord:
    """Return the reply when it is the provider's own word on the message, else what it means.

    429 and 503 were surely not done. Any other 5xx may come from in front of the provider, or after it had done
    its work: nobody knows, and a page is not repeated on a guess.
    """
    if not isinstance(reply, HttpReply):
        return Refused("an answer that is not HTTP")
    if reply.status == 429:
        return Retry(f"{who} limits the rate", wait_s(reply.headers))
    if reply.status == 503:
        return Retry(f"{who} answered 503", wait_s(reply.headers))
    if reply.status >= 500:
        return NoWord(f"{who} answered {reply.status}")
    return reply


def wait_s(headers: Mapping[str, str]) -> float | None:
    """Return the wait that the other side asked for, in seconds; a date is no number."""
    given = headers.get("retry-after", "").strip()
    return float(given) if given.isascii() and given.isdecimal() and len(given) < 7 else None


def json_object(reply: HttpReply) -> dict[str, Any]:
    """Return the body when it is a JSON object, else an empty one."""
    try:
        body = json.loads(reply.body)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def line(text: object, limit: int = 300) -> str:
    """Return what a provider said as one printable line."""
    return "".join(sign if sign.isprintable() else " " for sign in str(text))[:limit].strip()


def basic(username: str, password: str) -> str:
    """Return the Authorization header of a login."""
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()
