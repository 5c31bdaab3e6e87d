"""What the receiver holds a request to before it becomes alerts: its body, its limits, the ids that follow from it."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import count
from typing import Any
from urllib.parse import parse_qsl

import orjson

from shared.domain.model import Alert
from shared.errors import Permanent
from shared.integrations.integration_type import Part

MAX_KEY_LENGTH = 255

_FORM = "application/x-www-form-urlencoded"
_PARAMETER = re.compile(r';\s*([\w.-]+)\*?=(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))')


class Refused(Permanent):
    """The request is answered `status` with `reason`, as `{"detail": …}` or as plain text; `word` counts it."""

    def __init__(
        self,
        status: int,
        word: str,
        reason: str,
        as_json: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.word = word
        self.as_json = as_json
        self.headers = dict(headers or {})


@dataclass(frozen=True)
class Limits:
    """How deep a body may nest (a flat object is 1 deep) and how many keys all its objects may have together."""

    depth: int
    keys: int


def alert_id(integration_id: str, key: str, index: int = 0) -> str:
    """Return the id of the alert that a request with this idempotency key makes; anybody can compute it.

    It is uuid5(NAMESPACE_URL, "tocsin:<integration id>/<key>"), as a shell has it with
    `uuidgen --sha1 --namespace @url --name "tocsin:CABC/my-key"`. The second alert of one body
    is uuid5(that id, "1"), the third uuid5(that id, "2"), and so on.
    """
    return numbered_id(str(uuid.uuid5(uuid.NAMESPACE_URL, f"tocsin:{integration_id}/{key}")), index)


def numbered_id(first_id: str, index: int) -> str:
    """Return the id of alert number `index` (from 0) of a body whose first alert is `first_id`."""
    return first_id if index == 0 else str(uuid.uuid5(uuid.UUID(first_id), str(index)))


def idempotency_key(headers: Mapping[str, str]) -> str | None:
    """Return what a sender's retry has in common with its first try, or None when it does not say.

    `Idempotency-Key` as it is; else, for a CloudEvent in binary mode, `<ce-source> <ce-id>`
    (`ce-id` alone is unique within its source only).

    Raises:
        Refused: longer than 255 characters.
    """
    key = headers.get("Idempotency-Key", "").strip()
    if not key and headers.get("ce-id"):
        key = f"{headers.get('ce-source', '')} {headers['ce-id']}".strip()
    if len(key) > MAX_KEY_LENGTH:
        raise Refused(400, "key", f"The idempotency key is longer than {MAX_KEY_LENGTH} characters.")
    return key or None


def alerts_of(parts: Sequence[Part], integration_id: str, first_id: str, at: datetime) -> list[Alert]:
    """Return the alerts of one body: their order shows in `received_at`, one microsecond apart."""
    return [
        Alert(
            id=numbered_id(first_id, index),
            integration_id=integration_id,
            received_at=at + timedelta(microseconds=index),
            payload=part.payload,
            instance=part.instance,
            ends_at=part.ends_at,
        )
        for index, part in enumerate(parts)
    ]


def parse(body: bytes, content_type: str, limits: Limits) -> Any:
    """Return the payload that a request body holds: JSON, form or multipart fields (last one of a name wins).

    An empty body is `{}`. JSON without a content type, or under that of a form (`curl -d` says so
    unless it is told otherwise), is read as JSON.

    Raises:
        Refused: 415 for other content types; 400 for what cannot be read, is `null` or passes a limit.
    """
    media, parameters = _media_type(content_type)
    if not body.strip():
        return {}
    if media in ("", "application/json") or media.endswith("+json"):
        return _parse_json(body, parameters.get("charset", "utf-8"), limits)
    if media == _FORM:
        disguised = _json_object(body, limits)
        return _form(body, limits) if disguised is None else disguised
    if media == "multipart/form-data":
        return _multipart(body, parameters.get("boundary", ""), limits)
    raise Refused(415, "media_type", f'Unsupported media type "{content_type}" in request.', as_json=True)


@lru_cache(maxsize=256)
def _media_type(content_type: str) -> tuple[str, Mapping[str, str]]:
    media = content_type.split(";", 1)[0].strip().lower()
    return media, _parameters(content_type)


def _parameters(header: str) -> dict[str, str]:
    return {name.lower(): quoted or plain for name, quoted, plain in _PARAMETER.findall(header)}


def _parse_json(body: bytes, charset: str, limits: Limits) -> Any:
    try:
        text = _as_utf8(body, charset)
        payload = _load(text)
    except (ValueError, LookupError) as error:
        raise Refused(400, "malformed", f"JSON parse error - {error}", as_json=True) from error
    except RecursionError as error:
        raise Refused(400, "depth", _too_deep(limits)) from error
    if payload is None:
        raise Refused(400, "null", "A payload is required: the body is null.")
    _hold(payload, text, limits)
    return payload


def _as_utf8(body: bytes, charset: str) -> bytes:
    if charset.lower() not in ("utf-8", "utf8"):
        return body.decode(charset).encode()
    return body.removeprefix(b"\xef\xbb\xbf")


def _load(body: bytes) -> Any:
    """Half of a surrogate pair (a sender cut its text inside an emoji) becomes "?", it is no reason to refuse."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        if "surrogate" not in str(error):
            raise
        mended = json.dumps(json.loads(body), ensure_ascii=False).encode("utf-8", "replace")
        return orjson.loads(mended)


def _json_object(body: bytes, limits: Limits) -> Any | None:
    if not body.lstrip().startswith(b"{"):
        return None
    try:
        payload = _load(body)
    except (ValueError, RecursionError):
        return None
    _hold(payload, body, limits)
    return payload


def _hold(payload: Any, text: bytes, limits: Limits) -> None:
    """Refuse what passes a limit; the brackets and colons of the text tell in most cases that nothing can."""
    if text.count(b"{") + text.count(b"[") <= limits.depth and text.count(b":") <= limits.keys:
        return
    keys = 0
    level = _containers([payload])
    for depth in count(1):
        if not level:
            return
        if depth > limits.depth:
            raise Refused(400, "depth", _too_deep(limits))
        keys += sum(len(one) for one in level if isinstance(one, dict))
        if keys > limits.keys:
            raise Refused(400, "keys", f"The body has more than {limits.keys} keys.")
        level = _containers(child for one in level for child in _children(one))


def _containers(values: Iterable[Any]) -> list[Any]:
    return [one for one in values if isinstance(one, dict | list)]


def _children(one: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return one.values() if isinstance(one, dict) else one


def _too_deep(limits: Limits) -> str:
    return f"The body is nested deeper than {limits.depth} levels."


def _form(body: bytes, limits: Limits) -> dict[str, str]:
    if body.count(b"&") >= limits.keys:
        raise Refused(400, "keys", f"The body has more than {limits.keys} keys.")
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, errors="replace"))
    except ValueError as error:
        raise Refused(400, "malformed", f"Form parse error - {error}", as_json=True) from error


def _multipart(body: bytes, boundary: str, limits: Limits) -> dict[str, str]:
    parts = (b"\r\n" + body).split(b"\r\n--" + boundary.encode())
    if not boundary or len(parts) < 2 or not parts[-1].startswith(b"--"):
        raise Refused(400, "malformed", "Multipart form parse error - no closing boundary", as_json=True)
    if len(parts) - 2 > limits.keys:
        raise Refused(400, "keys", f"The body has more than {limits.keys} keys.")
    return dict(_part(part) for part in parts[1:-1])


def _part(part: bytes) -> tuple[str, str]:
    head, _, value = part.partition(b"\r\n\r\n")
    for line in head.decode(errors="replace").split("\r\n"):
        name, _, rest = line.partition(":")
        if name.strip().lower() == "content-disposition":
            parameters = _parameters(rest)
            if "filename" in parameters:
                raise Refused(400, "file", "File uploads are not allowed.")
            if "name" in parameters:
                return parameters["name"], value.decode(errors="replace")
    raise Refused(400, "malformed", "Multipart form parse error - a part without a name", as_json=True)
