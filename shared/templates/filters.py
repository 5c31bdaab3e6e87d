"""The filters that OnCall adds to Jinja2's own, with its results: what cannot be converted becomes null."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, ParamSpec, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from jinja2.exceptions import UndefinedError

from shared.templates import patterns

P = ParamSpec("P")
T = TypeVar("T")

DATE_FORMAT = "%H:%M / %d-%m-%Y"
# What strptime makes of a format, it compiles as a regular expression: hence re.error.
UNREADABLE = (TypeError, ValueError, AttributeError, OverflowError, OSError, UndefinedError, re.error)
DURATION = re.compile(r"([+-]?\d+)([smhdwMQy])", re.ASCII)
DURATION_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
# What datetime.fromisoformat does not take, but senders write: one-digit months, a space before the zone.
LOOSE_ISO = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})[T ](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,6})\d*)?)?"
    r"\s*(Z|[+-]\d{2}(?::?\d{2})?)?",
    re.ASCII,
)


def null_when_unreadable(convert: Callable[P, T]) -> Callable[P, T | None]:
    """Make a filter answer null (printed as "None") instead of failing on a value it cannot read."""

    def converted(*args: P.args, **kwargs: P.kwargs) -> T | None:
        try:
            return convert(*args, **kwargs)
        except UNREADABLE:
            return None

    converted.__name__ = convert.__name__
    return converted


@null_when_unreadable
def datetimeformat(value: Any, format: str = DATE_FORMAT) -> str:
    """A datetime as text."""
    return str(value.strftime(format))


def datetimeformat_as_timezone(value: Any, format: str = DATE_FORMAT, tz: str = "UTC") -> str | None:
    """A datetime as text in a zone by IANA name; naive is taken as UTC; an unknown zone fails the template."""
    zone = zone_named(tz)
    try:
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return str(aware.astimezone(zone).strftime(format))
    except UNREADABLE:
        return None


def zone_named(name: Any) -> ZoneInfo:
    """Return the zone, in whatever case its name is written.

    Raises:
        KeyError: there is no such zone.
    """
    known = _zone_names().get(str(name).lower())
    if known is None:
        raise KeyError(f"unknown time zone {name}")
    return ZoneInfo(known)


@lru_cache(maxsize=1)
def _zone_names() -> dict[str, str]:
    return {name.lower(): name for name in available_timezones()}


@null_when_unreadable
def datetimeparse(value: Any, format: str = DATE_FORMAT) -> datetime:
    """Text to a naive datetime."""
    return datetime.strptime(value, format)  # noqa: DTZ007 - naive is the contract, as in OnCall


@null_when_unreadable
def iso8601_to_time(value: Any) -> datetime | None:
    """ISO 8601 text to a datetime, aware when the text names an offset; fractions are cut to microseconds."""
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return _loose_iso(value)


def _loose_iso(value: str) -> datetime | None:
    match = LOOSE_ISO.fullmatch(value)
    if match is None:
        return None
    *numbers, second, fraction, offset = match.groups()
    year, month, day, hour, minute = (int(one) for one in numbers)
    parsed = (
        f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{int(second or 0):02}.{(fraction or '0'):0<6}"
    )
    return datetime.fromisoformat(parsed + (offset or ""))


@null_when_unreadable
def timestamp_to_datetime(value: Any) -> datetime:
    """Unix seconds to a naive datetime in UTC."""
    return datetime.fromtimestamp(value, UTC).replace(tzinfo=None)


@null_when_unreadable
def timedeltaparse(value: Any) -> timedelta | None:
    """Text such as "-5m" to a timedelta; months, quarters and years (M, Q, y) have no fixed length: null."""
    match = DURATION.fullmatch(value)
    unit = DURATION_UNITS.get(match[2]) if match else None
    return timedelta(**{unit: int(match[1])}) if match and unit else None


@null_when_unreadable
def tojson_pretty(value: Any) -> str:
    """A value as JSON for people: sorted keys, indented by 4, characters as they are."""
    return json.dumps(value, sort_keys=True, indent=4, separators=(",", ": "), ensure_ascii=False)


@null_when_unreadable
def json_dumps(value: Any) -> str:
    """A value as JSON on one line."""
    return json.dumps(value)


@null_when_unreadable
def b64decode(value: Any) -> str:
    """Base64 to text in UTF-8."""
    return base64.b64decode(value).decode("utf-8")


@null_when_unreadable
def parse_json(value: Any) -> Any:
    """JSON text to a value."""
    return json.loads(value)


@null_when_unreadable
def regex_replace(value: Any, find: str, replace: str) -> str:
    """Text with every match replaced; an invalid or runaway pattern fails the template."""
    return patterns.replaced(find, replace, value)


@null_when_unreadable
def regex_match(value: Any, pattern: str) -> bool:
    """Whether the text begins with a match."""
    return patterns.anchored(pattern, value)


@null_when_unreadable
def regex_search(value: Any, pattern: str) -> bool:
    """Whether the text holds a match."""
    return patterns.search(pattern, value)


FILTERS: dict[str, Callable[..., Any]] = {
    one.__name__: one
    for one in (
        datetimeformat,
        datetimeformat_as_timezone,
        datetimeparse,
        iso8601_to_time,
        timestamp_to_datetime,
        timedeltaparse,
        tojson_pretty,
        json_dumps,
        regex_replace,
        regex_match,
        regex_search,
        b64decode,
        parse_json,
    )
}
