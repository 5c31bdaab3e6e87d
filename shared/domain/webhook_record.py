"""What people are shown of one evaluation of a webhook: what was sent, with every secret in it masked."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from shared.domain.model import Frozen

MASKED = "****************"
LIMIT = 50_000
_SECRET = re.compile(
    r"authori[sz]ation|cookie|token|secret|passw|api[-_]?key|access[-_]?key|private[-_]?key|signature|credential",
    re.IGNORECASE,
)


class RunRecord(Frozen):
    """One evaluation: the request as far as it was made, the event it was made of. All of it is masked.

    `trigger` is what the trigger template said, `event` the event as JSON's types or a note in its place.
    """

    method: str = ""
    url: str | None = None
    headers: dict[str, str] | None = None
    data: str | None = None
    trigger: str | None = None
    event: Any = None


def masked_headers(headers: Mapping[str, str], secrets: Iterable[str] = ()) -> dict[str, str]:
    """Return headers as people are shown them."""
    known = list(secrets)
    return {name: MASKED if _SECRET.search(name) else _without(text, known) for name, text in headers.items()}


def masked_data(body: bytes | None, secrets: Iterable[str] = ()) -> str | None:
    """Return a body as people are shown it, at most LIMIT characters of it."""
    if body is None:
        return None
    text = _without(body.decode("utf-8", "replace"), secrets)
    try:
        text = json.dumps(masked(json.loads(text)), ensure_ascii=False)
    except ValueError:
        pass
    return text if len(text) <= LIMIT else f"{text[:LIMIT]}… ({len(text)} characters)"


def masked_event(event: Mapping[str, Any]) -> Any:
    """Return an event as people are shown it; of a very big one only its size."""
    shown = masked(event)
    size = len(json.dumps(shown, ensure_ascii=False))
    return shown if size <= LIMIT else f"The event has {size} characters and is not kept."


def masked(value: Any) -> Any:
    """Return a JSON value with what stands under names of secrets masked."""
    if isinstance(value, Mapping):
        return {
            key: MASKED if _SECRET.search(str(key)) and isinstance(one, str) and one else masked(one)
            for key, one in value.items()
        }
    if isinstance(value, list | tuple):
        return [masked(one) for one in value]
    return value


def masked_url(url: str) -> str:
    """Return a URL without its password and without the values of its query that are named like secrets."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    netloc = parts.netloc
    if "@" in netloc:
        user, _, host = netloc.rpartition("@")
        netloc = f"{user.partition(':')[0]}:***@{host}" if ":" in user else netloc
    query = parts.query
    pairs = parse_qsl(query, keep_blank_values=True)
    if any(_SECRET.search(name) for name, _ in pairs):
        query = urlencode([(name, "***" if _SECRET.search(name) else text) for name, text in pairs], safe="*")
    return urlunsplit(parts._replace(netloc=netloc, query=query))


def _without(text: str, secrets: Iterable[str]) -> str:
    for one in secrets:
        if one:
            text = text.replace(one, MASKED)
    return text
