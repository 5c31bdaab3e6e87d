"""What a layer of a schedule says, in one sentence, whether a form can say it or not."""

from __future__ import annotations

from collections.abc import Sequence

from services.api.console.people_fields import names_of
from services.api.console.step_sentences import days_in_words, listed, spoken
from shared.domain.configuration import ConfigSnapshot
from shared.domain.schedules import WEEKDAYS, Shift

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
PERIODS = {"hourly": "hour", "daily": "day", "weekly": "week", "monthly": "month"}


def layer_sentence(shift: Shift, config: ConfigSnapshot) -> str:
    """Return who is on call, how often, when and for how long."""
    turns = [" with ".join(names_of(turn, config)) or "nobody" for turn in shift.rolling_users]
    if shift.type == "rolling_users":
        words = listed(turns) + (" in turn" if len(turns) > 1 else "")
    else:
        words = f"{listed(names_of(shift.users, config)) or 'nobody'} together"
    often = "once" if shift.happens_once else _often(shift)
    hours = f"for {spoken(shift.duration)} from {shift.start[11:16]}"
    until = f", until {shift.until[:16].replace('T', ' ')}" if shift.until else ""
    zone = f" {shift.time_zone}" if shift.time_zone else ""
    return f"{words}, {often} {hours}{_days(shift)}, beginning {shift.start[:10]}{until}{zone}"


def _often(shift: Shift) -> str:
    if shift.frequency == "monthly" and len(shift.by_day) == len(WEEKDAYS) and not shift.by_monthday:
        return "a month each, every day"
    word, count = PERIODS[shift.frequency or "daily"], shift.interval or 1
    return f"every {word}" if count == 1 else f"every {count} {word}s"


def _days(shift: Shift) -> str:
    """Return on which days and in which months it is on, where not on all of them."""
    said = [days_in_words(shift.by_day)] if 0 < len(shift.by_day) < len(WEEKDAYS) else []
    if shift.by_monthday:
        said.append(f"on the {_monthdays(shift.by_monthday)} of the month")
    if shift.by_month:
        said.append(f"in {listed(MONTHS[one - 1] for one in sorted(shift.by_month))}")
    return "".join(f", {one}" for one in said)


def _monthdays(days: Sequence[int]) -> str:
    ahead = [_ordinal(one) for one in sorted(one for one in days if one > 0)]
    behind = [one for one in sorted(days, reverse=True) if one < 0]
    return listed([*ahead, *("last" if one == -1 else f"{_ordinal(-one)} from the end" for one in behind)])


def _ordinal(number: int) -> str:
    ending = "th" if number in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
