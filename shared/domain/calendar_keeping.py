"""How what an external calendar says is kept beside its text, so that a question reads a few of its events only.

Each event is a text of its own; beside it stand its level, and the days in which all of it lies, whatever its zone.
"""

from __future__ import annotations

from pydantic import ValidationError

from shared.domain.calendar_reading import CalendarReading, ExternalEvent
from shared.domain.calendar_rules import rule_until
from shared.domain.day_index import FOREVER, SLACK_DAYS, Days
from shared.domain.model import Frozen

DAY_S = 86_400


class KeptReading(Frozen):
    """What a calendar says: the events as JSON, and in the same order their levels, first and last days."""

    events: tuple[str, ...] = ()
    levels: tuple[int, ...] = ()
    firsts: tuple[int, ...] = ()
    lasts: tuple[int, ...] = ()
    faults: tuple[str, ...] = ()


def kept(reading: CalendarReading) -> KeptReading:
    """Return what a calendar says as it is kept."""
    days = [days_of(one) for one in reading.events]
    return KeptReading(
        events=tuple(one.model_dump_json(exclude_defaults=True) for one in reading.events),
        levels=tuple(one.level for one in reading.events),
        firsts=tuple(first for first, _ in days),
        lasts=tuple(last for _, last in days),
        faults=reading.faults,
    )


def as_kept(text: str) -> KeptReading | None:
    """Return what was kept as JSON; None where it was kept in another way, and the calendar is to be read anew."""
    try:
        return KeptReading.model_validate_json(text)
    except ValidationError:
        return None


def days_of(event: ExternalEvent) -> Days:
    """Return days (of UTC) in which all repetitions of an event lie, whatever its zone."""
    starts = [event.start.toordinal(), *(one.toordinal() for one in event.extra)]
    until = rule_until(event.rule) if event.rule else event.start
    last = FOREVER
    if until is not None:
        last = min(max(*starts, until.toordinal()) + event.length_s // DAY_S + 1 + SLACK_DAYS, FOREVER)
    return min(starts) - SLACK_DAYS, last
