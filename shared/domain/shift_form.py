"""What a shift must say to be one: checked where clients write it, each fault a sentence that names the field."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from shared.domain.recurrence import zone_problem
from shared.domain.schedules import Shift
from shared.domain.shift_events import LONGEST_S, read_time, ready
from shared.errors import Permanent

WRITTEN = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}")
RECURRING = ("recurrent_event", "rolling_users")
PERIOD_S = {"hourly": 3_600, "daily": 86_400, "weekly": 7 * 86_400, "monthly": 28 * 86_400}
# A question about one moment looks at every event that may last until then.
MOST_AT_ONCE = 1_000
LONGEST_RECURRING_S = 366 * 86_400
LONGEST_INTERVAL, HIGHEST_LEVEL, MOST_TURNS = 1_000, 1_000, 1_000


def check_shift(shift: Shift) -> None:
    """Refuse a shift that lacks what its type needs, or could never be on.

    Whether its users, team and schedule exist is not looked at.

    Raises:
        Permanent: with "<field>: <what is wrong and what would be right>".
    """
    fault = next(_faults(shift), None)
    if fault is not None:
        raise Permanent(fault)


def _faults(shift: Shift) -> Iterator[str]:
    """Yield what is wrong, the most basic first: a later check may rely on the earlier ones."""
    yield from chain(_basic_faults(shift), _people_faults(shift))
    if shift.type in RECURRING:
        yield from chain(_rotation_faults(shift), _list_faults(shift), _length_faults(shift))
    if ready(shift, "UTC") is None:
        yield "until: The shift ends before its first event, or by_day, by_month and by_monthday never meet."


def _basic_faults(shift: Shift) -> Iterator[str]:
    if not shift.name.strip():
        yield "name: A shift needs a name."
    if shift.time_zone is not None and zone_problem(shift.time_zone) is not None:
        yield f"time_zone: {zone_problem(shift.time_zone)}"
    for field in ("start", "rotation_start", "until"):
        text = getattr(shift, field)
        if text is not None and (WRITTEN.fullmatch(text) is None or read_time(text) is None):
            yield f"{field}: Must be a local time without an offset, such as 2026-03-29T09:00:00, from 1900 to 2998."
    if not 1 <= shift.duration <= LONGEST_S:
        yield "duration: Must be a number of seconds, at least 1 and at most a hundred years."
    if not 0 <= shift.level <= HIGHEST_LEVEL:
        yield f"level: Must be from 0 to {HIGHEST_LEVEL}; the higher level is on call."


def _people_faults(shift: Shift) -> Iterator[str]:
    if shift.type != "rolling_users":
        return
    turns = shift.rolling_users
    if not 1 <= len(turns) <= MOST_TURNS:
        yield 'rolling_users: Must be a list of turns, each a list of user ids, such as [["U1"], ["U2", "U3"]].'
    index = shift.start_rotation_from_user_index
    if index is None or not 0 <= index < len(turns):
        yield f"start_rotation_from_user_index: Must say which turn is the first, from 0 to {len(turns) - 1}."


def _rotation_faults(shift: Shift) -> Iterator[str]:
    if shift.frequency is None:
        yield f"frequency: A {shift.type} must be hourly, daily, weekly or monthly."
    if shift.interval is not None and not 1 <= shift.interval <= LONGEST_INTERVAL:
        yield f"interval: Must be from 1 to {LONGEST_INTERVAL}: the shift is on every so many periods."
    days = len(set(shift.by_day))
    by_days = shift.type == "rolling_users" and shift.frequency == "daily" and days
    if by_days and (shift.interval or 1) > days:
        yield f"interval: Must not be more than the {days} days of by_day: a turn is so many of these days."


def _list_faults(shift: Shift) -> Iterator[str]:
    if any(not 1 <= one <= 12 for one in shift.by_month):
        yield "by_month: Each must be from 1 to 12."
    if any(one == 0 or not -31 <= one <= 31 for one in shift.by_monthday):
        yield "by_monthday: Each must be from 1 to 31, or from -31 to -1 counted from the end of the month."


def _length_faults(shift: Shift) -> Iterator[str]:
    period_s = PERIOD_S.get(shift.frequency or "", 86_400) * (shift.interval or 1)
    if shift.duration > min(LONGEST_RECURRING_S, MOST_AT_ONCE * period_s):
        yield (
            f"duration: Must be at most {min(LONGEST_RECURRING_S, MOST_AT_ONCE * period_s)} seconds "
            "for a shift that recurs so often."
        )
