"""Whether a shift says something: the rules of each type, one sentence per mistake."""

from __future__ import annotations

import re

from services.api.refusals import Invalid
from shared.domain.recurrence import zone_problem
from shared.domain.schedules import WEEKDAYS, Shift, ShiftType
from shared.domain.shift_events import LONGEST_S, read_time

TYPES: tuple[ShiftType, ...] = ("single_event", "recurrent_event", "rolling_users", "override")
FREQUENCIES = ("hourly", "daily", "weekly", "monthly")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
MAX_LEVEL = 99
MAX_INTERVAL = 10_000


def checked(row: Shift) -> Shift:
    """Return a shift that is as its type must be.

    Raises:
        Invalid: with every field that is not.
    """
    faults: dict[str, list[str]] = {}
    for field, sentence in [*_times(row), *_recurrence(row), *_rotation(row)]:
        faults.setdefault(field, []).append(sentence)
    if faults:
        raise Invalid(faults)
    return row


def _times(row: Shift) -> list[tuple[str, str]]:
    faults = [
        (name, "Must be a local time such as 2026-12-06T09:00:00, without an offset.")
        for name in ("start", "rotation_start", "until")
        if (text := getattr(row, name)) is not None and not _is_time(text)
    ]
    if not 1 <= row.duration <= LONGEST_S:
        faults.append(("duration", "Must be a whole number of seconds, at least 1."))
    problem = zone_problem(row.time_zone) if row.time_zone else None
    if problem is not None:
        faults.append(("time_zone", problem))
    if not faults and row.until is not None and row.until < row.start:
        faults.append(("until", "Must not be before start."))
    if not 0 <= row.level <= MAX_LEVEL:
        faults.append(("level", f"Must be from 0 to {MAX_LEVEL}."))
    return faults


def _is_time(text: str) -> bool:
    return TIME.fullmatch(text) is not None and read_time(text) is not None


def _recurrence(row: Shift) -> list[tuple[str, str]]:
    if row.type not in ("recurrent_event", "rolling_users"):
        return []
    faults = []
    if row.frequency is None:
        faults.append(("frequency", f"This field is required: one of {', '.join(FREQUENCIES)}."))
    if row.interval is not None and not 1 <= row.interval <= MAX_INTERVAL:
        faults.append(("interval", f"Must be from 1 to {MAX_INTERVAL}."))
    if any(not 1 <= one <= 12 for one in row.by_month):
        faults.append(("by_month", "Months are numbers from 1 to 12."))
    if any(one == 0 or not -31 <= one <= 31 for one in row.by_monthday):
        faults.append(
            ("by_monthday", "Days of a month are numbers from 1 to 31, or from -31 to -1 from its end.")
        )
    if len(set(row.by_day)) != len(row.by_day):
        faults.append(("by_day", f"Each of {', '.join(WEEKDAYS)} at most once."))
    return faults


def _rotation(row: Shift) -> list[tuple[str, str]]:
    if row.type != "rolling_users":
        return []
    faults = []
    turns = len(row.rolling_users)
    index = row.start_rotation_from_user_index
    if not turns:
        faults.append(("rolling_users", "A rotation needs at least one turn."))
    if index is None:
        faults.append(("start_rotation_from_user_index", "This field is required for a rotation."))
    elif turns and not 0 <= index < turns:
        faults.append(("start_rotation_from_user_index", f"Must be from 0 to {turns - 1}."))
    by_days = row.frequency == "daily" and row.by_day
    if by_days and row.interval is not None and row.interval > len(row.by_day):
        faults.append(("interval", "Must not be greater than the number of days in by_day."))
    return faults
