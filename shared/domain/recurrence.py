"""When something begins again and again: an RRULE in a named time zone, in which local time stays local.

A time that a clock change skips is taken as the same distance after the last hour before it (02:30 becomes 03:30);
one that comes twice is its first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from dateutil.rrule import rrule, rrulestr

PARTS = frozenset({"FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "BYMONTH", "UNTIL", "COUNT", "WKST"})
FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
NUMBERED = re.compile(r"(?:^|,)[+-]?(\d+)[A-Z]{2}")
LIMIT_CHARS = 200
LONGEST_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
DAY = timedelta(days=1)


@lru_cache(maxsize=1)
def zone_names() -> frozenset[str]:
    """Return the names of all time zones; finding them out reads hundreds of folders."""
    return frozenset(available_timezones())


def zone_problem(name: str) -> str | None:
    """Return what is wrong with the name of a time zone."""
    if name in zone_names():
        return None
    return "Must be a name of the time zone database, such as Europe/Berlin."


def rule_problem(rule: str, first: datetime, zone: str) -> str | None:
    """Return what is wrong with a rule that counts from `first`, None when it happens at least once.

    What can never happen is refused: looking for it would take until the year 9999.
    """
    if len(rule) > LIMIT_CHARS:
        return f"No more than {LIMIT_CHARS} characters."
    try:
        parts = _parts(rule)
        problem = _outline_problem(parts) or _emptiness(parts)
        if problem is not None:
            return problem
        begins = next(iter(_rule(rule, first, zone)), None)
    except (ValueError, TypeError, OverflowError, IndexError) as error:
        return f"Not a recurrence rule (RFC 5545): {error}."
    return "It never happens." if begins is None else None


def starts(first: datetime, rule: str, zone: str, after: datetime, until: datetime) -> tuple[datetime, ...]:
    """Return all starts after `after` and not later than `until`, in UTC; without a rule only `first` is one."""
    if not rule:
        return (first,) if after < first <= until else ()
    found: list[datetime] = []
    day = _midnight(after)
    while day <= until:
        found += [one for one in _starts_of_day(first, rule, zone, day) if after < one <= until]
        day += DAY
    return tuple(found)


def next_start(first: datetime, rule: str, zone: str, after: datetime) -> datetime | None:
    """Return the first start after `after`, None when there is none any more."""
    if not rule:
        return first if first > after else None
    local = after.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    # A day of slack, because a start may stand on either side of a clock change.
    for found in _rule(rule, first, zone).xafter(local - DAY):
        begins = _instant(found, first, zone)
        if begins > after:
            return begins
    return None


@lru_cache(maxsize=4096)
def _starts_of_day(first: datetime, rule: str, zone: str, day: datetime) -> tuple[datetime, ...]:
    """Return the starts of one UTC day. Remembered, because a rule is followed from its very beginning."""
    timezone = ZoneInfo(zone)
    begin = day.astimezone(timezone).replace(tzinfo=None) - DAY
    found = _rule(rule, first, zone).between(begin, begin + 3 * DAY, inc=True)
    instants = sorted({_instant(one, first, zone) for one in found})
    return tuple(one for one in instants if day <= one < day + DAY)


def _instant(local: datetime, first: datetime, zone: str) -> datetime:
    timezone = ZoneInfo(zone)
    if local == first.astimezone(timezone).replace(tzinfo=None):
        return first.astimezone(UTC)
    return local.replace(tzinfo=timezone).astimezone(UTC)


@lru_cache(maxsize=256)
def _rule(rule: str, first: datetime, zone: str) -> rrule:
    local = first.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    made = rrulestr(_with_local_end(rule, zone), dtstart=local)
    if not isinstance(made, rrule):
        raise ValueError("exactly one rule")
    return made


def _with_local_end(rule: str, zone: str) -> str:
    """Return the rule with an UNTIL in UTC written as local time, as everything else in it is."""
    parts = _parts(rule)
    until = parts.get("UNTIL", "")
    if until.endswith("Z"):
        at = datetime.strptime(until, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        parts["UNTIL"] = at.astimezone(ZoneInfo(zone)).strftime("%Y%m%dT%H%M%S")
    return ";".join(f"{name}={value}" for name, value in parts.items())


def _parts(rule: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for piece in rule.strip().removeprefix("RRULE:").split(";"):
        name, equals, value = piece.partition("=")
        if not equals or not value or name.upper() in parts:
            raise ValueError(f"{piece!r} is not NAME=VALUE, or stands twice")
        parts[name.upper().strip()] = value.upper().strip()
    return parts


def _outline_problem(parts: Mapping[str, str]) -> str | None:
    unknown = sorted(set(parts) - PARTS)
    if unknown:
        return f"{unknown[0]} is not supported; known are {', '.join(sorted(PARTS))}."
    if parts.get("FREQ") not in FREQUENCIES:
        return f"FREQ must be one of {', '.join(FREQUENCIES)}."
    if not 1 <= int(parts.get("INTERVAL", "1")) <= 1000:
        return "INTERVAL must be from 1 to 1000."
    if not 1 <= int(parts.get("COUNT", "1")) <= 10_000:
        return "COUNT must be from 1 to 10000."
    return None


def _emptiness(parts: Mapping[str, str]) -> str | None:
    """Return why a rule may never come true, for the combinations that could make it so."""
    limits = [name for name in ("BYDAY", "BYMONTHDAY", "BYMONTH") if name in parts]
    if int(parts.get("INTERVAL", "1")) > 1 and parts["FREQ"] != "YEARLY" and limits not in ([], ["BYDAY"]):
        return f"{limits[-1]} cannot be combined with an INTERVAL of a {parts['FREQ'].lower()} rule."
    if parts["FREQ"] == "DAILY" and int(parts.get("INTERVAL", "1")) > 1 and limits:
        return "BYDAY cannot be combined with an INTERVAL of a daily rule."
    if NUMBERED.search(parts.get("BYDAY", "")):
        return _numbered_problem(parts)
    months = [int(one) for one in parts.get("BYMONTH", "").split(",") if one] or list(range(1, 13))
    days = [abs(int(one)) for one in parts.get("BYMONTHDAY", "1").split(",")]
    if not all(1 <= one <= 12 for one in months):
        return "BYMONTH must be from 1 to 12."
    if not any(1 <= day <= LONGEST_MONTHS[month - 1] for day in days for month in months):
        return "It never happens: no such month has such a day."
    return None


def _numbered_problem(parts: Mapping[str, str]) -> str | None:
    """Return what is wrong with a BYDAY such as 2TU or -1FR, which counts within a month or a year."""
    if parts["FREQ"] not in ("MONTHLY", "YEARLY") or "BYMONTHDAY" in parts:
        return "A numbered BYDAY needs a monthly or yearly rule without BYMONTHDAY."
    most = 53 if parts["FREQ"] == "YEARLY" and "BYMONTH" not in parts else 5
    if any(not 1 <= int(one[1]) <= most for one in NUMBERED.finditer(parts["BYDAY"])):
        return f"The number of a BYDAY must be from 1 to {most}, or negative."
    return None


def _midnight(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
