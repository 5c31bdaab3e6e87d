"""What is wrong with a schedule in the next 30 days, found before it matters, and what that depends on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from shared.domain.configuration import ConfigSnapshot
from shared.domain.schedule_health import empty_shifts, gaps
from shared.domain.schedules import Schedule

GAPS, EMPTY = "gaps", "empty_shifts"
CHECKED = (GAPS, EMPTY)
AHEAD = timedelta(days=30)
SHOWN = 3


def fingerprint(config: ConfigSnapshot, schedule: Schedule) -> str:
    """Return what changes when something changes that decides who is on call in a schedule, or is told of it."""
    parts = [schedule, *config.shifts_of(schedule), *config.swaps_of.get(schedule.id, ())]
    calendars = [config.calendar_of.get((schedule.id, which)) for which in ("primary", "overrides")]
    texts = [one.model_dump_json() for one in parts]
    texts += [one.changed_at.isoformat() for one in calendars if one is not None]
    texts.append(_people(config))
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:32]


def findings(config: ConfigSnapshot, schedule_id: str, now: datetime) -> Mapping[str, str | None]:
    """Return for each thing that is checked a sentence about what is wrong; None where nothing is."""
    end = now + AHEAD
    without = [(one.start, one.end) for one in gaps(config, schedule_id, now, end)]
    empty = [(one.start, one.end) for one in empty_shifts(config, schedule_id, now, end)]
    return {
        GAPS: _sentence("Nobody is on call", without),
        EMPTY: _sentence("A shift has no known user", empty),
    }


def _people(config: ConfigSnapshot) -> str:
    """Return what stands for everybody's names and reminders; worked out once per configuration."""
    known = config.prepared.get("people fingerprint")
    if isinstance(known, str):
        return known
    texts = "\0".join(
        f"{one.id} {one.username} {one.email} {one.on_call_reminders!r}" for one in config.users
    )
    found = hashlib.sha256(texts.encode()).hexdigest()
    config.prepared["people fingerprint"] = found
    return found


def _sentence(words: str, found: Iterable[tuple[datetime, datetime]]) -> str | None:
    spans = [f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC" for start, end in found]
    if not spans:
        return None
    more = f" and {len(spans) - SHOWN} times more" if len(spans) > SHOWN else ""
    return f"{words} in the next {AHEAD.days} days: {', '.join(spans[:SHOWN])}{more}."
