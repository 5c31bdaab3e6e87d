"""Schedules of an Opsgenie account: rotations side by side, whoever they name is on call together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from shared.domain.imported import Row, Taking, Written, part_of, rows_of, without_blanks, words
from shared.domain.imported_rotations import (
    CHANGES_INSIDE,
    DAY_S,
    HOUR_S,
    WEEK_S,
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
UNITS_S = {"hourly": HOUR_S, "daily": DAY_S, "weekly": WEEK_S}
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WITHOUT_ROTATIONS = "its rotations are not in the export: ask for the schedules with expand=rotation"
Lists = Mapping[str, Sequence[Row]]


def opsgenie_schedules(taking: Taking, lists: Lists, now: datetime) -> list[Written]:
    """Return the schedules with the rotations that are not over."""
    members = {
        str(team.get("id")): [part_of(one, "user").get("id") for one in rows_of(team.get("members"))]
        for team in lists["teams"]
    }
    return [_Schedule(taking, row, members).written(now) for row in lists["schedules"]]


class _Schedule:
    """One schedule."""

    def __init__(self, taking: Taking, row: Row, members: Mapping[str, Sequence[Any]]) -> None:
        self._taking = taking
        self._row = row
        self._members = members
        self._label = taking.names.label("schedules", row.get("id"))
        self._zone = words(row.get("timezone")) or "UTC"

    def written(self, now: datetime) -> Written:
        """Return it as a declaration has it."""
        names, row = self._taking.names, self._row
        if zone_problem(self._zone) is not None:
            self._left_out(f"the time zone {self._zone!r} is not known here: its times are UTC")
            self._zone = "UTC"
        if "rotations" not in row:
            self._left_out(WITHOUT_ROTATIONS)
        if row.get("enabled") is False:
            self._left_out("is disabled there, and somebody is on call here")
        head = {
            "name": names.of("schedules", row.get("id")),
            "type": "web",
            "team": names.of("teams", part_of(row, "ownerTeam").get("id")),
            "time_zone": self._zone,
        }
        rotations = [one for one in rows_of(row.get("rotations")) if not is_over(one.get("endDate"), now)]
        shifts = [one for rotation in rotations for one in self._shifts(rotation)]
        return {**without_blanks(head), "shifts": shifts}

    def _shifts(self, row: Row) -> list[Written]:
        name = words(row.get("name")) or "Rotation"
        begins, unit_s = instant(row.get("startDate")), UNITS_S.get(words(row.get("type")), 0)
        length = row.get("length")
        try:
            if begins is None:
                raise NoSuchShift("it does not say when it begins")
            rotation = Rotation(
                name=name,
                turns=[self._turn(name, one) for one in rows_of(row.get("participants"))],
                begins=begins.astimezone(ZoneInfo(self._zone)).replace(tzinfo=None),
                turn_s=unit_s * (length if isinstance(length, int) else 1),
                ended_at=instant(row.get("endDate")),
            )
            windows = list(_windows(rotation.begins, part_of(row, "timeRestriction")))
            found = rotation_shifts(rotation, windows)
            if any(hands_over_inside(rotation, one) for one in windows):
                self._left_out(f"{name} {CHANGES_INSIDE}")
        except NoSuchShift as refused:
            self._left_out(f"{name}: {refused}")
            return []
        return found

    def _turn(self, name: str, participant: Row) -> list[str]:
        """Return whose turn it is; a turn of nobody stays a gap."""
        kind, row_id = words(participant.get("type")), participant.get("id")
        ids = {"user": [row_id], "team": list(self._members.get(str(row_id), ()))}.get(kind, [])
        people, gone = self._taking.names.people(ids)
        if gone:
            self._left_out(f"{name}: who is not in the export is not in it: {', '.join(gone)}")
        if kind not in ("user", "team", "none"):
            self._left_out(f"{name}: in the turn of a participant of the type {kind!r} nobody is on call")
        return people

    def _left_out(self, message: str) -> None:
        self._taking.left_out(KIND, self._label, message)


def _windows(begins: datetime, restriction: Row) -> list[Window]:
    """Return the hours of a rotation.

    Raises:
        NoSuchShift: they are not said in a way that is known.
    """
    if not restriction:
        return []
    if restriction.get("type") == "time-of-day":
        row = part_of(restriction, "restriction")
        duration_s = (_at_s(row, "end") - _at_s(row, "start")) % DAY_S or DAY_S
        return [window_after(begins, None, _at_s(row, "start"), duration_s)]
    found = []
    for row in rows_of(restriction.get("restrictions")):
        first, last = (_day(row.get(one)) for one in ("startDay", "endDay"))
        duration_s = ((last - first) * DAY_S + _at_s(row, "end") - _at_s(row, "start")) % WEEK_S or WEEK_S
        found.append(window_after(begins, first, _at_s(row, "start"), duration_s))
    if not found:
        raise NoSuchShift(f"its hours of the type {restriction.get('type')!r} are not known here")
    return found


def _at_s(row: Row, which: str) -> int:
    hour, minute = row.get(f"{which}Hour"), row.get(f"{which}Min") or 0
    if not isinstance(hour, int) or not isinstance(minute, int):
        raise NoSuchShift(f"its hours do not say when they {which}")
    return hour * HOUR_S + minute * 60


def _day(value: object) -> int:
    if words(value).lower() not in DAYS:
        raise NoSuchShift("its hours do not say on which days they are")
    return DAYS.index(words(value).lower())
