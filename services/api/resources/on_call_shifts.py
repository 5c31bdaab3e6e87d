"""On-call shifts: single ones, recurring ones, rotations and overrides. Times read back as they were written."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from services.api.refusals import Invalid
from services.api.resources.desk import Body, Desk, Resource, at_most, by_field, named, required
from services.api.resources.shift_checks import checked
from shared.domain.configuration import User
from shared.domain.schedules import Schedule, Shift, ShiftType

MAX_NAME = 200
MAX_USERS = 500
TYPES: tuple[ShiftType, ...] = ("single_event", "recurrent_event", "rolling_users", "override")
LISTS = ("by_day", "by_month", "by_monthday")
TEXTS = ("time_zone", "rotation_start", "until", "frequency", "week_start")
NUMBERS = ("interval", "start_rotation_from_user_index")
ONCE = (*LISTS, "frequency", "interval", "week_start", "until")
ROTATION = ("rolling_users", "start_rotation_from_user_index")
# What a type does not have; a client may send it, it has no effect and is not read back.
FOREIGN: dict[str, tuple[str, ...]] = {
    "single_event": (*ONCE, *ROTATION),
    "recurrent_event": ROTATION,
    "rolling_users": ("users",),
    "override": (*ONCE, *ROTATION, "level"),
}


class ShiftBody(Body):
    """What a client writes of a shift. Clients send every field, mostly null."""

    name: str | None = None
    type: str | None = None
    schedule: str | None = None
    team_id: str | None = None
    time_zone: str | None = None
    level: int | None = None
    start: str | None = None
    rotation_start: str | None = None
    until: str | None = None
    duration: int | None = None
    frequency: str | None = None
    interval: int | None = None
    week_start: str | None = None
    by_day: list[str] | None = None
    by_month: list[int] | None = None
    by_monthday: list[int] | None = None
    users: list[str] | None = None
    rolling_users: list[list[str]] | None = None
    start_rotation_from_user_index: int | None = None
    source: int | None = None


def show(_desk: Desk, row: Shift, _query: dict[str, str]) -> dict[str, Any]:
    """Return the public shape: the fields of its type and no others."""
    shape: dict[str, Any] = {
        "id": row.id,
        "team_id": row.team_id,
        "schedule": row.schedule_id,
        "name": row.name,
        "type": row.type,
        "time_zone": row.time_zone,
        "level": row.level,
        "start": row.start,
        "rotation_start": row.rotation_start,
        "until": row.until,
        "duration": row.duration,
        "frequency": row.frequency,
        "interval": row.interval,
        "week_start": row.week_start,
        **{name: list(getattr(row, name)) or None for name in LISTS},
        "users": list(row.users),
        "rolling_users": [list(one) for one in row.rolling_users],
        "start_rotation_from_user_index": row.start_rotation_from_user_index,
        "source": row.source,
    }
    return {name: value for name, value in shape.items() if name not in FOREIGN[row.type]}


def select(desk: Desk, query: dict[str, str]) -> list[Shift]:
    """Return shifts, oldest first; `schedule_id` keeps those that are a schedule's own or that it refers to."""
    rows = named(desk.draft.all(Shift), query)
    if "schedule_id" in query:
        schedule = desk.draft.get(Schedule, query["schedule_id"])
        referred = schedule.shift_ids if schedule is not None else ()
        rows = [one for one in rows if one.id in referred or one.schedule_id == query["schedule_id"]]
    return rows


def create(desk: Desk, body: ShiftBody) -> Shift:
    """Add a shift; with a `schedule` it is that schedule's own."""
    kind = _checked_type(required(body.type, "type"))
    fields: dict[str, Any] = {
        "id": desk.new_id(Shift),
        "type": kind,
        "name": required(body.name, "name"),
        "start": required(body.start, "start"),
        "duration": 0 if body.duration is None else body.duration,
    }
    return _stored(desk, fields, body)


def change(desk: Desk, row: Shift, body: ShiftBody) -> Shift:
    """Change a shift; another type drops what the old one had alone."""
    kind = _checked_type(body.type) if body.type is not None else row.type
    for name in ("name", "start"):
        if body.sent(name):
            required(getattr(body, name), name)
    return _stored(desk, {**row.model_dump(), "type": kind}, body)


def remove(desk: Desk, row: Shift) -> None:
    """Remove a shift; schedules that refer to it go on without it."""
    for schedule in desk.draft.all(Schedule):
        if row.id in schedule.shift_ids:
            left = tuple(one for one in schedule.shift_ids if one != row.id)
            desk.draft.put(schedule.model_copy(update={"shift_ids": left}))
    desk.draft.remove(row)


def forget_user(desk: Desk, user_id: str) -> None:
    """Take a person who goes out of all shifts; a turn that is left without anybody stays, as a gap that is seen."""
    for row in desk.draft.all(Shift):
        turns = tuple(tuple(one for one in turn if one != user_id) for turn in row.rolling_users)
        users = tuple(one for one in row.users if one != user_id)
        if (turns, users) != (row.rolling_users, row.users):
            desk.draft.put(row.model_copy(update={"users": users, "rolling_users": turns}))


def _checked_type(word: str) -> str:
    if word not in TYPES:
        raise Invalid.field("type", f"Must be one of {', '.join(TYPES)}.")
    return word


def _stored(desk: Desk, fields: dict[str, Any], body: ShiftBody) -> Shift:
    for name in ("name", "start", "duration", "source"):
        if getattr(body, name) is not None:
            fields[name] = getattr(body, name)
    if body.sent("level"):
        fields["level"] = body.level or 0
    if body.sent("team_id"):
        fields["team_id"] = desk.team_id(body.team_id)
    if body.sent("schedule"):
        schedule = desk.existing(Schedule, body.schedule, "schedule")
        fields["schedule_id"] = schedule.id if schedule is not None else None
    for name in TEXTS:
        if body.sent(name):
            fields[name] = getattr(body, name) or None
    for name in NUMBERS:
        if body.sent(name):
            fields[name] = getattr(body, name)
    for name in LISTS:
        if body.sent(name):
            fields[name] = tuple(getattr(body, name) or ())
    fields |= _people(desk, body)
    defaults = {name: Shift.model_fields[name].default for name in FOREIGN[fields["type"]]}
    try:
        row = Shift.model_validate({**fields, **defaults})
    except ValidationError as error:
        raise Invalid(by_field(error)) from error
    at_most(row.name, MAX_NAME, "name")
    desk.draft.put(checked(row))
    return row


def _people(desk: Desk, body: ShiftBody) -> dict[str, Any]:
    """Return the people to store; null means nobody.

    Raises:
        Invalid: somebody does not exist.
    """
    fields: dict[str, Any] = {}
    if body.sent("users"):
        fields["users"] = _existing(desk, body.users or [], "users")
    if body.sent("rolling_users"):
        lists = body.rolling_users or []
        fields["rolling_users"] = tuple(_existing(desk, one, "rolling_users") for one in lists)
    count = len(fields.get("users", ())) + sum(len(one) for one in fields.get("rolling_users", ()))
    if count > MAX_USERS:
        raise Invalid.field("users", f"No more than {MAX_USERS} people.")
    return fields


def _existing(desk: Desk, ids: list[str], field: str) -> tuple[str, ...]:
    for one in ids:
        if desk.existing(User, one, field) is None:
            raise Invalid.field(field, "An id is empty.")
    return tuple(dict.fromkeys(ids))


SHIFTS = Resource(
    name="on_call_shifts",
    model=Shift,
    body=ShiftBody,
    show=show,
    select=select,
    create=create,
    change=change,
    remove=remove,
)
