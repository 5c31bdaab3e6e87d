"""What a shift must say to be one: checked where clients write it, each fault a sentence that names the field."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shared.domain.recurrence import zone_problem
from shared.domain.schedules import Shift
from shared.domain.shift_events import LONGEST_S, read_time, ready

WRITTEN = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}")
RECURRING = ("recurrent_event", "rolling_users")
PERIOD_S = {"hourly": 3_600, "daily": 86_400, "weekly": 7 * 86_400, "monthly": 28 * 86_400}
# A question about one moment looks at every event that may last until then.
MOST_AT_ONCE = 1_000
# The field and the sentence.
Fault = tuple[str, str]
LONGEST_RECURRING_S = 366 * 86_400
LONGEST_INTERVAL, HIGHEST_LEVEL, MOST_TURNS = 1_000, 1_000, 1_000


def shift_faults(shift: Shift) -> list[Fault]:
    """Return every fault of a shift as its field and a sentence, the most basic first.

    Whether its users, team and schedule exist is not looked at.
    """
    found = [*_basic_faults(shift), *_people_faults(shift)]
    if shift.type in RECURRING:
        found += [*_rotation_faults(shift), *_list_faults(shift), *_length_faults(shift)]
    if not found and ready(shift, "UTC") is None:
        reason = "The shift ends before its first event, or by_day, by_month and by_monthday never meet."
        found.append(("until", reason))
    return found


def _basic_faults(shift: Shift) -> Iterator[Fault]:
    if not shift.name.strip():
        yield "name", "A shift needs a name."
    if shift.time_zone is not None and zone_problem(shift.time_zone) is not None:
        yield "time_zone", f"{zone_problem(shift.time_zone)}"
    for field in ("start", "rotation_start", "until"):
        text = getattr(shift, field)
        if text is not None and (WRITTEN.fullmatch(text) is None or read_time(text) is None):
            yield (
                field,
                "Must be a local time without an offset, such as 2026-03-29T09:00:00, from 1900 to 2998.",
            )
    if not 1 <= shift.duration <= LONGEST_S:
        yield "duration", "Must be a number of seconds, at least 1 and at most a hundred years."
    if not 0 <= shift.level <= HIGHEST_LEVEL:
        yield "level", f"Must be from 0 to {HIGHEST_LEVEL}; the higher level is on call."


def _people_faults(shift: Shift) -> Iterator[Fault]:
    if shift.type != "rolling_users":
        return
    turns = shift.rolling_users
    if not 1 <= len(turns) <= MOST_TURNS:
        yield (
            "rolling_users",
            'Must be a list of turns, each a list of user ids, such as [["U1"], ["U2", "U3"]].',
        )
        return
    index = shift.start_rotation_from_user_index
    if index is None or not 0 <= index < len(turns):
        yield (
            "start_rotation_from_user_index",
            f"Must say which turn is the first, from 0 to {len(turns) - 1}.",
        )


def _rotation_faults(shift: Shift) -> Iterator[Fault]:
    if shift.frequency is None:
        yield "frequency", f"A {shift.type} must be hourly, daily, weekly or monthly."
    if shift.interval is not None and not 1 <= shift.interval <= LONGEST_INTERVAL:
        yield "interval", f"Must be from 1 to {LONGEST_INTERVAL}: the shift is on every so many periods."
    days = len(set(shift.by_day))
    by_days = shift.type == "rolling_users" and shift.frequency == "daily" and days
    if by_days and (shift.interval or 1) > days:
        yield "interval", f"Must not be more than the {days} days of by_day: a turn is so many of these days."


def _list_faults(shift: Shift) -> Iterator[Fault]:
    if any(not 1 <= one <= 12 for one in shift.by_month):
        yield "by_month", "Each must be from 1 to 12."
    if any(one == 0 or not -31 <= one <= 31 for one in shift.by_monthday):
        yield "by_monthday", "Each must be from 1 to 31, or from -31 to -1 counted from the end of the month."


def _length_faults(shift: Shift) -> Iterator[Fault]:
    period_s = PERIOD_S.get(shift.frequency or "", 86_400) * (shift.interval or 1)
    if shift.duration > min(LONGEST_RECURRING_S, MOST_AT_ONCE * period_s):
        most = min(LONGEST_RECURRING_S, MOST_AT_ONCE * period_s)
        yield "duration", f"Must be at most {most} seconds for a shift that recurs so often."
