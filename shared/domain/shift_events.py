"""A shift made ready to be asked: which of its events touch a stretch of time, and whose turn each is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import NamedTuple

from shared.domain.schedules import Shift
from shared.domain.shift_pattern import LONGEST_PAUSE_DAYS, Pattern, pattern_of
from shared.domain.wall_time import EARLIEST, LATEST, instant, wall, zone_of

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MOMENT = timedelta(microseconds=1)
LONGEST_S = 100 * 366 * 86_400
ALWAYS = (EARLIEST.replace(tzinfo=UTC), LATEST.replace(tzinfo=UTC))


class Event(NamedTuple):
    """One time that a shift is on: from `start` (inclusive) to `end` (exclusive), in UTC.

    `user_ids` are as written in the shift or found in the calendar; without any it is empty: a gap that was meant.
    `source_id` is the shift's id or the external event's uid. `title` is what the source calls it.
    """

    start: datetime
    end: datetime
    user_ids: tuple[str, ...]
    level: int
    source_id: str
    is_override: bool
    title: str = ""


@dataclass(frozen=True, slots=True)
class ReadyShift:
    """A shift with its texts read. `turns` are the users of each turn, the first turn first.

    `start` is the local time of the first event, `first` its instant.
    `bounds` enclose every event: whoever asks for a stretch outside of them needs no arithmetic.
    """

    shift: Shift
    zone: tzinfo
    start: datetime
    duration: timedelta
    turns: tuple[tuple[str, ...], ...]
    first: datetime
    bounds: tuple[datetime, datetime] = ALWAYS
    pattern: Pattern | None = None
    until: datetime | None = None

    def events(self, after: datetime, before: datetime) -> Iterator[Event]:
        """Yield the events that touch the time from `after` to before `before`, in order of their starts."""
        low, high = self.bounds
        if before <= low or after >= high:
            return
        shift, turns, number_of_turns = self.shift, self.turns, len(self.turns)
        level, source_id, is_override, title = shift.level, shift.id, shift.is_override, shift.name
        for start, end, turn in self._times(max(after, low), min(before, high)):
            start, end = max(start, low), min(end, high)
            if start < before and end > after and start < end:
                users = turns[turn % number_of_turns]
                yield Event(start, end, users, level, source_id, is_override, title)

    def _times(self, after: datetime, before: datetime) -> Iterator[tuple[datetime, datetime, int]]:
        if self.pattern is None:
            yield self.first, instant(self.start + self.duration, self.zone), 0
        elif self.pattern.frequency == "hourly":
            yield from self._hourly_times(self.pattern, after, before)
        else:
            yield from self._daily_times(self.pattern, after, before)

    def _daily_times(
        self, pattern: Pattern, after: datetime, before: datetime
    ) -> Iterator[tuple[datetime, datetime, int]]:
        # A day of slack on both sides, because a clock change moves local times against instants.
        first = (wall(after, self.zone) - self.duration - DAY).toordinal()
        last = (wall(before, self.zone) + DAY).toordinal()
        clock = self.start.time()
        for day in pattern.days(first, last):
            begin = datetime.combine(date.fromordinal(day), clock)
            if self.until is not None and begin > self.until:
                return
            yield instant(begin, self.zone), instant(begin + self.duration, self.zone), pattern.turn(day)

    def _hourly_times(
        self, pattern: Pattern, after: datetime, before: datetime
    ) -> Iterator[tuple[datetime, datetime, int]]:
        step = HOUR * pattern.interval
        number = max((after - self.duration - self.first) // step, 0)
        begin = self.first + number * step
        until = None if self.until is None else instant(self.until, self.zone)
        any_day = not (pattern.by_day or pattern.by_month or pattern.by_monthday)
        while begin < before and (until is None or begin <= until):
            if any_day or pattern.is_listed(wall(begin, self.zone).toordinal()):
                yield begin, begin + self.duration, number
            number, begin = number + 1, begin + step


@lru_cache(maxsize=16_384)
def ready(shift: Shift, schedule_zone: str) -> ReadyShift | None:
    """Return a shift made ready, None when it can have no event at all (its texts say so, or are none).

    The same shift is read once, however often the configuration around it changes.
    """
    zone = zone_of(shift.time_zone or schedule_zone)
    start, until = read_time(shift.start), read_time(shift.until)
    turns = _turns(shift)
    if start is None or shift.duration <= 0 or not turns:
        return None
    duration = timedelta(seconds=min(shift.duration, LONGEST_S))
    made = ReadyShift(shift, zone, start, duration, turns, instant(start, zone))
    if shift.happens_once:
        return _bounded(made, instant(start + made.duration, zone))
    pattern = pattern_of(shift, start.date())
    return _recurring(replace(made, until=until, pattern=pattern), pattern)


def read_time(text: str | None) -> datetime | None:
    """Return a local time as clients write it, None for none or for what is no such time."""
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    if found is None or not EARLIEST <= found.replace(tzinfo=None) <= LATEST:
        return None
    return found.replace(tzinfo=None, microsecond=0)


def _recurring(made: ReadyShift, pattern: Pattern) -> ReadyShift | None:
    """Return it with its first event at `start`, which is where turns count from."""
    takes_effect = max(made.start, read_time(made.shift.rotation_start) or made.start)
    found = (_first_hour if pattern.frequency == "hourly" else _first_day)(made, pattern, takes_effect)
    if found is None:
        return None
    start, first = found
    made = replace(made, start=start, first=first, pattern=replace(pattern, first_day=start.toordinal()))
    if made.until is None:
        return _bounded(made, None)
    last = instant(min(made.until + made.duration + DAY, LATEST - DAY), made.zone)
    return None if start > made.until else _bounded(made, last + DAY)


def _first_day(
    made: ReadyShift, pattern: Pattern, takes_effect: datetime
) -> tuple[datetime, datetime] | None:
    clock = made.start.time()
    day = pattern.first_from(takes_effect.toordinal() + (takes_effect.time() > clock))
    if day is None:
        return None
    start = datetime.combine(date.fromordinal(day), clock)
    return start, instant(start, made.zone)


def _first_hour(
    made: ReadyShift, pattern: Pattern, takes_effect: datetime
) -> tuple[datetime, datetime] | None:
    step = HOUR * pattern.interval
    begin = made.first + max(-((made.first - instant(takes_effect, made.zone)) // step), 0) * step
    for _ in range(LONGEST_PAUSE_DAYS * 24 // pattern.interval + 1):
        local = wall(begin, made.zone)
        if pattern.is_listed(local.toordinal()):
            return local, begin
        begin += step
    return None


def _bounded(made: ReadyShift, last: datetime | None) -> ReadyShift:
    shift = made.shift
    low = max(made.first, shift.effective_from or ALWAYS[0])
    high = min(last or ALWAYS[1], shift.ended_at or ALWAYS[1])
    return replace(made, bounds=(low, high))


def _turns(shift: Shift) -> tuple[tuple[str, ...], ...]:
    """Return the users of each turn, beginning with the first turn; an override's lists are all one turn."""
    if shift.type == "rolling_users":
        lists = tuple(tuple(dict.fromkeys(turn)) for turn in shift.rolling_users)
        first = (shift.start_rotation_from_user_index or 0) % len(lists) if lists else 0
        return lists[first:] + lists[:first]
    users = shift.users
    if shift.is_override and not users:
        users = tuple(one for turn in shift.rolling_users for one in turn)
    return (tuple(dict.fromkeys(users)),)
