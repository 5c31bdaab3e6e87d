"""The filters that Tocsin adds to OnCall's: they read whatever a tool sends without failing or printing "None".

"Given" means: there, not null (nor the word), not blank, not an empty list or object, not a placeholder that
the tool left as it was (`$EVENT_TITLE`, `${node.name}`, `{EVENT.NAME}`). 0 and false are given.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

from jinja2.runtime import Undefined

from shared.templates.filters import iso8601_to_time

SPOKEN_ENTRIES = 20
# Unix times from 2001 to 2286 in s, ms, µs and ns, told apart by their size.
_UNITS = ((1e18, 1e9), (1e15, 1e6), (1e12, 1e3), (1e9, 1.0))
_LATEST = 1e10
# What tools leave where there is no value: a null made text, or a placeholder that nobody filled in.
_HOLES = frozenset({"none", "null", "undefined", "*unknown*"})
_PLACEHOLDER = re.compile(r"\$[A-Z][A-Z0-9_]{2,}|\$!?\{[\w.]+\}|\{\$?[A-Z][A-Z0-9_.]*\}")
_LONGEST_HOLE = 100
# What a hole can begin with: most texts need no further look.
_HOLE_BEGINS = frozenset({"", *"$*{nNuU"})
# What tools write in the place of a time that there is not.
_NO_TIME = ("0001-01-01", "0000-00-00")
_SLACK = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_IN_LINK = str.maketrans(
    {" ": "%20", "(": "%28", ")": "%29", "<": "%3C", ">": "%3E", '"': "%22", "|": "%7C", "\n": "", "\r": ""}
)


def is_given(value: Any) -> bool:
    """Whether a value says anything; see the file's first lines."""
    if value is None or isinstance(value, Undefined):
        return False
    if isinstance(value, str):
        first = value[:1]
        if first not in _HOLE_BEGINS and not first.isspace():
            return True
        return value.strip() != "" and not _is_hole(value)
    return not isinstance(value, list | dict | tuple) or len(value) > 0


def _is_hole(text: str) -> bool:
    if len(text) > _LONGEST_HOLE:
        return False
    text = text.strip()
    return text.lower() in _HOLES or _PLACEHOLDER.fullmatch(text) is not None


def object_of(value: Any) -> dict[str, Any]:
    """The value when it is an object, else an empty one: what has no place reads as missing."""
    return value if isinstance(value, dict) else {}


def entries(value: Any) -> list[Any]:
    """The value when it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def besides(value: Any, other: Any) -> dict[str, Any]:
    """The fields of an object whose names another object has not."""
    known = object_of(other)
    return {name: one for name, one in object_of(value).items() if name not in known}


def any_of(values: Any) -> Any:
    """The first of some values that is given, else ""."""
    return next((one for one in _several(values) if is_given(one)), "")


def words(value: Any) -> str:
    """A value as it reads in a sentence: on one line, without quotes and braces; "" when it is not given."""
    return " ".join(_text(value).split())


def joined(values: Any, separator: str = " ") -> str:
    """The given ones of some values as words (or, with line breaks between, as they are), put together."""
    read = _text if "\n" in separator else words
    return separator.join(text for text in (read(one) for one in _several(values)) if text)


def identity(values: Any) -> str:
    """The text that two alerts share exactly when all these values are equal; "" when none is there.

    It is a JSON list, so that no separator inside a value can make two problems one: an id of 0 or "" is
    told from a missing one, which is null.
    """
    parts = [None if isinstance(one, Undefined) else one for one in _several(values)]
    if all(one is None for one in parts):
        return ""
    return json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)


def when(value: Any) -> str:
    """A time (ISO 8601, or Unix seconds to nanoseconds) as people read it, in UTC; anything else as words."""
    at = _instant(value)
    if at is not None:
        return at.isoformat(" ", "seconds")[:19] + " UTC"
    text = words(value)
    return "" if text.startswith(_NO_TIME) or value in (0, "0") else text


def absolute(value: Any, base: Any = "") -> str:
    """An http(s) address as it is, a relative one completed from `base`; "" when neither makes an address."""
    link = value.strip() if isinstance(value, str) else ""
    if not link:
        return ""
    root = base.strip() if isinstance(base, str) else ""
    if link.startswith("//"):
        link = f"{'https' if not root else _scheme(root)}:{link}"
    if _scheme(link) in ("http", "https"):
        return _with_host(link)
    if _scheme(link) or _scheme(root) not in ("http", "https"):
        return ""
    return _with_host(_joined_url(root, link))


def facts(pairs: Any, medium: str = "markdown") -> str:
    """[[name, value], …] as one line each in a medium's mark-up (markdown, slack, telegram); others are left out."""
    bold = _BOLD[medium]
    lines = [(words(name), words(value)) for name, value in _pairs(pairs)]
    return "\n".join(f"{bold(name)} {_escaped(value, medium)}" for name, value in lines if value)


def prose(value: Any, medium: str = "markdown") -> str:
    """A longer text with its line breaks, in a medium's mark-up."""
    return _escaped(_text(value), medium)


def links(pairs: Any, medium: str = "markdown") -> str:
    """[[name, address], …] as links in a medium's mark-up; what is no http(s) address is left out."""
    made = _LINK[medium]
    found = [(words(name), absolute(url)) for name, url in _pairs(pairs)]
    return "\n".join(made(name, url.translate(_IN_LINK)) for name, url in found if url)


def _several(values: Any) -> Iterable[Any]:
    if isinstance(values, list | tuple):
        return values
    return [values] if not isinstance(values, Iterable) or isinstance(values, str | dict) else list(values)


def _pairs(pairs: Any) -> list[tuple[Any, Any]]:
    return [(one[0], one[1]) for one in _several(pairs) if isinstance(one, list | tuple) and len(one) == 2]


def _text(value: Any) -> str:
    if not is_given(value):
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, Mapping):
        some = list(value.items())[:SPOKEN_ENTRIES]
        return ", ".join(f"{name}: {_inner(one)}" for name, one in some if is_given(one))
    if isinstance(value, list | tuple):
        return ", ".join(_inner(one) for one in value[:SPOKEN_ENTRIES] if is_given(one))
    return str(value)


def _inner(value: Any) -> str:
    """What stands inside a list or an object, at the second level only: the rest is for the raw payload."""
    if isinstance(value, Mapping | list | tuple):
        return f"{len(value)} {'fields' if isinstance(value, Mapping) else 'entries'}"
    return _text(value)


def _instant(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return _in_utc(value)
    if isinstance(value, str):
        text = value.strip()
        whole, _, fraction = text.partition(".")
        if not (text.isascii() and whole.isdecimal() and (fraction.isdecimal() or whole == text)):
            return _from_iso(text)
        value = int(whole[:25])
    return _from_unix(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _in_utc(at: datetime) -> datetime | None:
    try:
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except OverflowError:
        return None


def _from_iso(text: str) -> datetime | None:
    found = iso8601_to_time(text) if text[:4].isdigit() and not text.startswith(_NO_TIME) else None
    # A date alone is no instant.
    if found is None or len(text) <= len("2026-01-05"):
        return None
    return _in_utc(found)


def _from_unix(number: float) -> datetime | None:
    for least, per_second in _UNITS:
        if least <= number < _LATEST * per_second:
            return datetime.fromtimestamp(number / per_second, UTC)
    return None


def _scheme(link: str) -> str:
    if link.startswith(("https://", "http://")):
        return link[: link.index(":")]
    try:
        return urlsplit(link).scheme.lower()
    except ValueError:
        return ""


def _with_host(link: str) -> str:
    """The link unless it lacks a host: tools show "https://" where there is no address."""
    try:
        return link if urlsplit(link).netloc else ""
    except ValueError:
        return ""


def _joined_url(root: str, link: str) -> str:
    try:
        return urljoin(root, link)
    except ValueError:
        return ""


def _escaped(text: str, medium: str) -> str:
    """Telegram's payload is escaped before the templates see it; Markdown is cleaned after them."""
    return text.translate(_SLACK) if medium == "slack" else text


_BOLD: dict[str, Callable[[str], str]] = {
    "markdown": lambda name: f"**{name}:**",
    "slack": lambda name: f"*{name}:*",
    "telegram": lambda name: f"<b>{html.escape(name)}:</b>",
}
_LINK: dict[str, Callable[[str, str], str]] = {
    "markdown": lambda name, url: f"[{name}]({url})",
    "slack": lambda name, url: f"<{url}|{name.translate(_SLACK)}>",
    "telegram": lambda name, url: f'<a href="{url}">{name}</a>',
}
FILTERS: dict[str, Callable[..., Any]] = {
    "object": object_of,
    **{
        one.__name__: one
        for one in (entries, besides, any_of, words, joined, identity, when, absolute, facts, prose, links)
    },
}
