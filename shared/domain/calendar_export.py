"""Final shifts as an iCalendar to subscribe to: from 15 days back to 180 ahead, refreshed every hour.

A shift keeps its uid as long as its user and start stay. What was exported once and is no more stays, as cancelled,
until it lies further back than the calendar reaches: only so do all programs drop it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from shared.domain.configuration import ConfigSnapshot
from shared.domain.final_shifts import FinalShift, final_shifts
from shared.domain.model import Frozen
from shared.domain.ready_schedule import ready_schedule
from shared.domain.shift_events import MOMENT

BACK, AHEAD, FARTHEST = timedelta(days=15), timedelta(days=180), timedelta(days=400)
LINE_BYTES = 75
HEAD = (
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//Tocsin//On call//EN",
    "CALSCALE:GREGORIAN",
    "METHOD:PUBLISH",
    "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
    "X-PUBLISHED-TTL:PT1H",
)


class ExportedShift(Frozen):
    """One event of an export; `sequence` rises with each change of it that a subscriber may have missed."""

    uid: str
    start: datetime
    end: datetime
    summary: str
    sequence: int = 0
    is_cancelled: bool = False


class Export(Frozen):
    """An export: its text, and its events, which the next export of the same wants as `before`."""

    text: str
    shifts: tuple[ExportedShift, ...] = ()


def export_schedule(
    config: ConfigSnapshot, schedule_id: str, now: datetime, before: Iterable[ExportedShift] = ()
) -> Export:
    """Return a schedule's final shifts, each titled by the username, so that another schedule can read them."""
    schedule = config.schedule_by_id.get(schedule_id)
    found = list(_exported(config, schedule_id, now))
    titled = [(uid, one, config.user_by_id[one.user_id].username) for uid, one in found]
    return _export(schedule.name if schedule else "On call", titled, now, before)


def export_user(
    config: ConfigSnapshot, user_id: str, now: datetime, before: Iterable[ExportedShift] = ()
) -> Export:
    """Return a user's final shifts in all schedules, each titled by the schedule."""
    titled = [
        (uid, one, f"On call: {schedule.name}")
        for schedule in config.schedules
        for uid, one in _exported(config, schedule.id, now)
        if one.user_id == user_id
    ]
    user = config.user_by_id.get(user_id)
    return _export(f"On call: {user.username}" if user else "On call", titled, now, before)


def _exported(config: ConfigSnapshot, schedule_id: str, now: datetime) -> Iterator[tuple[str, FinalShift]]:
    """Yield the final shifts that touch the calendar's reach, whole, each with its uid."""
    first, last = now - BACK, now + AHEAD
    begin, end = _whole(config, schedule_id, first, last)
    for one in final_shifts(config, schedule_id, begin, end):
        if one.end > first and one.start < last:
            # What began before all that is looked at would seem to begin anew in every export.
            start = one.event_start if one.start == begin else one.start
            text = f"{schedule_id} {one.shift_id} {one.user_id} {start.timestamp():.0f}"
            yield f"{sha256(text.encode()).hexdigest()[:32]}@tocsin", one


def _whole(
    config: ConfigSnapshot, schedule_id: str, first: datetime, last: datetime
) -> tuple[datetime, datetime]:
    """Return the stretch of time that holds whatever is on at the first and at the last moment as a whole."""
    schedule = ready_schedule(config, schedule_id)
    if schedule is None:
        return first, last
    starts = [one.start for one in schedule.events(first, first + MOMENT)]
    ends = [one.end for one in schedule.events(last - MOMENT, last)]
    return max(min([first, *starts]), first - FARTHEST), min(max([last, *ends]), last + FARTHEST)


def _export(
    name: str,
    titled: Iterable[tuple[str, FinalShift, str]],
    now: datetime,
    before: Iterable[ExportedShift],
) -> Export:
    known = {one.uid: one for one in before}
    shifts = {
        uid: _as_it_is(ExportedShift(uid=uid, start=one.start, end=one.end, summary=title), known.get(uid))
        for uid, one, title in titled
    }
    for uid, one in known.items():
        if uid not in shifts and one.end > now - BACK:
            cancelled = {"is_cancelled": True, "sequence": one.sequence + (not one.is_cancelled)}
            shifts[uid] = one.model_copy(update=cancelled)
    ordered = tuple(sorted(shifts.values(), key=lambda one: (one.start, one.uid)))
    return Export(text=_text(name, ordered, now), shifts=ordered)


def _as_it_is(one: ExportedShift, before: ExportedShift | None) -> ExportedShift:
    if before is None:
        return one
    same = one.model_copy(update={"sequence": before.sequence})
    return same if same == before else one.model_copy(update={"sequence": before.sequence + 1})


def _text(name: str, shifts: Iterable[ExportedShift], now: datetime) -> str:
    lines = [*HEAD, f"NAME:{_escaped(name)}", f"X-WR-CALNAME:{_escaped(name)}"]
    for one in shifts:
        lines += (
            "BEGIN:VEVENT",
            f"UID:{one.uid}",
            f"DTSTAMP:{_utc(now)}",
            f"DTSTART:{_utc(one.start)}",
            f"DTEND:{_utc(one.end)}",
            f"SUMMARY:{_escaped(one.summary)}",
            f"SEQUENCE:{one.sequence}",
            f"STATUS:{'CANCELLED' if one.is_cancelled else 'CONFIRMED'}",
            "END:VEVENT",
        )
    return "\r\n".join(_folded(line) for line in [*lines, "END:VCALENDAR"]) + "\r\n"


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _escaped(text: str) -> str:
    """Return a text as a value: separators escaped, a line break as its sign, other control characters gone."""
    text = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    text = text.replace("\r\n", "\\n").replace("\n", "\\n").replace("\r", "\\n")
    return "".join(one for one in text if one >= " " and one != "\x7f")


def _folded(line: str) -> str:
    """Return a line in pieces of at most 75 bytes, no character divided."""
    if len(line.encode()) <= LINE_BYTES:
        return line
    pieces, piece, size = [], "", 0
    for one in line:
        width = len(one.encode())
        if size + width > LINE_BYTES:
            pieces.append(piece)
            piece, size = "", 1  # the blank that marks a continued line
        piece, size = piece + one, size + width
    return "\r\n ".join([*pieces, piece])
