"""Recurrence rules of external calendars: which are followed, and their starts within a stretch of time.

The usual rules become a pattern of days. The others are followed by dateutil a year at a time, from just before that
year: no rule is ever followed from its beginning, but for one that counts its repetitions, once.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache

from dateutil.rrule import rrulestr

from shared.domain.schedules import WEEKDAYS, Frequency
from shared.domain.shift_pattern import Pattern
from shared.domain.wall_time import LATEST

PATTERN_PARTS = frozenset({"FREQ", "INTERVAL", "UNTIL", "WKST", "BYDAY", "BYMONTH", "BYMONTHDAY"})
OTHER_PARTS = frozenset({"COUNT", "BYYEARDAY", "BYWEEKNO", "BYSETPOS", "BYHOUR", "BYMINUTE"})
DAY_PARTS = ("BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO")
FREQUENCIES: dict[str, Frequency] = {"DAILY": "daily", "WEEKLY": "weekly", "MONTHLY": "monthly"}
PERIOD_S = {
    "HOURLY": 3600,
    "DAILY": 86_400,
    "WEEKLY": 7 * 86_400,
    "MONTHLY": 28 * 86_400,
    "YEARLY": 365 * 86_400,
}
# A rule with COUNT is followed from its first start: so many periods at the most.
COUNT_PERIODS = 5_000
LONGEST, MOST_AT_ONCE, MOST_A_DAY = timedelta(days=366), 1_000, 24


def rule_fault(rule: str, start: datetime, length: timedelta) -> str | None:
    """Return why a rule is not followed, None when it is; `start` and `length` are of its first event."""
    try:
        parts = _parts(rule)
        unknown = sorted(set(parts) - PATTERN_PARTS - OTHER_PARTS)
        if unknown or parts["FREQ"] not in PERIOD_S:
            return f"the rule's {unknown[0] if unknown else 'FREQ=' + parts['FREQ']} is not supported"
        interval = int(parts.get("INTERVAL", "1"))
        if not 1 <= interval <= 1_000 or int(parts.get("COUNT", "1")) > COUNT_PERIODS:
            return f"the rule's INTERVAL is not from 1 to 1000, or its COUNT is above {COUNT_PERIODS}"
        a_day = len(parts.get("BYHOUR", "0").split(",")) * len(parts.get("BYMINUTE", "0").split(","))
        if a_day > MOST_A_DAY or (parts["FREQ"] == "HOURLY" and "BYMINUTE" in parts):
            return "the rule gives too many starts a day"
        at_once = length.total_seconds() * a_day / (PERIOD_S[parts["FREQ"]] * interval)
        if length > LONGEST or at_once > MOST_AT_ONCE:
            return "it repeats while too many of its own repetitions still last"
        rrulestr(rule, dtstart=start)
    except (ValueError, TypeError, KeyError, IndexError, OverflowError) as error:
        return f"its recurrence rule is none ({str(error)[:100]})"
    return None


def rule_cost(rule: str, start: datetime) -> int:
    """Return how costly a rule is to follow, in units of one that is followed a day at a time; 0: a pattern."""
    if pattern_of_rule(rule, start.date()) is not None:
        return 0
    return 24 if _parts(rule)["FREQ"] == "HOURLY" else 1


def with_local_until(rule: str, clock: tzinfo | None) -> str:
    """Return a rule with its UNTIL as local time, as all else in it is; a mere date means all of that day."""
    parts = _parts(rule)
    until = parts.get("UNTIL", "")
    if until.endswith("Z"):
        at = datetime.strptime(until, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        parts["UNTIL"] = at.astimezone(clock or UTC).strftime("%Y%m%dT%H%M%S")
    elif len(until) == 8:
        parts["UNTIL"] = f"{until}T235959"
    return ";".join(f"{name}={value}" for name, value in parts.items())


def rule_until(rule: str) -> datetime | None:
    """Return the local time after which a rule gives no start, None when it has no such time."""
    until = _parts(rule).get("UNTIL")
    return None if until is None else datetime.strptime(until, "%Y%m%dT%H%M%S")  # noqa: DTZ007


@lru_cache(maxsize=4_096)
def pattern_of_rule(rule: str, first_day: date) -> Pattern | None:
    """Return one of the usual rules as a pattern of days, None for any other."""
    parts = _parts(rule)
    frequency = FREQUENCIES.get(parts["FREQ"])
    names = parts.get("BYDAY", "").split(",") if "BYDAY" in parts else []
    if frequency is None or set(parts) - PATTERN_PARTS or set(names) - set(WEEKDAYS):
        return None
    if frequency == "weekly" and "BYMONTHDAY" in parts:
        return None
    weekdays = frozenset(index for index, name in enumerate(WEEKDAYS) if name in names)
    monthdays = frozenset(int(one) for one in parts.get("BYMONTHDAY", "").split(",") if one)
    if frequency == "weekly" and not weekdays:
        weekdays = frozenset({first_day.weekday()})
    if frequency == "monthly" and not weekdays and not monthdays:
        monthdays = frozenset({first_day.day})
    return Pattern(
        frequency=frequency,
        first_day=first_day.toordinal(),
        interval=int(parts.get("INTERVAL", "1")),
        week_start=[str(one) for one in WEEKDAYS].index(parts.get("WKST", "MO")),
        by_day=weekdays,
        by_month=frozenset(int(one) for one in parts.get("BYMONTH", "").split(",") if one),
        by_monthday=monthdays,
    )


def rule_starts(rule: str, start: datetime, first: datetime, last: datetime) -> Iterator[datetime]:
    """Yield the local starts of a rule from `first` to `last`, both included, in order."""
    first = max(first, start)
    if "COUNT" in _parts(rule):
        found = _counted(rule, start)
        yield from found[bisect_left(found, first) : bisect_right(found, last)]
        return
    for year in range(first.year, min(last, LATEST).year + 1):
        found = _starts_of_year(rule, start, year)
        yield from found[bisect_left(found, first) : bisect_right(found, last)]


@lru_cache(maxsize=1_024)
def _counted(rule: str, start: datetime) -> tuple[datetime, ...]:
    parts = _parts(rule)
    period = timedelta(seconds=PERIOD_S[parts["FREQ"]] * int(parts.get("INTERVAL", "1")))
    count = int(parts.pop("COUNT"))
    # Without an end a rule that never comes true would be followed to the year 9999.
    try:
        end = min(start + period * COUNT_PERIODS, LATEST)
    except OverflowError:
        end = LATEST
    if "UNTIL" in parts:
        end = min(end, datetime.strptime(parts["UNTIL"], "%Y%m%dT%H%M%S"))  # noqa: DTZ007
    parts["UNTIL"] = end.strftime("%Y%m%dT%H%M%S")
    made = rrulestr(_text(parts), dtstart=start)
    return tuple(one for _, one in zip(range(count), made, strict=False))


@lru_cache(maxsize=4_096)
def _starts_of_year(rule: str, start: datetime, year: int) -> tuple[datetime, ...]:
    parts = _parts(rule)
    _make_explicit(parts, start)
    begin = _near(parts, start, year)
    end = datetime.combine(date(year, 12, 31), time.max)
    if "UNTIL" in parts:
        end = min(end, datetime.strptime(parts["UNTIL"], "%Y%m%dT%H%M%S"))  # noqa: DTZ007
    parts["UNTIL"] = end.strftime("%Y%m%dT%H%M%S")
    found = rrulestr(_text(parts), dtstart=begin)
    return tuple(one for one in found if one.year == year and one >= start)


def _make_explicit(parts: dict[str, str], start: datetime) -> None:
    """Write down which days a rule without days means, so that it may be followed from another start."""
    if any(name in parts for name in DAY_PARTS):
        return
    if parts["FREQ"] == "WEEKLY":
        parts["BYDAY"] = WEEKDAYS[start.weekday()]
    elif parts["FREQ"] in ("MONTHLY", "YEARLY"):
        parts["BYMONTHDAY"] = str(start.day)
        if parts["FREQ"] == "YEARLY":
            parts.setdefault("BYMONTH", str(start.month))


def _near(parts: Mapping[str, str], start: datetime, year: int) -> datetime:
    """Return a start of the same phase shortly before a year, never before the real one's period."""
    interval, frequency = int(parts.get("INTERVAL", "1")), parts["FREQ"]
    if frequency == "YEARLY":
        skipped = max(year - start.year, 0) // interval * interval
        return start.replace(year=start.year + skipped, month=1, day=1)
    if frequency == "MONTHLY":
        months = max((year - start.year) * 12 - start.month + 1, 0) // interval * interval
        months += start.month - 1
        return start.replace(year=start.year + months // 12, month=months % 12 + 1, day=1)
    period = timedelta(seconds=PERIOD_S[frequency] * interval)
    distance = datetime.combine(date(year, 1, 1), time()) - timedelta(days=7) - start
    return start + max(distance // period, 0) * period


def _parts(rule: str) -> dict[str, str]:
    pairs = (one.partition("=") for one in rule.upper().split(";") if one)
    return {name.strip(): value.strip() for name, _, value in pairs}


def _text(parts: Mapping[str, str]) -> str:
    return ";".join(f"{name}={value}" for name, value in parts.items())
