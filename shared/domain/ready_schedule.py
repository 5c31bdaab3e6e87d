"""A schedule made ready to be asked: its layers, overrides and swaps as of one configuration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from shared.domain.configuration import ConfigSnapshot
from shared.domain.external_events import ReadyCalendar, person_keys, ready_calendar
from shared.domain.schedules import Calendar, Schedule, Shift, Swap, Which
from shared.domain.shift_events import Event, ReadyShift, ready
from shared.domain.time_index import TimeIndex


@dataclass(frozen=True, slots=True)
class ReadySchedule:
    """`calendars` are the external ones, each with whether it holds overrides; `people` finds who is named there.

    `missing` says, as a sentence, why the schedule has no events to speak of; None when it has what it needs."""

    schedule: Schedule
    shifts: TimeIndex[ReadyShift]
    swaps: tuple[Swap, ...]
    calendars: tuple[tuple[ReadyCalendar, bool], ...] = ()
    people: Mapping[str, str] = field(default_factory=dict)
    missing: str | None = None

    def events(self, after: datetime, before: datetime) -> list[Event]:
        """Return all events that touch the time from `after` to before `before`, overrides among them."""
        found: list[Event] = []
        for one in self.shifts.touching(after, before):
            found += one.events(after, before)
        for calendar, is_override in self.calendars:
            found += calendar.events(after, before, self.people, is_override=is_override)
        return found


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
    made = (ready(one, schedule.time_zone) for one in shifts)
    calendars = [config.calendar_of.get((schedule.id, which)) for which in _calendars(schedule)]
    present = [one for one in calendars if one is not None]
    return ReadySchedule(
        schedule=schedule,
        shifts=TimeIndex(one for one in made if one is not None),
        swaps=tuple(one for one in config.swaps_of.get(schedule.id, ()) if one.benefactor_id is not None),
        calendars=tuple(
            (ready_calendar(one, schedule.time_zone), one.which == "overrides") for one in present
        ),
        people=person_keys(config.users) if present else {},
        missing=_missing(schedule, bool(shifts), present),
    )


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


def winners(events: Sequence[Event]) -> list[Event]:
    """Return those of the events of one moment that count: overrides, else the highest level."""
    overrides = [one for one in events if one.is_override]
    if overrides or len(events) < 2:
        return overrides or list(events)
    level = max(one.level for one in events)
    return [one for one in events if one.level == level]


def stand_in(user_id: str, swaps: Iterable[Swap], at: datetime) -> tuple[str, Swap | None]:
    """Return who is on call in somebody's place at a moment, and by which swap (None: the user).

    Swaps count in the order in which they were asked for, so that what one took over can be handed on by a later.
    """
    by = None
    for one in swaps:
        if one.beneficiary_id == user_id and one.swap_start <= at < one.swap_end and one.benefactor_id:
            user_id, by = one.benefactor_id, one
    return user_id, by
