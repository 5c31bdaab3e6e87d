"""Outgoing webhooks: what an alert group's event looks like to a URL, and what its answer means (reference 9)."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from pydantic import BaseModel

from shared.channels.channel import Call, Channel, HttpCall, HttpReply, Outcome, Reply
from shared.domain.delivery import CONTENT_LIMIT, Answer, Refused, Retry, Sent
from shared.domain.webhook_signature import signed_headers
from shared.errors import Permanent

_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
METHODS = _WITH_BODY | {"GET", "DELETE", "OPTIONS"}
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_BREAKS = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
# The request's own frame; a user's header that contradicts it would make the request unreadable.
_FRAME = frozenset({"content-length", "transfer-encoding", "connection", "host", "idempotency-key"})
LONGEST_ASKED_WAIT_S = 3600.0


class WebhookSettings(BaseModel):
    """What holds for every outgoing webhook."""

    timeout_s: float = 10.0


@dataclass(frozen=True)
class Credentials:
    """A webhook's secrets in clear; they exist only between the ledger and the request."""

    username: str = ""
    password: str = field(default="", repr=False)
    authorization: str = field(default="", repr=False)
    signing: tuple[str, ...] = field(default=(), repr=False)

    @property
    def all(self) -> tuple[str, ...]:
        """What must be shown nowhere."""
        return (self.password, self.authorization, *self.signing)


@dataclass(frozen=True)
class Pieces:
    """A webhook's templates, rendered. `data` is None when the whole event is forwarded."""

    url: str
    headers: str = ""
    data: str | None = None


@dataclass(frozen=True)
class Request:
    """One webhook call, ready to go. `id` is the ledger row's, sent along so that receivers can tell repeats."""

    id: str
    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None


def request(
    id: str, method: str, pieces: Pieces, event: Mapping[str, Any], credentials: Credentials
) -> Request:
    """Build the request from the rendered pieces; only POST, PUT and PATCH carry a body.

    Raises:
        Permanent: the pieces make no request; the reason is for the webhook's owner.
    """
    if method not in METHODS:
        raise Permanent(f"method {method} is not one of {', '.join(sorted(METHODS))}")
    url = pieces.url.strip()
    if not url.lower().startswith(("http://", "https://")):
        raise Permanent(f"the url must begin with http:// or https://, it is {url[:100]!r}")
    content_type, body = _body(method, pieces, event)
    headers = {"Content-Type": content_type} if content_type else {}
    for name, value in _headers(pieces.headers).items():
        headers = {old: kept for old, kept in headers.items() if old.lower() != name.lower()} | {name: value}
    return Request(id, method, url, {**_authorized(headers, credentials), "Idempotency-Key": id}, body)


def signed(request: Request, credentials: Credentials, now: datetime) -> Request:
    """Return the request with its signature headers; unchanged when the webhook has no signing secret."""
    headers = signed_headers(request.id, now, request.body or b"", credentials.signing)
    if not headers:
        return request
    kept = {name: text for name, text in request.headers.items() if name.lower() not in headers}
    return replace(request, headers={**kept, **headers})


def _body(method: str, pieces: Pieces, event: Mapping[str, Any]) -> tuple[str, bytes | None]:
    if method not in _WITH_BODY:
        return "", None
    if pieces.data is None:
        return "application/json", json.dumps(event, ensure_ascii=False).encode("utf-8", "replace")
    try:
        value = json.loads(pieces.data)
    except ValueError:
        return "text/plain; charset=utf-8", pieces.data.encode("utf-8", "replace")
    return "application/json", json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")


def _headers(text: str) -> dict[str, str]:
    if not text.strip():
        return {}
    try:
        given = json.loads(text)
    except ValueError as error:
        raise Permanent(f"the headers are not JSON: {error}") from error
    if not isinstance(given, dict):
        raise Permanent("the headers are not a JSON object")
    headers = {str(name).strip(): str(value).strip() for name, value in given.items()}
    for name, value in headers.items():
        if not _NAME.fullmatch(name) or _BREAKS.search(value):
            raise Permanent(f"header {name[:60]!r} is not a valid header")
        if name.lower() in _FRAME:
            raise Permanent(f"header {name} cannot be set")
    return headers


def _authorized(headers: dict[str, str], credentials: Credentials) -> dict[str, str]:
    """Put the credentials in the place of whatever the headers say; the authorization header wins."""
    value = credentials.authorization
    if not value and credentials.username:
        pair = f"{credentials.username}:{credentials.password}"
        value = "Basic " + base64.b64encode(pair.encode()).decode()
    if not value:
        return headers
    if _BREAKS.search(value):
        raise Permanent("the authorization header is not a valid header")
    kept = {name: text for name, text in headers.items() if name.lower() != "authorization"}
    return {**kept, "Authorization": value}


def unready(settings: WebhookSettings) -> str | None:
    """Return None: a webhook needs nothing but itself."""
    return None


def post(message: Request, target: str, settings: WebhookSettings) -> Call:
    """Describe the call; `target` is the URL."""
    return HttpCall(message.method, target, message.headers, message.body, settings.timeout_s)


def read(reply: Reply) -> Outcome:
    """Judge the answer: 2xx and 3xx took it, 429 and 5xx later, anything else never."""
    if not isinstance(reply, HttpReply):
        return Refused("an answer that is not HTTP")
    answer = Answer(reply.status, reply.body.decode("utf-8", "replace")[:CONTENT_LIMIT])
    if reply.status < 400:
        return Sent(answer=answer)
    said = f"the webhook answered {reply.status}"
    if reply.status == 429 or reply.status >= 500:
        return Retry(said, _asked_wait_s(reply.headers), answer)
    return Refused(said, answer)


def _asked_wait_s(headers: Mapping[str, str]) -> float | None:
    """Return the wait that an answer asks for, in seconds or as a date; an hour at most."""
    given = headers.get("retry-after", "")
    if given.isascii() and given.isdecimal():
        return min(float(given), LONGEST_ASKED_WAIT_S)
    try:
        wait = parsedate_to_datetime(given) - parsedate_to_datetime(headers.get("date", ""))
    except (TypeError, ValueError):
        return None
    return min(max(wait.total_seconds(), 0.0), LONGEST_ASKED_WAIT_S)


CHANNEL = Channel(
    slug="webhook",
    title="Outgoing webhook",
    prefix="webhook_",
    settings=WebhookSettings,
    unready=unready,
    post=post,
    read=read,
    repeats_unknown=True,
)
