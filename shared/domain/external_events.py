"""External calendars made ready to be asked: which of their events touch a stretch of time, and who is named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import NamedTuple

from shared.domain.calendar_keeping import KeptReading, as_kept, kept
from shared.domain.calendar_reading import ExternalEvent, read_calendar
from shared.domain.calendar_rules import pattern_of_rule, rule_starts, rule_until
from shared.domain.configuration import User
from shared.domain.day_index import DayIndex
from shared.domain.schedules import Calendar, Which, calendar_id
from shared.domain.shift_events import ALWAYS, Event
from shared.domain.shift_pattern import Pattern
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
    """The events of one external calendar, by level; each is read when a time is asked for at which it may be on."""

    def __init__(self, kept: KeptReading, schedule_zone: str) -> None:
        self._texts, self._zone = kept.events, schedule_zone
        self._read: dict[int, ReadyEvent] = {}
        self._numbers: dict[int, list[int]] = {}
        for number, level in enumerate(kept.levels):
            self._numbers.setdefault(level, []).append(number)
        self._index = {
            level: DayIndex((kept.firsts[one], kept.lasts[one]) for one in numbers)
            for level, numbers in self._numbers.items()
        }

    @property
    def levels(self) -> tuple[int, ...]:
        """Return the levels that have events."""
        return tuple(self._numbers)

    def touching(self, level: int, after: datetime, before: datetime) -> Iterator[ReadyEvent]:
        """Yield the events of a level that may touch a stretch of time, in the order of the calendar."""
        numbers = self._numbers[level]
        for place in self._index[level].touching(after.toordinal(), before.toordinal()):
            number = numbers[place]
            if number not in self._read:
                event = ExternalEvent.model_validate_json(self._texts[number])
                self._read[number] = _ready_event(event, self._zone)
            yield self._read[number]


class CalendarEvents(NamedTuple):
    """The events of one level of a calendar; `people` are user ids by `person_keys`."""

    calendar: ReadyCalendar
    level: int
    people: Mapping[str, str]
    is_override: bool

    def events(self, after: datetime, before: datetime) -> Iterator[Event]:
        """Yield those that touch the time from `after` to before `before`."""
        level = 0 if self.is_override else self.level
        for one in self.calendar.touching(self.level, after, before):
            event = one.event
            found = (_person(name, self.people) for name in event.names)
            users = tuple(dict.fromkeys(user for user in found if user is not None))
            for start, end in one.times(after, before):
                yield Event(start, end, users, level, event.uid, self.is_override, event.title)


def fetched_calendar(
    schedule_id: str, which: Which, text: str, at: datetime, before: Calendar | None = None
) -> Calendar:
    """Return the row of an external calendar that was fetched at a moment; the same text stays as it was read.

    Reading takes up to seconds, so not on an event loop. `faults_of` the row tells what does not count.

    Raises:
        Permanent: it is not a calendar, or too large; whoever asks keeps the row that he has.
    """
    if before is not None and before.text == text:
        return before.model_copy(update={"fetched_at": at})
    return Calendar(
        id=calendar_id(schedule_id, which),
        schedule_id=schedule_id,
        which=which,
        text=text,
        reading=kept(read_calendar(text)).model_dump_json(exclude_defaults=True),
        fetched_at=at,
        changed_at=at,
    )


def faults_of(calendar: Calendar) -> tuple[str, ...]:
    """Return the sentences about what of a stored calendar does not count."""
    return _kept(calendar.reading, calendar.text).faults


def ready_calendar(calendar: Calendar, schedule_zone: str) -> ReadyCalendar:
    """Return a stored calendar made ready; the same text is worked on once."""
    return _ready_calendar(calendar.reading, calendar.text, schedule_zone)


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
def _kept(reading: str, text: str) -> KeptReading:
    found = as_kept(reading) if reading else None
    if found is not None:
        return found
    try:
        return kept(read_calendar(text))
    except Permanent as error:
        return KeptReading(faults=(error.reason,))


@lru_cache(maxsize=256)
def _ready_calendar(reading: str, text: str, schedule_zone: str) -> ReadyCalendar:
    return ReadyCalendar(_kept(reading, text), schedule_zone)


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
