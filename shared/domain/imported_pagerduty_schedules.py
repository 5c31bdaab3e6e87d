"""Schedules of a PagerDuty account: every layer becomes shifts, the layer that covers another one a higher level."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from zoneinfo import ZoneInfo

from shared.domain.imported import Row, Taking, Written, rows_of, without_blanks, words
from shared.domain.imported_rotations import (
    CHANGES_INSIDE,
    NoSuchShift,
    Rotation,
    Window,
    hands_over_inside,
    instant,
    is_over,
    rotation_shifts,
    window_after,
)
from shared.domain.recurrence import zone_problem

KIND = "schedule"
WITHOUT_LAYERS = (
    "its layers are not in the export: ask for each schedule by its id, or with include[]=schedule_layers"
)


def pagerduty_schedules(taking: Taking, rows: Sequence[Row], now: datetime) -> list[Written]:
    """Return the schedules with the layers that are not over."""
    return [_schedule(taking, row, now) for row in rows]


def _schedule(taking: Taking, row: Row, now: datetime) -> Written:
    name, label = (
        taking.names.of("schedules", row.get("id")) or "",
        taking.names.label("schedules", row.get("id")),
    )
    teams = rows_of(row.get("teams"))
    zone = words(row.get("time_zone")) or "UTC"
    if zone_problem(zone) is not None:
        taking.left_out(KIND, label, f"the time zone {zone!r} is not known here: its times are UTC")
        zone = "UTC"
    if "schedule_layers" not in row:
        taking.left_out(KIND, label, WITHOUT_LAYERS)
    # The API lists the layer first that covers all others.
    layers = rows_of(row.get("schedule_layers"))[::-1]
    shifts = [
        shift
        for level, one in enumerate(layers)
        if not is_over(one.get("end"), now)
        for shift in _shifts(taking, label, one, level, ZoneInfo(zone))
    ]
    head = {
        "name": name,
        "type": "web",
        "team": taking.names.of("teams", teams[0].get("id")) if len(teams) == 1 else None,
        "time_zone": zone,
    }
    return {**without_blanks(head), "shifts": shifts}


def _shifts(taking: Taking, label: str, layer: Row, level: int, zone: ZoneInfo) -> list[Written]:
    name = words(layer.get("name")) or f"Layer {level + 1}"
    begins = instant(layer.get("rotation_virtual_start")) or instant(layer.get("start"))
    turn_s = layer.get("rotation_turn_length_seconds")
    ids = [_user_id(one) for one in rows_of(layer.get("users"))]
    names, gone = taking.names.people(ids)
    if gone:
        taking.left_out(KIND, label, f"{name}: who is not in the export is not in it: {', '.join(gone)}")
    if begins is None or not isinstance(turn_s, int):
        taking.left_out(KIND, label, f"{name}: it does not say when its turns begin and how long they are")
        return []
    local, since = begins.astimezone(zone).replace(tzinfo=None), instant(layer.get("start"))
    rotation = Rotation(
        name=name,
        turns=[[one] for one in names],
        begins=local,
        turn_s=turn_s,
        level=level,
        effective_from=since if since is not None and since > begins else None,
        ended_at=instant(layer.get("end")),
    )
    try:
        windows = [_window(local, one) for one in rows_of(layer.get("restrictions"))]
        found = rotation_shifts(rotation, windows)
        if any(hands_over_inside(rotation, one) for one in windows):
            taking.left_out(KIND, label, f"{name} {CHANGES_INSIDE}")
    except NoSuchShift as refused:
        taking.left_out(KIND, label, f"{name}: {refused}")
        return []
    return found


def _user_id(row: Row) -> str:
    inner = row.get("user")
    return str(inner.get("id")) if isinstance(inner, dict) else str(row.get("id"))


def _window(begins: datetime, row: Row) -> Window:
    """Return the hours of a restriction.

    Raises:
        NoSuchShift: it does not say when they are.
    """
    duration_s, weekday = row.get("duration_seconds"), row.get("start_day_of_week")
    try:
        at = time.fromisoformat(words(row.get("start_time_of_day")))
    except ValueError as error:
        raise NoSuchShift("a restriction does not say when it begins") from error
    if not isinstance(duration_s, int) or (weekday is not None and weekday not in range(1, 8)):
        raise NoSuchShift("a restriction does not say how long it lasts, or on which day")
    at_s = at.hour * 3_600 + at.minute * 60 + at.second
    return window_after(begins, weekday - 1 if weekday is not None else None, at_s, duration_s)
