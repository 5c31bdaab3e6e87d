"""Calendars to subscribe to: a schedule's or a person's final shifts at an address that holds a secret token."""

from __future__ import annotations

import asyncio
import re
import secrets as random_source
from collections.abc import Callable
from typing import Any

from aiohttp import web

from services.api.answers import empty_answer, json_answer
from services.api.api import API, Api
from services.api.authentication import Principal
from services.api.group_shapes import instant
from services.api.refusals import Refused
from services.api.resources.desk import Desk
from shared import clock
from shared.domain.calendar_export import Export, export_schedule, export_user
from shared.domain.configuration import User
from shared.domain.schedules import Schedule
from shared.store.schedule_exports import ExportToken, ScheduleExports

TOKEN = re.compile(r"[0-9a-f]{32}")
TOKEN_BYTES = 16
Made = tuple[str, str | None, str]


async def export_of_schedule(request: web.Request) -> web.Response:
    """GET schedules/{id}/export?token=: the calendar; no other credentials are looked at."""
    api = request.app[API]
    schedule_id = request.match_info["id"]
    found = await _authorized(api, request)
    if found.schedule_id != schedule_id:
        raise _refused()
    config, now = await api.configuration.load(), clock.now()
    if schedule_id not in config.schedule_by_id:
        raise Refused.not_found()
    return await _calendar(api, found, lambda: export_schedule(config, schedule_id, now, found.shifts))


async def export_of_user(request: web.Request) -> web.Response:
    """GET users/{id}/schedule_export?token=: one person's shifts in all schedules."""
    api = request.app[API]
    user_id = request.match_info["id"]
    found = await _authorized(api, request)
    if found.schedule_id is not None or found.user_id != user_id:
        raise _refused()
    config, now = await api.configuration.load(), clock.now()
    return await _calendar(api, found, lambda: export_user(config, user_id, now, found.shifts))


async def read_schedule_token(request: web.Request) -> web.Response:
    """GET: whether the caller has an address for this schedule; the token is not shown again."""
    api = request.app[API]
    principal, schedule_id = await _schedule(api, request)
    return await _shown(api, _owner(principal), schedule_id)


async def make_schedule_token(request: web.Request) -> web.Response:
    """POST: 201 with a new address for the caller; the one before is worth nothing from now on."""
    api = request.app[API]
    principal, schedule_id = await _schedule(api, request)
    return await _made(api, asked_export(principal, schedule_id))


async def remove_schedule_token(request: web.Request) -> web.Response:
    """DELETE: 204; a second time 404."""
    api = request.app[API]
    principal, schedule_id = await _schedule(api, request)
    return await _removed(api, _owner(principal), schedule_id)


async def read_user_token(request: web.Request) -> web.Response:
    """GET: whether the person has an address; the token is not shown again."""
    api = request.app[API]
    user_id, _ = await _user(api, request)
    return await _shown(api, user_id, None)


async def make_user_token(request: web.Request) -> web.Response:
    """POST: 201 with a new address of the person's own shifts."""
    api = request.app[API]
    user_id, path = await _user(api, request)
    return await _made(api, (user_id, None, path))


async def remove_user_token(request: web.Request) -> web.Response:
    """DELETE: 204; a second time 404."""
    api = request.app[API]
    user_id, _ = await _user(api, request)
    return await _removed(api, user_id, None)


async def _authorized(api: Api, request: web.Request) -> ExportToken:
    """Return what the token of the query is for.

    Raises:
        Refused: 403, it is none, or the person who made it is gone.
    """
    token = request.query.get("token", "")
    found = await ScheduleExports(api.database).find(token) if TOKEN.fullmatch(token) else None
    if found is None:
        raise _refused()
    users = (await api.configuration.tables()).of(User)
    if found.user_id and found.user_id not in users:
        raise _refused()
    return found


def _refused() -> Refused:
    return Refused.because(403, "Invalid token.")


async def _calendar(api: Api, found: ExportToken, make: Callable[[], Export]) -> web.Response:
    """Answer with the calendar; half a year of a big schedule takes a while, so it is made in a thread."""
    export = await asyncio.to_thread(make)
    if export.shifts != found.shifts:
        await ScheduleExports(api.database).remember(found, export.shifts)
    return web.Response(text=export.text, content_type="text/calendar", charset="utf-8")


async def _schedule(api: Api, request: web.Request) -> tuple[Principal, str]:
    principal = await api.caller(request)
    desk = await api.desk(principal)
    row = desk.draft.get(Schedule, request.match_info["id"])
    if row is None:
        raise Refused.not_found()
    return principal, row.id


async def _user(api: Api, request: web.Request) -> tuple[str, str]:
    desk = await api.desk(await api.caller(request))
    row = _person(desk, request.match_info["id"])
    desk.check_own(row.id)
    return row.id, f"/api/v1/users/{row.id}/schedule_export"


def _person(desk: Desk, user_id: str) -> User:
    wanted = desk.user.id if user_id == "current" and desk.user is not None else user_id
    row = desk.draft.get(User, wanted)
    if row is None:
        raise Refused.not_found()
    return row


def _owner(principal: Principal) -> str:
    """Return whose address it is; a token of nobody has one of its own."""
    return principal.user.id if principal.user is not None else ""


async def _made(api: Api, asked: Made) -> web.Response:
    return json_answer(await make_export(api, asked), 201)


async def make_export(api: Api, asked: Made) -> dict[str, Any]:
    """Make a new address and return it with its token, which nobody can look up later."""
    user_id, schedule_id, path = asked
    token, now = random_source.token_hex(TOKEN_BYTES), clock.now()
    await ScheduleExports(api.database).put(user_id, schedule_id, token, now)
    url = f"{api.settings.public_url.rstrip('/')}{path}?token={token}"
    return {"token": token, "export_url": url, "created_at": instant(now)}


def asked_export(principal: Principal, schedule_id: str | None) -> Made:
    """Return what an address of somebody's is for: a schedule, or None for the person's shifts in all of them."""
    owner = _owner(principal)
    of_person = f"/api/v1/users/{owner}/schedule_export"
    return owner, schedule_id, f"/api/v1/schedules/{schedule_id}/export" if schedule_id else of_person


async def _shown(api: Api, user_id: str, schedule_id: str | None) -> web.Response:
    found = await ScheduleExports(api.database).of(user_id, schedule_id)
    if found is None:
        raise Refused.not_found()
    return json_answer({"created_at": instant(found.created_at)})


async def _removed(api: Api, user_id: str, schedule_id: str | None) -> web.Response:
    if not await ScheduleExports(api.database).remove(user_id, schedule_id):
        raise Refused.not_found()
    return empty_answer()
