"""Schedules for tests: users named by one letter, shifts with little said, and what comes out as short lines."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from shared.domain.configuration import ConfigSnapshot, User
from shared.domain.final_shifts import final_shifts
from shared.domain.on_call import on_call_at
from shared.domain.schedules import Calendar, Schedule, Shift, Swap, Which, calendar_id

DAY_S = 86_400
MADE_AT = datetime(2026, 1, 1, tzinfo=UTC)


def utc(text: str) -> datetime:
    """Return an instant that is written in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def local(text: str, zone: str) -> datetime:
    """Return the instant of a local time, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def a_schedule(*parts: Shift | Swap | Calendar, zone: str = "UTC", **fields: Any) -> ConfigSnapshot:
    """Return a configuration with users A to F and schedule S of these shifts, swaps and calendars."""
    shifts = tuple(one for one in parts if isinstance(one, Shift))
    return ConfigSnapshot(
        users=tuple(User(id=one, username=f"user-{one}", email=f"{one}@x.org".lower()) for one in "ABCDEF"),
        schedules=(Schedule(**({"id": "S", "name": "Primary", "time_zone": zone} | fields)),),
        shifts=shifts,
        swaps=tuple(one for one in parts if isinstance(one, Swap)),
        calendars=tuple(one for one in parts if isinstance(one, Calendar)),
    )


def changed(config: ConfigSnapshot, **fields: Any) -> ConfigSnapshot:
    """Return another configuration that differs in some fields; nothing that was worked out is taken along."""
    kept = {name: getattr(config, name) for name in ConfigSnapshot.model_fields}
    return ConfigSnapshot(**(kept | {"version": config.version + 1} | fields))


def a_shift(id: str = "L1", **fields: Any) -> Shift:
    """Return a shift of schedule S: A, daily from 2026-03-02 (a Monday) at nine, for eight hours."""
    base: dict[str, Any] = {
        "id": id,
        "name": id,
        "type": "recurrent_event",
        "schedule_id": "S",
        "start": "2026-03-02T09:00:00",
        "duration": 8 * 3600,
        "frequency": "daily",
        "users": ("A",),
    }
    return Shift(**(base | fields))


def rolling(users: str, id: str = "L1", **fields: Any) -> Shift:
    """Return a rotation; "A BC" is the turn of A, then that of B and C together."""
    turns = tuple(tuple(one) for one in users.split())
    base = {"type": "rolling_users", "users": (), "rolling_users": turns, "start_rotation_from_user_index": 0}
    return a_shift(id, **(base | {"duration": DAY_S} | fields))


def an_override(start: str, hours: float, users: str = "F", id: str = "O1", **fields: Any) -> Shift:
    """Return an override of schedule S."""
    base = {"type": "override", "start": start, "duration": int(hours * 3600), "users": tuple(users)}
    return a_shift(id, **({"frequency": None} | base | fields))


def a_swap(start: str, end: str, beneficiary: str, benefactor: str | None, id: str = "W1") -> Swap:
    """Return a swap in schedule S; its times are in UTC."""
    return Swap(
        id=id,
        schedule_id="S",
        swap_start=utc(start),
        swap_end=utc(end),
        beneficiary_id=beneficiary,
        benefactor_id=benefactor,
        created_at=MADE_AT,
    )


def a_calendar(text: str, which: Which = "primary") -> Calendar:
    """Return an external calendar of schedule S."""
    return Calendar(
        id=calendar_id("S", which),
        schedule_id="S",
        which=which,
        text=text,
        fetched_at=MADE_AT,
        changed_at=MADE_AT,
    )


def story(config: ConfigSnapshot, start: str, end: str, zone: str = "UTC") -> list[str]:
    """Return the final shifts as "A 03-02 09:00 to 03-02 17:00", in local time of a zone."""
    found = final_shifts(config, "S", local(start, zone), local(end, zone))
    clock = ZoneInfo(zone)
    return [
        f"{one.user_id} {one.start.astimezone(clock):%m-%d %H:%M} to {one.end.astimezone(clock):%m-%d %H:%M}"
        for one in found
    ]


def names(config: ConfigSnapshot, at: str, zone: str = "UTC") -> str:
    """Return who is on call at a local time, as "AB"; "" for nobody."""
    return "".join(on_call_at(config, "S", local(at, zone)).user_ids)
