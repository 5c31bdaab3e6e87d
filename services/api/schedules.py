"""What is asked of a schedule besides its definition: final shifts, who is on call and why, gaps, quality."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from aiohttp import web

from services.api.answers import json_answer, read_json
from services.api.api import API, Api
from services.api.paging import asked_page, page_body
from services.api.refusals import Invalid, Refused
from services.api.resources import shift_swaps
from services.api.resources.desk import Desk, parse
from services.api.resources.maintenance_windows import EARLIEST, LATEST, instant
from services.api.resources.shift_swaps import TakeBody, read_instant
from services.api.swap_shifts import add_swap_shifts
from shared import clock
from shared.domain.configuration import ConfigSnapshot
from shared.domain.final_shifts import FinalShift, final_shifts
from shared.domain.on_call import OnCall, next_on_call, on_call_at
from shared.domain.schedule_health import empty_shifts, gaps, quality
from shared.domain.schedules import Schedule, Swap

LONGEST = timedelta(days=365)
DAY, MOMENT = timedelta(days=1), timedelta(microseconds=1)
PAGE_SIZE = 50
DEFAULT_DAYS = 30


@dataclass(frozen=True)
class Asked:
    """A schedule that a request is about, as of the newest configuration."""

    api: Api
    config: ConfigSnapshot
    schedule: Schedule


async def asked_schedule(request: web.Request) -> Asked:
    """Return the schedule that is asked about.

    Raises:
        Refused: no valid token, or 404.
    """
    api = request.app[API]
    await api.caller(request)
    config = await api.configuration.load()
    schedule = config.schedule_by_id.get(request.match_info["id"])
    if schedule is None:
        raise Refused.not_found()
    return Asked(api, config, schedule)


async def read_final_shifts(request: web.Request) -> web.Response:
    """GET: who is on call from `start_date` to `end_date`; a date as the end counts whole."""
    asked = await asked_schedule(request)
    start, end = _span(request)
    found = await asyncio.to_thread(final_shifts, asked.config, asked.schedule.id, start, end)
    page = asked_page(request, PAGE_SIZE).within(len(found))
    shown = [_final_shape(asked.config, one) for one in found[page.skip : page.skip + page.size]]
    return json_answer(page_body(request, page, len(found), shown))


async def read_on_call(request: web.Request) -> web.Response:
    """GET: who is on call at `at` (absent: now), by which shift, override and swap, and who is next."""
    asked = await asked_schedule(request)
    at = read_instant(request.query["at"], "at") if "at" in request.query else clock.now()
    config, schedule_id = asked.config, asked.schedule.id
    now_on = on_call_at(config, schedule_id, at)
    coming = next_on_call(config, schedule_id, at)
    reasons = final_shifts(config, schedule_id, at, at + MOMENT)
    return json_answer(
        {
            "schedule": schedule_id,
            "at": instant(at),
            "on_call": [_reason(config, one) for one in reasons if one.user_id in now_on.user_ids],
            "nobody_because": now_on.failure,
            "next": _next_shape(config, coming),
        }
    )


async def read_gaps(request: web.Request) -> web.Response:
    """GET: when nobody is on call in the next `days` (30), and which shifts have no known user."""
    asked = await asked_schedule(request)
    days, now = _days(request), clock.now()
    config, schedule_id = asked.config, asked.schedule.id
    end = now + timedelta(days=days)
    without = await asyncio.to_thread(gaps, config, schedule_id, now, end)
    empty = await asyncio.to_thread(empty_shifts, config, schedule_id, now, end)
    return json_answer(
        {
            "from": instant(now),
            "to": instant(end),
            "gaps": [{"start": instant(one.start), "end": instant(one.end)} for one in without],
            "empty_shifts": [
                {
                    "start": instant(one.start),
                    "end": instant(one.end),
                    "shift_id": one.shift_id,
                    "title": one.title,
                }
                for one in empty
            ],
        }
    )


async def read_quality(request: web.Request) -> web.Response:
    """GET: how well the next 52 weeks are covered and shared."""
    asked = await asked_schedule(request)
    config = asked.config
    found = await asyncio.to_thread(quality, config, asked.schedule.id, clock.now())
    kind = "info" if found.score == 100 else "warning"
    overloaded = [
        {"id": one.user_id, "username": config.user_by_id[one.user_id].username, "score": one.percent}
        for one in found.overloaded
    ]
    return json_answer(
        {
            "total_score": found.score,
            "coverage": found.coverage,
            "balance": found.balance,
            "comments": [{"type": kind, "text": one} for one in found.comments],
            "overloaded_users": overloaded,
        }
    )


async def take_swap(request: web.Request) -> web.Response:
    """POST shift_swaps/{id}/take: 200 with the swap; 400 when it is taken or past."""
    api = request.app[API]
    principal = await api.caller(request)
    body = parse(TakeBody, await read_json(request, api.settings.max_body_bytes))

    def edit(desk: Desk) -> dict[str, Any]:
        row = desk.draft.get(Swap, request.match_info["id"])
        if row is None:
            raise Refused.not_found()
        return shift_swaps.show(desk, shift_swaps.take(desk, row, body), {})

    shown = (await api.edit(principal, edit)).result
    await add_swap_shifts(api, [shown])
    return json_answer(shown)


def _days(request: web.Request) -> int:
    text = request.query.get("days", str(DEFAULT_DAYS))
    is_number = text.isascii() and text.isdecimal() and len(text) <= len(str(LONGEST.days))
    if not is_number or not 1 <= int(text) <= LONGEST.days:
        raise Invalid.field("days", f"Must be a number from 1 to {LONGEST.days}.")
    return int(text)


def _final_shape(config: ConfigSnapshot, one: FinalShift) -> dict[str, Any]:
    user = config.user_by_id[one.user_id]
    return {
        "user_pk": user.id,
        "user_email": user.email,
        "user_username": user.username,
        "shift_start": second(one.start),
        "shift_end": second(one.end),
    }


def second(at: datetime) -> str:
    """Return an instant to the second, as clients of final shifts read it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _reason(config: ConfigSnapshot, one: FinalShift) -> dict[str, Any]:
    return {
        "user_id": one.user_id,
        "username": config.user_by_id[one.user_id].username,
        "by": "swap" if one.swap_id else "override" if one.is_override else "shift",
        "since": instant(one.event_start),
        "shift_id": one.shift_id,
        "level": one.level,
        "swap_id": one.swap_id,
        "in_place_of": one.swapped_with,
        "reason": why_on_call(config, one),
    }


def why_on_call(config: ConfigSnapshot, one: FinalShift) -> str:
    """Return by what somebody is on call: a layer with its level, an override, or in whose place."""
    shift = config.shift_by_id.get(one.shift_id)
    title = shift.name if shift is not None else one.title
    if one.swap_id and one.swapped_with in config.user_by_id:
        return f"swap: in the place of {config.user_by_id[one.swapped_with].username} in {title}"
    return f"override {title}" if one.is_override else f"{title}, level {one.level}"


def _next_shape(config: ConfigSnapshot, coming: OnCall | None) -> dict[str, Any] | None:
    if coming is None or coming.since is None:
        return None
    users = [config.user_by_id[one] for one in coming.user_ids]
    return {
        "since": instant(coming.since),
        "users": [{"user_id": one.id, "username": one.username} for one in users],
    }


def _span(request: web.Request) -> tuple[datetime, datetime]:
    """Return the time that `start_date` and `end_date` ask for, in UTC.

    Raises:
        Invalid: one is missing or no date, the end comes first, or it is longer than a year.
    """
    start, _ = _date_or_time(request, "start_date")
    end, is_day = _date_or_time(request, "end_date")
    if end < start:
        raise Invalid.field("end_date", "Must not be before start_date.")
    if end - start > LONGEST:
        raise Invalid.field("end_date", f"Must be at most {LONGEST.days} days after start_date.")
    return start, end + DAY if is_day else end


def _date_or_time(request: web.Request, field: str) -> tuple[datetime, bool]:
    text = request.query.get(field, "")
    if not text:
        raise Invalid.field(field, "This field is required.")
    try:
        if len(text) == len("2026-12-06"):
            found = date.fromisoformat(text)
            at, is_day = datetime(found.year, found.month, found.day, tzinfo=UTC), True
        else:
            read = datetime.fromisoformat(text)
            at, is_day = read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC), False
    except (ValueError, OverflowError) as error:
        raise Invalid.field(
            field, "Must be a date such as 2026-12-06 or a time such as 2026-12-06T09:00."
        ) from error
    if not EARLIEST <= at <= LATEST:
        raise Invalid.field(field, "Must be between the years 2000 and 2100.")
    return at, is_day
