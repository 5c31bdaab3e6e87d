"""Overrides of a schedule: who is on call in everybody else's place from one instant to another."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from services.api.answers import empty_answer, json_answer, read_json
from services.api.api import API
from services.api.refusals import Invalid, Refused
from services.api.resources import on_call_shifts
from services.api.resources.desk import Body, Desk, parse, required
from services.api.resources.maintenance_windows import instant
from services.api.resources.on_call_shifts import ShiftBody
from services.api.resources.shift_swaps import read_instant
from shared.domain.schedules import SOURCES, Schedule, Shift
from shared.domain.shift_events import read_time
from shared.domain.wall_time import instant as instant_of
from shared.domain.wall_time import zone_of

ZONE = "UTC"


class OverrideBody(Body):
    """What a client writes; times without an offset are in UTC. `users` are all on call together."""

    users: list[str] | None = None
    start: str | None = None
    end: str | None = None
    name: str | None = None


async def list_overrides(request: web.Request) -> web.Response:
    """GET: the overrides that were made here, by their start."""
    api = request.app[API]
    desk = await api.desk(await api.caller(request))
    schedule = existing_schedule(desk, request.match_info["id"])
    rows = [one for one in desk.draft.find(Shift, "schedule_id", schedule.id) if one.is_override]
    shown = [_show(schedule, one) for one in rows]
    return json_answer({"results": sorted(shown, key=lambda one: (one["start"], one["id"]))})


async def create_override(request: web.Request) -> web.Response:
    """POST: 201; it holds from now on, whatever the rotations say."""
    api = request.app[API]
    principal = await api.caller(request)
    body = parse(OverrideBody, await read_json(request, api.settings.max_body_bytes))

    def edit(desk: Desk) -> dict[str, Any]:
        schedule = existing_schedule(desk, request.match_info["id"])
        return _show(schedule, make_override(desk, schedule, body))

    return json_answer((await api.edit(principal, edit)).result, 201)


def make_override(desk: Desk, schedule: Schedule, body: OverrideBody, source: str = "api") -> Shift:
    """Add an override to a schedule.

    Raises:
        Refused: the schedule takes none here; `Invalid` names the fields.
    """
    if schedule.type != "web" and not schedule.enable_web_overrides:
        raise Refused.because(400, "This schedule takes overrides here only with enable_web_overrides.")
    fields = _fields(body) | {"name": body.name or f"Override of {schedule.name}", "users": _people(body)}
    written = ShiftBody(type="override", schedule=schedule.id, source=SOURCES[source], **fields)
    return on_call_shifts.create(desk, written)


async def change_override(request: web.Request) -> web.Response:
    """PUT or PATCH: 200; what is not sent stays."""
    api = request.app[API]
    principal = await api.caller(request)
    body = parse(OverrideBody, await read_json(request, api.settings.max_body_bytes))

    def edit(desk: Desk) -> dict[str, Any]:
        schedule = existing_schedule(desk, request.match_info["id"])
        row = existing_override(desk, schedule, request.match_info["override_id"])
        return _show(schedule, rewrite_override(desk, schedule, row, body))

    return json_answer((await api.edit(principal, edit)).result)


def rewrite_override(desk: Desk, schedule: Schedule, row: Shift, body: OverrideBody) -> Shift:
    """Change an override; what is not sent stays.

    Raises:
        Invalid: names the fields.
    """
    start, end = override_times(schedule, row)
    fields = _fields(body, start, end)
    if body.sent("users"):
        fields["users"] = _people(body)
    if body.name is not None:
        fields["name"] = body.name
    return on_call_shifts.change(desk, row, ShiftBody(**fields))


async def remove_override(request: web.Request) -> web.Response:
    """DELETE: 204; the rotations hold again. A second time 404."""
    api = request.app[API]
    principal = await api.caller(request)

    def edit(desk: Desk) -> None:
        schedule = existing_schedule(desk, request.match_info["id"])
        on_call_shifts.remove(desk, existing_override(desk, schedule, request.match_info["override_id"]))

    await api.edit(principal, edit)
    return empty_answer()


def existing_schedule(desk: Desk, schedule_id: str) -> Schedule:
    """Return a schedule.

    Raises:
        Refused: 404.
    """
    row = desk.draft.get(Schedule, schedule_id)
    if row is None:
        raise Refused.not_found()
    return row


def existing_override(desk: Desk, schedule: Schedule, override_id: str) -> Shift:
    """Return an override of a schedule.

    Raises:
        Refused: 404.
    """
    row = desk.draft.get(Shift, override_id)
    if row is None or not row.is_override or row.schedule_id != schedule.id:
        raise Refused.not_found()
    return row


def _fields(body: OverrideBody, start: datetime | None = None, end: datetime | None = None) -> dict[str, Any]:
    """Return the fields of the shift; `start` and `end` stand for what is not sent."""
    if body.start is not None or start is None:
        start = read_instant(required(body.start, "start"), "start")
    if body.end is not None or end is None:
        end = read_instant(required(body.end, "end"), "end")
    if end <= start:
        raise Invalid.field("end", "Must be after start.")
    # Whole seconds of UTC: the same instants whatever the schedule's time zone becomes.
    return {
        "start": f"{start.astimezone(UTC):%Y-%m-%dT%H:%M:%S}",
        "duration": max(int((end - start).total_seconds()), 1),
        "time_zone": ZONE,
    }


def _people(body: OverrideBody) -> list[str]:
    if not body.users:
        raise Invalid.field("users", "At least one person must be named.")
    return body.users


def _show(schedule: Schedule, row: Shift) -> dict[str, Any]:
    start, end = override_times(schedule, row)
    return {
        "id": row.id,
        "schedule": schedule.id,
        "name": row.name,
        "users": list(row.users),
        "start": instant(start),
        "end": instant(end),
    }


def override_times(schedule: Schedule, row: Shift) -> tuple[datetime, datetime]:
    """Return from when to when an override holds, in UTC."""
    zone = zone_of(row.time_zone or schedule.time_zone)
    local = read_time(row.start)
    assert local is not None  # checked when it was written
    length = timedelta(seconds=row.duration)
    return instant_of(local, zone), instant_of(local + length, zone)
