"""External calendars made ready to be asked: which of their events touch a stretch of time, and who is named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache

from shared.domain.calendar_reading import CalendarReading, ExternalEvent, read_calendar
from shared.domain.calendar_rules import pattern_of_rule, rule_starts, rule_until
from shared.domain.configuration import User
from shared.domain.schedules import Calendar, Which, calendar_id
from shared.domain.shift_events import ALWAYS, Event
from shared.domain.shift_pattern import Pattern
from shared.domain.time_index import TimeIndex
from shared.domain.wall_time import LATEST, instant, wall, zone_of
from shared.errors import Permanent

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ReadyEvent:
    """One external event, or series of them; `bounds` enclose every time that it is on."""

    event: ExternalEvent
    zone: tzinfo
    length: timedelta
    skipped: frozenset[datetime]
    bounds: tuple[datetime, datetime]
    pattern: Pattern | None = None
    until: datetime | None = None

    def times(self, after: datetime, before: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield when it is on, of what touches the time from `after` to before `before`."""
        low, high = max(after, self.bounds[0]), min(before, self.bounds[1])
        if low >= high:
            return
        first, last = wall(low, self.zone) - self.length - DAY, wall(high, self.zone) + DAY
        for begin in dict.fromkeys(self._starts(first, last)):
            start, end = instant(begin, self.zone), instant(begin + self.length, self.zone)
            if begin not in self.skipped and start < before and end > after and start < end:
                yield start, end

    def _starts(self, first: datetime, last: datetime) -> Iterator[datetime]:
        event = self.event
        if self.pattern is not None:
            clock = event.start.time()
            for day in self.pattern.days(first.toordinal(), last.toordinal()):
                begin = datetime.combine(date.fromordinal(day), clock)
                if self.until is not None and begin > self.until:
                    break
                yield begin
        elif event.rule:
            yield from rule_starts(event.rule, event.start, first, last)
        else:
            yield event.start
        yield from (one for one in event.extra if first <= one <= last)


class ReadyCalendar:
    """The events of one external calendar."""

    def __init__(self, events: Iterable[ReadyEvent]) -> None:
        self._index = TimeIndex(events)

    def events(
        self, after: datetime, before: datetime, people: Mapping[str, str], *, is_override: bool
    ) -> Iterator[Event]:
        """Yield the events that touch a stretch of time; `people` are user ids by `person_keys`."""
        for one in self._index.touching(after, before):
            event = one.event
            for start, end in one.times(after, before):
                found = (_person(name, people) for name in event.names)
                users = tuple(dict.fromkeys(user for user in found if user is not None))
                level = 0 if is_override else event.level
                yield Event(start, end, users, level, event.uid, is_override, event.title)


def fetched_calendar(
    schedule_id: str, which: Which, text: str, at: datetime, before: Calendar | None = None
) -> Calendar:
    """Return the row of an external calendar that was fetched at a moment; the same text stays as it was read.

    Reading takes up to seconds, so not on an event loop. `reading_of` the row tells the faults.

    Raises:
        Permanent: it is not a calendar, or too large; whoever asks keeps the row that he has.
    """
    if before is not None and before.text == text:
        return before.model_copy(update={"fetched_at": at})
    reading = read_calendar(text)
    return Calendar(
        id=calendar_id(schedule_id, which),
        schedule_id=schedule_id,
        which=which,
        text=text,
        reading=reading.model_dump_json(exclude_defaults=True),
        fetched_at=at,
        changed_at=at,
    )


def reading_of(calendar: Calendar) -> CalendarReading:
    """Return what a stored calendar says; empty, with the fault, where its text is none."""
    return _reading(calendar.reading, "" if calendar.reading else calendar.text)


def ready_calendar(calendar: Calendar, schedule_zone: str) -> ReadyCalendar:
    """Return a stored calendar made ready; the same text is worked on once."""
    return _ready_calendar(calendar.reading, "" if calendar.reading else calendar.text, schedule_zone)


def person_keys(users: Iterable[User]) -> dict[str, str]:
    """Return user ids by what may name them in a calendar: the username exactly, or the e-mail in any case."""
    found: dict[str, str] = {}
    for user in users:
        if user.email:
            found.setdefault(f"mail {user.email.lower()}", user.id)
        found.setdefault(f"name {user.username}", user.id)
    return found


def _person(name: str, people: Mapping[str, str]) -> str | None:
    return people.get(f"name {name}") or people.get(f"mail {name.lower()}")


@lru_cache(maxsize=256)
def _reading(reading: str, text: str) -> CalendarReading:
    if reading:
        return CalendarReading.model_validate_json(reading)
    try:
        return read_calendar(text)
    except Permanent as error:
        return CalendarReading(faults=(error.reason,))


@lru_cache(maxsize=256)
def _ready_calendar(reading: str, text: str, schedule_zone: str) -> ReadyCalendar:
    return ReadyCalendar(_ready_event(one, schedule_zone) for one in _reading(reading, text).events)


def _ready_event(event: ExternalEvent, schedule_zone: str) -> ReadyEvent:
    zone, length = zone_of(event.zone or schedule_zone), timedelta(seconds=event.length_s)
    until = rule_until(event.rule) if event.rule else event.start
    return ReadyEvent(
        event=event,
        zone=zone,
        length=length,
        skipped=frozenset(event.skipped),
        bounds=_bounds([event.start, *event.extra], until, length, zone),
        pattern=pattern_of_rule(event.rule, event.start.date()) if event.rule else None,
        until=until,
    )


def _bounds(
    starts: Sequence[datetime], until: datetime | None, length: timedelta, zone: tzinfo
) -> tuple[datetime, datetime]:
    low = instant(min(starts), zone)
    if until is None:
        return low, ALWAYS[1]
    last = max(*starts, until)
    return low, instant(min(last, LATEST - length) + length, zone)
