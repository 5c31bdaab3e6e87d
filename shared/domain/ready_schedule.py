"""A schedule made ready to be asked: its layers, overrides and swaps as of one configuration."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, cast

from shared.domain.configuration import ConfigSnapshot
from shared.domain.external_events import CalendarEvents, person_keys, ready_calendar
from shared.domain.schedules import Calendar, Schedule, Shift, Swap, Which
from shared.domain.shift_events import Event
from shared.domain.shift_reading import ShiftEvents

# Whose events count before whose: overrides before all, then the highest level.
Rank = tuple[bool, int]


class EventSource(Protocol):
    """Something that knows of events."""

    def events(self, after: datetime, before: datetime) -> Iterator[Event]:
        """Yield those that touch the time from `after` to before `before`."""


@dataclass(frozen=True, slots=True)
class ReadySchedule:
    """`ranks` are the sources of its events, those first whose events count before all others'.

    `swaps` are those that were taken, in the order in which they were asked for.
    `missing` says, as a sentence, why the schedule has no events to speak of; None when it has what it needs.
    """

    schedule: Schedule
    ranks: tuple[tuple[EventSource, ...], ...]
    swaps: tuple[Swap, ...]
    missing: str | None = None

    def events(self, after: datetime, before: datetime) -> list[Event]:
        """Return all events that touch the time from `after` to before `before`, whether they count or not."""
        return [one for rank in self.ranks for source in rank for one in source.events(after, before)]


def ready_schedule(config: ConfigSnapshot, schedule_id: str) -> ReadySchedule | None:
    """Return a schedule made ready, None when there is none of that id; done once per configuration."""
    known = config.prepared.get(f"schedule {schedule_id}")
    if known is not None:
        return cast("ReadySchedule", known)
    schedule = config.schedule_by_id.get(schedule_id)
    if schedule is None:
        return None
    made = _ready(config, schedule)
    config.prepared[f"schedule {schedule_id}"] = made
    return made


def _ready(config: ConfigSnapshot, schedule: Schedule) -> ReadySchedule:
    shifts = [one for one in config.shifts_of(schedule) if _counts(schedule, one)]
    calendars = [config.calendar_of.get((schedule.id, which)) for which in _calendars(schedule)]
    present = [one for one in calendars if one is not None]
    people = person_keys(config.users) if present else {}
    sources: dict[Rank, list[EventSource]] = {}
    for rank, of_rank in _by_rank(shifts).items():
        sources[rank] = [ShiftEvents(of_rank, schedule.time_zone)]
    for calendar in present:
        for rank, source in _calendar_sources(calendar, schedule, people):
            sources.setdefault(rank, []).append(source)
    return ReadySchedule(
        schedule=schedule,
        ranks=tuple(tuple(sources[rank]) for rank in sorted(sources, reverse=True)),
        swaps=tuple(one for one in config.swaps_of.get(schedule.id, ()) if one.benefactor_id is not None),
        missing=_missing(schedule, bool(shifts), present),
    )


def _by_rank(shifts: Iterable[Shift]) -> dict[Rank, list[Shift]]:
    found: dict[Rank, list[Shift]] = {}
    for one in shifts:
        found.setdefault((True, 0) if one.type == "override" else (False, one.level), []).append(one)
    return found


def _calendar_sources(
    calendar: Calendar, schedule: Schedule, people: Mapping[str, str]
) -> Iterator[tuple[Rank, EventSource]]:
    ready, is_override = ready_calendar(calendar, schedule.time_zone), calendar.which == "overrides"
    for level in ready.levels:
        rank = (is_override, 0 if is_override else level)
        yield rank, CalendarEvents(ready, level, people, is_override)


def _missing(schedule: Schedule, has_shifts: bool, calendars: Sequence[Calendar]) -> str | None:
    if schedule.type == "ical" and not any(one.which == "primary" for one in calendars):
        return f"The calendar of schedule {schedule.name} could not be read yet."
    if not has_shifts and not calendars:
        return f"Schedule {schedule.name} has no shifts."
    return None


def _counts(schedule: Schedule, shift: Shift) -> bool:
    if schedule.type == "web":
        return True
    if shift.is_override:
        return schedule.enable_web_overrides or shift.id in schedule.shift_ids
    return schedule.type == "calendar"


def _calendars(schedule: Schedule) -> tuple[Which, ...]:
    """Return which external calendars count; overrides made here take the place of those of a calendar schedule."""
    if schedule.type == "ical":
        return ("primary", "overrides")
    return ("overrides",) if schedule.type == "calendar" and not schedule.enable_web_overrides else ()
