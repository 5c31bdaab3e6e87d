"""The shifts of one rank of a schedule, each read only when somebody asks for a time at which it may be on.

A schedule of years has thousands of overrides and former versions of layers; a question is about a handful of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime

from shared.domain.day_index import FOREVER, SLACK_DAYS, DayIndex, Days
from shared.domain.schedules import Shift
from shared.domain.shift_events import Event, ReadyShift, read_time, ready

DAY_S = 86_400
NEVER: Days = (FOREVER, 0)


class ShiftEvents:
    """The events of shifts; `schedule_zone` is the zone of those that name none."""

    def __init__(self, shifts: Iterable[Shift], schedule_zone: str) -> None:
        self._shifts, self._zone = tuple(shifts), schedule_zone
        self._index = DayIndex(days_of(one) for one in self._shifts)
        self._read: dict[int, ReadyShift | None] = {}

    def events(self, after: datetime, before: datetime) -> Iterator[Event]:
        """Yield those that touch the time from `after` to before `before`, shift after shift."""
        for number in self._index.touching(after.toordinal(), before.toordinal()):
            if number not in self._read:
                self._read[number] = ready(self._shifts[number], self._zone)
            one = self._read[number]
            if one is not None:
                yield from one.events(after, before)


def days_of(shift: Shift) -> Days:
    """Return days (of UTC) in which all events of a shift lie, whatever its zone; cheap, because all are asked."""
    start = _day(shift.start)
    if start is None:
        return NEVER
    length = shift.duration // DAY_S + 1 + SLACK_DAYS
    if shift.happens_once:
        return start - SLACK_DAYS, min(start + length, FOREVER)
    first, last = start - SLACK_DAYS, FOREVER
    if shift.until is not None:
        until = _day(shift.until)
        last = FOREVER if until is None else min(until + length, FOREVER)
    if shift.effective_from is not None:
        first = max(first, shift.effective_from.toordinal() - SLACK_DAYS)
    if shift.ended_at is not None:
        last = min(last, shift.ended_at.toordinal() + SLACK_DAYS)
    return first, last


def _day(text: str) -> int | None:
    """Return the day of a local time, None for what is no time; most begin with their date."""
    try:
        return date.fromisoformat(text[:10]).toordinal()
    except ValueError:
        at = read_time(text)
        return None if at is None else at.toordinal()
