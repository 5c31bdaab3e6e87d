"""Rotations of other products, turns of a fixed length with or without hours, as shifts (`rolling_users`).

Where a rotation counts only in some hours, each window of the hours becomes a shift of its own whose list of turns
says who is on call the first, second, … time it comes round, until that begins again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import gcd

from shared.domain.imported import Written, without_blanks
from shared.domain.schedules import WEEKDAYS
from shared.domain.shift_form import MOST_TURNS

HOUR_S, DAY_S, WEEK_S = 3_600, 86_400, 604_800
CHANGES_INSIDE = "changes hands in the middle of its hours: here at their beginning"
LENGTHS = ((WEEK_S, "weekly"), (DAY_S, "daily"), (HOUR_S, "hourly"))


class NoSuchShift(Exception):
    """There are no shifts for it; the message says why."""


@dataclass(frozen=True)
class Window:
    """Hours that come round every day or every week: the first time they begin, in local time."""

    begins: datetime
    every_s: int
    duration_s: int


@dataclass(frozen=True)
class Rotation:
    """Who is on call one after the other, each turn so long; `begins` is when the first turn did, in local time.

    Nothing of it counts before `effective_from` and from `ended_at` on.
    """

    name: str
    turns: Sequence[Sequence[str]]
    begins: datetime
    turn_s: int
    level: int = 0
    effective_from: datetime | None = None
    ended_at: datetime | None = None


def instant(value: object) -> datetime | None:
    """Return an instant as APIs write it, None for what is none."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found.astimezone(UTC) if found is not None and found.tzinfo is not None else None


def is_over(ends: object, now: datetime) -> bool:
    """Whether the end, as APIs write it, is past; what has none never ends."""
    found = instant(ends)
    return found is not None and found < now


def window_after(begins: datetime, weekday: int | None, at_s: int, duration_s: int) -> Window:
    """Return hours that begin so long after midnight, each day or on a weekday (0: Monday), from `begins` on."""
    first = begins.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(seconds=at_s)
    every = timedelta(seconds=DAY_S)
    while first < begins or (weekday is not None and first.weekday() != weekday):
        first += every
    return Window(first, DAY_S if weekday is None else WEEK_S, duration_s)


def rotation_shifts(rotation: Rotation, windows: Sequence[Window]) -> list[Written]:
    """Return the shifts of a rotation, with hours one for each window.

    Raises:
        NoSuchShift: nobody is in it, or its turns have a length that nothing recurs with.
    """
    if not rotation.turns or rotation.turn_s < 1:
        raise NoSuchShift("it has nobody, or no length of turns")
    if windows:
        return [_hours(rotation, one) for one in windows]
    for length_s, frequency in LENGTHS:
        if rotation.turn_s % length_s == 0:
            found = _shift(rotation, rotation.begins, rotation.turn_s, rotation.turns)
            return [{**found, "frequency": frequency, "interval": rotation.turn_s // length_s}]
    raise NoSuchShift(f"turns of {rotation.turn_s} s are no whole hours")


def hands_over_inside(rotation: Rotation, window: Window) -> bool:
    """Whether a turn ends while the hours last: here it ends when they begin the next time."""
    return any(
        since // rotation.turn_s != (since + window.duration_s - 1) // rotation.turn_s
        for since in _begins(rotation, window)
    )


def _hours(rotation: Rotation, window: Window) -> Written:
    turns = rotation.turns
    order = [turns[since // rotation.turn_s % len(turns)] for since in _begins(rotation, window)]
    if all(one == order[0] for one in order):
        order = order[:1]
    found = _shift(rotation, window.begins, window.duration_s, order)
    return {**found, "frequency": "daily" if window.every_s == DAY_S else "weekly", "interval": 1}


def _begins(rotation: Rotation, window: Window) -> list[int]:
    """Return when the hours begin, in seconds since the first turn did, until the order of people begins again."""
    whole_s = rotation.turn_s * len(rotation.turns)
    count = whole_s // gcd(window.every_s, whole_s)
    if count > MOST_TURNS:
        raise NoSuchShift(f"the order of people begins again only after {count} times")
    since_s = int((window.begins - rotation.begins).total_seconds())
    return [since_s + number * window.every_s for number in range(count)]


def _shift(rotation: Rotation, start: datetime, duration_s: int, turns: Sequence[Sequence[str]]) -> Written:
    bounds = {"effective_from": rotation.effective_from, "ended_at": rotation.ended_at}
    written = {
        "name": rotation.name,
        "type": "rolling_users",
        "start": start.replace(tzinfo=None).isoformat(timespec="seconds"),
        "duration": duration_s,
        "level": rotation.level or None,
        "week_start": WEEKDAYS[start.weekday()],
        "rolling_users": [list(one) for one in turns],
        **{name: at.isoformat() for name, at in bounds.items() if at is not None},
    }
    return without_blanks(written)
