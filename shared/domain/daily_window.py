"""A time of day, on some weekdays, in one time zone: whether it is now, and when it begins next.

Local time is local time: a window from 09:00 begins at 09:00 on both sides of a daylight-saving change. A time that
the clocks skip is taken as so much later; of one that comes twice a window begins with the first and ends with the
second.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

Weekday = Literal["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
WEEKDAYS: tuple[Weekday, ...] = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
OF_UTC = re.compile(r"\d\d:\d\d:\d\dZ")
LOCAL = re.compile(r"\d\d:\d\d(:\d\d)?")
A_DAY = timedelta(days=1)


def as_time(text: str, *, is_local: bool) -> time:
    """Read a time of day: `09:00:00Z` in UTC, `09:00` or `09:00:00` where it is local.

    Raises:
        ValueError: it has another shape, or is no time of day.
    """
    if is_local and not LOCAL.fullmatch(text):
        raise ValueError(f"{text!r} must be local time such as 09:00 or 09:00:00, because time_zone is set")
    if not is_local and not OF_UTC.fullmatch(text):
        raise ValueError(f"{text!r} must be UTC such as 09:00:00Z, or time_zone must be set")
    try:
        return time.fromisoformat(text.removesuffix("Z"))
    except ValueError as error:
        raise ValueError(f"{text!r} is no time of day") from error


def zone_of(name: str) -> ZoneInfo:
    """Return a time zone by its name.

    Raises:
        ValueError: there is none.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"there is no time zone {name!r}") from error


@dataclass(frozen=True)
class DailyWindow:
    """From `begins` (inclusive) to `ends` (exclusive, on the next day when it is not later).

    Where both are the same it is that instant alone. `weekdays` are those on which it begins; none means all.
    """

    begins: time
    ends: time
    zone: ZoneInfo
    weekdays: tuple[Weekday, ...] = ()

    @property
    def sentence(self) -> str:
        """What people read of it."""
        days = f" on {', '.join(self.weekdays)}" if self.weekdays else ""
        return f"{self.begins:%H:%M:%S} to {self.ends:%H:%M:%S} {self.zone.key}{days}"

    def waits_until(self, now: datetime) -> datetime | None:
        """Return when it begins next, as UTC; None when it is now."""
        for begin, end in self._occurrences(now):
            if begin <= now < end or begin == now:
                return None
            if begin > now:
                return begin
        raise AssertionError("a window begins at least once a week")

    def _occurrences(self, now: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Return begins and ends around now, in order, for a week and some days."""
        today = now.astimezone(self.zone).date()
        for number in range(-2, 10):
            day = today + timedelta(days=number)
            if not self.weekdays or WEEKDAYS[day.weekday()] in self.weekdays:
                last = day if self.ends >= self.begins else day + A_DAY
                begin, end = self._instant(day, self.begins, fold=0), self._instant(last, self.ends, fold=1)
                yield begin, begin if self.begins == self.ends else end

    def _instant(self, day: date, at: time, fold: int) -> datetime:
        return datetime.combine(day, at, self.zone).replace(fold=fold).astimezone(UTC)
