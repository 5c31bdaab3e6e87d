"""Schedules: who is on call when. What a client writes, how it is checked, what it reads back."""

from __future__ import annotations

from typing import Any, Literal

from services.api.refusals import Invalid
from services.api.resources.desk import Body, Desk, Flag, Resource, at_most, named, of_team, required
from services.api.resources.ical_urls import stored_url, written_url
from shared.domain.recurrence import zone_problem
from shared.domain.schedules import Calendar, Schedule, ScheduleType, Shift, Swap, calendar_id

MAX_NAME = 200
MAX_SHIFTS = 500
TYPES: tuple[ScheduleType, ...] = ("web", "calendar", "ical")
URLS: tuple[Literal["ical_url_primary", "ical_url_overrides"], ...] = (
    "ical_url_primary",
    "ical_url_overrides",
)
# What each type has besides the fields of all; the others are taken from a client without effect.
OWN_FIELDS: dict[ScheduleType, tuple[str, ...]] = {
    "web": ("time_zone", "shifts"),
    "calendar": ("time_zone", "ical_url_overrides", "enable_web_overrides", "shifts"),
    "ical": ("time_zone", "ical_url_primary", "ical_url_overrides", "enable_web_overrides"),
}
# Clients that know no time zone of an ical schedule see none, until somebody sets one (for all-day events).
UNSEEN = ("ical", "time_zone", "UTC")
NOTICES: dict[str, Any] = {
    "notify_oncall_shift_freq": ("never", "each_shift"),
    "notify_empty_oncall": ("all", "previous", "no_one"),
    "mention_oncall_start": (True, False),
    "mention_oncall_next": (True, False),
}


class ScheduleSlackBody(Body):
    """Where changes of shift are told in Slack, and the user group that is kept in step."""

    channel_id: str | None = None
    user_group_id: str | None = None


class ScheduleBody(Body):
    """What a client writes of a schedule; `shifts` are ids."""

    name: str | None = None
    type: str | None = None
    team_id: str | None = None
    time_zone: str | None = None
    ical_url_primary: str | None = None
    ical_url_overrides: str | None = None
    enable_web_overrides: Flag | None = None
    shifts: list[str] | None = None
    slack: ScheduleSlackBody | None = None
    notify_oncall_shift_freq: str | None = None
    notify_empty_oncall: str | None = None
    mention_oncall_start: Flag | None = None
    mention_oncall_next: Flag | None = None


def show(desk: Desk, row: Schedule, _query: dict[str, str]) -> dict[str, Any]:
    """Return the public shape without what is not configuration: `on_call_now` and `problems` are added later."""
    own: dict[str, Any] = {
        "time_zone": row.time_zone,
        "ical_url_primary": written_url(desk, row.ical_url_primary),
        "ical_url_overrides": written_url(desk, row.ical_url_overrides),
        "enable_web_overrides": row.enable_web_overrides,
        "shifts": _shift_ids(desk, row),
    }
    return {
        "id": row.id,
        "team_id": row.team_id,
        "name": row.name,
        "type": row.type,
        **{name: own[name] for name in OWN_FIELDS[row.type] if (row.type, name, own[name]) != UNSEEN},
        "slack": {"channel_id": row.slack_channel_id, "user_group_id": row.slack_user_group_id},
        **{name: getattr(row, name) for name in NOTICES},
    }


def select(desk: Desk, query: dict[str, str]) -> list[Schedule]:
    """Return schedules, oldest first."""
    return of_team(named(desk.draft.all(Schedule), query), query)


def create(desk: Desk, body: ScheduleBody) -> Schedule:
    """Add a schedule; its type stays what it is now."""
    kind = next((one for one in TYPES if one == required(body.type, "type")), None)
    if kind is None:
        raise Invalid.field("type", f"Must be one of {', '.join(TYPES)}.")
    row = Schedule(id=desk.new_id(Schedule), name=required(body.name, "name"), type=kind)
    return _stored(desk, row, body)


def change(desk: Desk, row: Schedule, body: ScheduleBody) -> Schedule:
    """Change a schedule. `shifts` says which shifts are its own from now on; overrides made here stay."""
    if body.type is not None and body.type != row.type:
        raise Invalid.field("type", "A schedule keeps its type.")
    if body.sent("name"):
        required(body.name, "name")
    return _stored(desk, row, body)


def remove(desk: Desk, row: Schedule) -> None:
    """Remove a schedule with what is its alone: its overrides, its swaps, its calendars, the shifts it owns."""
    for shift in desk.draft.find(Shift, "schedule_id", row.id):
        desk.draft.remove(shift)
    for swap in desk.draft.find(Swap, "schedule_id", row.id):
        desk.draft.remove(swap)
    for calendar in desk.draft.find(Calendar, "schedule_id", row.id):
        desk.draft.remove(calendar)
    desk.draft.remove(row)


def _shift_ids(desk: Desk, row: Schedule) -> list[str]:
    referred = [one for one in row.shift_ids if desk.draft.get(Shift, one) is not None]
    owned = [
        one.id
        for one in desk.draft.find(Shift, "schedule_id", row.id)
        if one.schedule_id == row.id and not one.is_override
    ]
    return list(dict.fromkeys([*referred, *owned]))


def _stored(desk: Desk, row: Schedule, body: ScheduleBody) -> Schedule:
    changes: dict[str, Any] = {}
    if body.name is not None:
        changes["name"] = body.name
    if body.sent("team_id"):
        changes["team_id"] = desk.team_id(body.team_id)
    if body.sent("slack"):
        slack = body.slack or ScheduleSlackBody()
        changes |= {
            "slack_channel_id": slack.channel_id or None,
            "slack_user_group_id": slack.user_group_id or None,
        }
    changes |= _notice_changes(body)
    own = OWN_FIELDS[row.type]
    if "time_zone" in own and body.sent("time_zone"):
        changes["time_zone"] = _checked_zone(body.time_zone)
    if "enable_web_overrides" in own and body.sent("enable_web_overrides"):
        changes["enable_web_overrides"] = bool(body.enable_web_overrides)
    for name in URLS:
        if name in own and body.sent(name):
            changes[name] = stored_url(desk, getattr(row, name), getattr(body, name), name)
    if "shifts" in own and body.sent("shifts"):
        changes["shift_ids"] = _checked_shifts(desk, row, body.shifts or [])
    after = row.model_copy(update=changes)
    _check(desk, after)
    _forget_calendars(desk, row, after)
    desk.draft.put(after)
    return after


def _notice_changes(body: ScheduleBody) -> dict[str, Any]:
    """Return the settings of notices to change; null puts one back to its default."""
    changes: dict[str, Any] = {}
    for name, allowed in NOTICES.items():
        if not body.sent(name):
            continue
        value = getattr(body, name)
        if value is None:
            value = Schedule.model_fields[name].default
        if value not in allowed:
            raise Invalid.field(name, f"Must be one of {', '.join(map(str, allowed))}.")
        changes[name] = value
    return changes


def _checked_zone(name: str | None) -> str:
    zone = name or "UTC"
    problem = zone_problem(zone)
    if problem is not None:
        raise Invalid.field("time_zone", problem)
    return zone


def _checked_shifts(desk: Desk, row: Schedule, ids: list[str]) -> tuple[str, ...]:
    """Return the shifts to refer to; owned ones that are not among them are let go.

    Raises:
        Invalid: one does not exist, or is another schedule's own.
    """
    if len(ids) > MAX_SHIFTS:
        raise Invalid.field("shifts", f"No more than {MAX_SHIFTS} shifts.")
    for one in ids:
        shift = desk.existing(Shift, one, "shifts")
        if shift is None:
            raise Invalid.field("shifts", "An id is empty.")
        if shift.schedule_id not in (None, row.id):
            raise Invalid.field("shifts", f"Shift {one} belongs to another schedule.")
    for shift in desk.draft.find(Shift, "schedule_id", row.id):
        if shift.schedule_id == row.id and shift.id not in ids and not shift.is_override:
            desk.draft.put(shift.model_copy(update={"schedule_id": None}))
    return tuple(dict.fromkeys(ids))


def _check(desk: Desk, row: Schedule) -> None:
    at_most(row.name, MAX_NAME, "name")
    for one in desk.draft.find(Schedule, "name", row.name):
        if one.id != row.id and (one.name, one.team_id) == (row.name, row.team_id):
            raise Invalid.field("name", "Another schedule of this team has this name.")


def _forget_calendars(desk: Desk, before: Schedule, after: Schedule) -> None:
    """Drop the text of a calendar whose address is gone; a new address keeps the old text until it answers."""
    if before.ical_url_primary and not after.ical_url_primary:
        _forget(desk, calendar_id(after.id, "primary"))
    if before.ical_url_overrides and not after.ical_url_overrides:
        _forget(desk, calendar_id(after.id, "overrides"))


def _forget(desk: Desk, id: str) -> None:
    row = desk.draft.get(Calendar, id)
    if row is not None:
        desk.draft.remove(row)


SCHEDULES = Resource(
    name="schedules",
    model=Schedule,
    body=ScheduleBody,
    show=show,
    select=select,
    create=create,
    change=change,
    remove=remove,
)
