"""Layers of a web schedule as forms: people in turn, handed over after so many hours, days or weeks, at some hours.

What a form cannot say (calendars of months, one-off and shared shifts) stays as it is and is only described.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from multidict import MultiMapping

from services.api.console.people_fields import names_of, turns_of
from services.api.console.step_sentences import days_in_words, listed, spoken
from services.api.refusals import Invalid
from shared.domain.configuration import ConfigSnapshot
from shared.domain.schedules import SOURCES, WEEKDAYS, Shift
from shared.domain.shift_events import read_time

DAY_S, HOUR_S = 86_400, 3_600
PERIOD_S = {"hourly": HOUR_S, "daily": DAY_S, "weekly": 7 * DAY_S}
# The words of the form for how often is handed over.
HANDOVERS = {"weekly": "weeks", "daily": "days", "hourly": "hours"}
WRITTEN = "%Y-%m-%dT%H:%M:%S"


@dataclass(frozen=True)
class LayerForm:
    """A layer being written; all texts as their fields have them. `begins` and `ends` are hours of the day."""

    name: str = ""
    turns: Sequence[str] = ()
    start: str = ""
    until: str = ""
    handover: str = "weekly"
    every: str = "1"
    begins: str = ""
    ends: str = ""
    days: Sequence[str] = ()
    level: str = "0"
    problems: tuple[str, ...] = field(default=())


def sent_layer(form: MultiMapping[str], problems: tuple[str, ...] = ()) -> LayerForm:
    """Return a form as somebody sent it."""
    texts = {
        name: form.get(name, "").strip()
        for name in ("name", "start", "until", "handover", "every", "begins", "ends", "level")
    }
    return LayerForm(**texts, turns=form.getall("turns", []), days=form.getall("days", []), problems=problems)


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
    first = shift.start_rotation_from_user_index or 0
    turns = [*shift.rolling_users[first:], *shift.rolling_users[:first]]
    end = start + timedelta(seconds=shift.duration)
    for has_hours in (False, True):
        form = LayerForm(
            name=shift.name,
            turns=[", ".join(names_of(turn, config)) for turn in turns],
            start=f"{start:%Y-%m-%dT%H:%M}",
            until=f"{until:%Y-%m-%dT%H:%M}" if (until := read_time(shift.until)) else "",
            handover=shift.frequency,
            every=str(shift.interval or 1),
            begins=f"{start:%H:%M}" if has_hours else "",
            ends=f"{end:%H:%M}" if has_hours else "",
            days=() if has_hours and len(shift.by_day) == len(WEEKDAYS) else shift.by_day,
            level=str(shift.level),
        )
        if _says_the_same(form, shift):
            return form
    return None


def layer_sentence(shift: Shift, config: ConfigSnapshot) -> str:
    """Return what a shift says, in one sentence."""
    turns = [" with ".join(names_of(turn, config)) or "nobody" for turn in shift.rolling_users]
    if shift.type == "rolling_users":
        words = listed(turns) + (" in turn" if len(turns) > 1 else "")
    else:
        words = f"{listed(names_of(shift.users, config)) or 'nobody'} together"
    often = "once" if shift.happens_once else _often(shift)
    hours = f"for {spoken(shift.duration)} from {shift.start[11:16]}"
    days = f", {days_in_words(shift.by_day)}" if shift.by_day else ""
    until = f", until {shift.until[:16].replace('T', ' ')}" if shift.until else ""
    zone = f" {shift.time_zone}" if shift.time_zone else ""
    return f"{words}, {often} {hours}{days}, beginning {shift.start[:10]}{until}{zone}"


def _often(shift: Shift) -> str:
    word = {"hourly": "hour", "daily": "day", "weekly": "week", "monthly": "month"}[
        shift.frequency or "daily"
    ]
    count = shift.interval or 1
    return f"every {word}" if count == 1 else f"every {count} {word}s"


def _times(form: LayerForm) -> dict[str, Any]:
    """Return when the shifts are.

    A shift without hours lasts until the next hand-over. One with hours is on every day (or on the days that are
    named) of its turn, so the days must be listed: otherwise it would be on once in a turn.
    """
    start, every = _local(form.start, "start"), _number(form.every or "1", "every")
    if every < 1:
        raise Invalid.field("every", "Must be 1 or more.")
    has_hours = bool(form.begins or form.ends)
    days = [one for one in WEEKDAYS if one in form.days]
    duration_s = every * PERIOD_S[form.handover]
    if has_hours:
        begins, ends = _clock(form.begins, "begins"), _clock(form.ends, "ends")
        start = datetime.combine(start.date(), begins)
        duration_s = _between(begins, ends)
    elif days:
        duration_s = DAY_S
    if has_hours or days:
        _check_listed(form.handover, every, len(days) or len(WEEKDAYS))
        days = days or list(WEEKDAYS)
    return {
        "start": start.strftime(WRITTEN),
        "rotation_start": None,
        "duration": duration_s,
        "frequency": form.handover,
        "interval": every,
        # The hand-over is on the weekday on which it begins.
        "week_start": WEEKDAYS[start.weekday()],
        "by_day": days,
    }


def _check_listed(handover: str, every: int, days: int) -> None:
    if handover == "hourly":
        raise Invalid.field("handover", "With hours of the day or weekdays, hand over after days or weeks.")
    if handover == "weekly" and every > 1:
        raise Invalid.field("every", "With hours of the day or weekdays a turn is one week, or some days.")
    if every > days:
        raise Invalid.field("every", f"A turn can be at most the {days} days of a week on which it is on.")


def _between(begins: time, ends: time) -> int:
    first, last = (one.hour * HOUR_S + one.minute * 60 for one in (begins, ends))
    return (last - first) % DAY_S or DAY_S


def _says_the_same(form: LayerForm, shift: Shift) -> bool:
    try:
        times: Mapping[str, Any] = _times(form)
    except Invalid:
        return False
    lists_nothing = not (shift.by_month or shift.by_monthday)
    week_start = shift.week_start or "SU"
    # Where a shift is on one weekday, or a turn is days, it does not matter with which day a week begins.
    same_week = week_start == times["week_start"] or shift.frequency != "weekly" or not shift.by_day
    return (
        lists_nothing
        and same_week
        and shift.rotation_start in (None, shift.start)
        and times["start"] == shift.start
        and times["duration"] == shift.duration
        and times["interval"] == (shift.interval or 1)
        and sorted(times["by_day"]) == sorted(shift.by_day)
    )


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
