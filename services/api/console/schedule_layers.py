"""Layers of a web schedule as forms: people in turn, handed over after so many hours, days, weeks or months.

What a form cannot say (one-off and shared shifts, versions of a layer) stays as it is and is only described.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from multidict import MultiMapping

from services.api.console.people_fields import names_of, turns_of
from services.api.refusals import Invalid
from shared.domain.configuration import ConfigSnapshot
from shared.domain.schedules import SOURCES, WEEKDAYS, Shift
from shared.domain.shift_events import read_time

DAY_S, HOUR_S = 86_400, 3_600
PERIOD_S = {"hourly": HOUR_S, "daily": DAY_S, "weekly": 7 * DAY_S}
# The words of the form for how often is handed over.
HANDOVERS = {"weekly": "weeks", "daily": "days", "hourly": "hours", "monthly": "months"}
WRITTEN = "%Y-%m-%dT%H:%M:%S"
TEXTS = (
    *("name", "start", "until", "handover", "every", "begins", "ends"),
    *("monthdays", "lasts", "week_start", "level"),
)
LENGTH = re.compile(r"(\d{1,4})(?::([0-5]\d))?")
MONTHS = range(1, 13)


@dataclass(frozen=True)
class LayerForm:
    """A layer being written; all texts as their fields have them. `begins` and `ends` are hours of the day.

    `lasts` is how long each time on call is ("64", "36:30"), where neither hours nor the hand-over say it.
    """

    name: str = ""
    turns: Sequence[str] = ()
    start: str = ""
    until: str = ""
    handover: str = "weekly"
    every: str = "1"
    begins: str = ""
    ends: str = ""
    days: Sequence[str] = ()
    monthdays: str = ""
    months: Sequence[str] = ()
    lasts: str = ""
    week_start: str = ""
    level: str = "0"
    problems: tuple[str, ...] = field(default=())


def sent_layer(form: MultiMapping[str], problems: tuple[str, ...] = ()) -> LayerForm:
    """Return a form as somebody sent it."""
    texts = {name: form.get(name, "").strip() for name in TEXTS}
    turns, days, months = (form.getall(name, []) for name in ("turns", "days", "months"))
    return LayerForm(**texts, turns=turns, days=days, months=months, problems=problems)


def layer_body(form: LayerForm, config: ConfigSnapshot) -> dict[str, Any]:
    """Return a form as a body of the API's shifts, without its schedule.

    Raises:
        Invalid: a field cannot be read, or the fields do not fit together.
    """
    if form.handover not in HANDOVERS:
        raise Invalid.field("handover", f"Must be one of {', '.join(HANDOVERS)}.")
    turns = turns_of(form.turns, config, "turns")
    if not turns:
        raise Invalid.field("turns", "At least one person must be named.")
    return {
        "type": "rolling_users",
        "name": form.name,
        "rolling_users": turns,
        "start_rotation_from_user_index": 0,
        "level": _number(form.level or "0", "level"),
        "until": _local(form.until, "until").strftime(WRITTEN) if form.until else None,
        "source": SOURCES["web"],
        **_times(form),
    }


def written_layer(shift: Shift, config: ConfigSnapshot) -> LayerForm | None:
    """Return the form of a stored shift; None where the form cannot say all that the shift says."""
    start = read_time(shift.start)
    if shift.type != "rolling_users" or shift.frequency not in HANDOVERS or start is None:
        return None
    if shift.effective_from or shift.ended_at:
        return None
    for has_hours, has_length in ((False, False), (True, False), (False, True)):
        form = _form_of(shift, start, config, has_hours=has_hours, has_length=has_length)
        if _says_the_same(form, shift):
            return form
    return None


def _form_of(
    shift: Shift, start: datetime, config: ConfigSnapshot, *, has_hours: bool, has_length: bool
) -> LayerForm:
    first = shift.start_rotation_from_user_index or 0
    turns = [*shift.rolling_users[first:], *shift.rolling_users[:first]]
    end = start + timedelta(seconds=shift.duration)
    hours, minutes = divmod(shift.duration // 60, 60)
    # All days of a turn are listed where nobody chose any: see _times.
    lists_all = len(shift.by_day) == len(WEEKDAYS) and not shift.by_monthday
    is_implied = lists_all and (has_hours or (shift.frequency == "monthly" and not has_length))
    return LayerForm(
        name=shift.name,
        turns=[", ".join(names_of(turn, config)) for turn in turns],
        start=f"{start:%Y-%m-%dT%H:%M}",
        until=f"{until:%Y-%m-%dT%H:%M}" if (until := read_time(shift.until)) else "",
        handover=shift.frequency or "",
        every=str(shift.interval or 1),
        begins=f"{start:%H:%M}" if has_hours else "",
        ends=f"{end:%H:%M}" if has_hours else "",
        days=() if is_implied else shift.by_day,
        monthdays=", ".join(map(str, shift.by_monthday)),
        months=[str(one) for one in shift.by_month],
        lasts=f"{hours}:{minutes:02}" if has_length and minutes else str(hours) if has_length else "",
        week_start="" if _is_usual_week(shift, start) else shift.week_start or "SU",
        level=str(shift.level),
    )


def _times(form: LayerForm) -> dict[str, Any]:
    """Return when the shifts are.

    A shift without hours lasts until the next hand-over. One with hours, or handed over with the calendar's months,
    is on every day (or on the days that are named) of its turn, so the days must be listed: otherwise it would be on
    once in a turn. With a length of its own it is as it is written.
    """
    start, every = _local(form.start, "start"), _number(form.every or "1", "every")
    if every < 1:
        raise Invalid.field("every", "Must be 1 or more.")
    days, monthdays = [one for one in WEEKDAYS if one in form.days], _monthdays(form)
    begins, duration_s = _length(form, every, is_by_day=bool(days or monthdays))
    if begins is not None:
        start = datetime.combine(start.date(), begins)
    if not form.lasts and (begins is not None or days or form.handover == "monthly"):
        _check_listed(form.handover, every, len(days) or len(WEEKDAYS), monthdays)
        days = days if days or monthdays else list(WEEKDAYS)
    return {
        "start": start.strftime(WRITTEN),
        "rotation_start": None,
        "duration": duration_s,
        "frequency": form.handover,
        "interval": every,
        "week_start": _week_start(form, start),
        "by_day": days,
        "by_monthday": monthdays,
        "by_month": _months(form),
    }


def _length(form: LayerForm, every: int, *, is_by_day: bool) -> tuple[time | None, int]:
    """Return at which hour each time on call begins, where the form says it, and how many seconds it lasts."""
    has_hours = bool(form.begins or form.ends)
    if form.lasts:
        found = LENGTH.fullmatch(form.lasts) if form.lasts.isascii() else None
        if has_hours:
            raise Invalid.field("lasts", "Name either hours of the day or a length, not both.")
        if found is None:
            raise Invalid.field("lasts", "Must be hours such as 64, or hours and minutes such as 36:30.")
        return None, int(found[1]) * HOUR_S + int(found[2] or 0) * 60
    if has_hours:
        begins, ends = _clock(form.begins, "begins"), _clock(form.ends, "ends")
        return begins, _between(begins, ends)
    is_daily = is_by_day or form.handover == "monthly"
    return None, DAY_S if is_daily else every * PERIOD_S[form.handover]


def _check_listed(handover: str, every: int, days: int, monthdays: Sequence[int]) -> None:
    if handover == "hourly":
        raise Invalid.field(
            "handover", "With hours of the day or weekdays, hand over after days, weeks or months."
        )
    if handover == "weekly" and every > 1:
        raise Invalid.field("every", "With hours of the day or weekdays a turn is one week, or some days.")
    if handover == "monthly" and every > 1 and not monthdays:
        raise Invalid.field(
            "every", "A turn is one month; for two, name somebody in two turns one after the other."
        )
    if handover == "daily" and every > days:
        raise Invalid.field("every", f"A turn can be at most the {days} days of a week on which it is on.")


def _monthdays(form: LayerForm) -> list[int]:
    words = form.monthdays.replace(",", " ").split()
    if words and form.handover != "monthly" and not form.lasts:
        raise Invalid.field("monthdays", "Days of the month need a hand-over after months.")
    found = [int(one) for one in words if re.fullmatch(r"-?[0-9]{1,2}", one)]
    if len(found) < len(words) or any(not 1 <= abs(one) <= 31 for one in found):
        reason = "Must be days from 1 to 31, or from -1 (the last day) to -31, such as 1, 15, -1."
        raise Invalid.field("monthdays", reason)
    return list(dict.fromkeys(found))


def _months(form: LayerForm) -> list[int]:
    known = {str(one): one for one in MONTHS}
    if any(one not in known for one in form.months):
        raise Invalid.field("months", "Must be numbers of months, from 1 to 12.")
    return [known[one] for one in dict.fromkeys(form.months)]


def _week_start(form: LayerForm, start: datetime) -> str:
    """Return with which day a week of the layer begins: if nobody says it, the weekday of the first hand-over."""
    if form.week_start and form.week_start not in WEEKDAYS:
        raise Invalid.field("week_start", f"Must be one of {', '.join(WEEKDAYS)}.")
    return form.week_start or WEEKDAYS[start.weekday()]


def _between(begins: time, ends: time) -> int:
    first, last = (one.hour * HOUR_S + one.minute * 60 for one in (begins, ends))
    return (last - first) % DAY_S or DAY_S


def _says_the_same(form: LayerForm, shift: Shift) -> bool:
    try:
        times: Mapping[str, Any] = _times(form)
    except Invalid:
        return False
    same_week = (shift.week_start or "SU") == times["week_start"] or _is_usual_week(
        shift, _local(form.start, "start")
    )
    return (
        same_week
        and shift.rotation_start in (None, shift.start)
        and times["start"] == shift.start
        and times["duration"] == shift.duration
        and times["interval"] == (shift.interval or 1)
        and all(
            sorted(times[name]) == sorted(getattr(shift, name))
            for name in ("by_day", "by_monthday", "by_month")
        )
    )


def _is_usual_week(shift: Shift, start: datetime) -> bool:
    """Whether a week begins with the weekday of the first turn, or it does not matter with which it begins.

    It matters only where a turn is weeks and is on some weekdays.
    """
    matters = shift.frequency == "weekly" and bool(shift.by_day)
    return not matters or (shift.week_start or "SU") == WEEKDAYS[start.weekday()]


def _local(text: str, field: str) -> datetime:
    found = read_time(text)
    if found is None or not date(2000, 1, 1) <= found.date() <= date(2100, 1, 1):
        raise Invalid.field(field, "Must be a date and a time, such as 2026-12-06T09:00.")
    return found


def _clock(text: str, field: str) -> time:
    try:
        return time.fromisoformat(text).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError as error:
        raise Invalid.field(
            field, "Must be a time of day such as 09:00; both are needed, or none."
        ) from error


def _number(text: str, field: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 6):
        raise Invalid.field(field, "Must be a whole number.")
    return int(text)
