"""Schedules: the list with who is on call, and the page of one: the picture, and all that can be done to it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from aiohttp import web

from services.api.console.form_fields import whole
from services.api.console.keepers import keeper_of, keepers
from services.api.console.local_times import local_text
from services.api.console.people_fields import usernames
from services.api.console.schedule_period import Period, read_period
from services.api.console.schedule_picture import BAR_PX, draw
from services.api.console.schedule_views import (
    TYPES,
    chains_asking,
    health,
    layers_of,
    on_call_now,
    overrides_of,
    swaps_of,
    takes_overrides,
)
from services.api.console.visits import Visit, reasons
from services.api.refusals import Invalid, Refused
from services.api.resources.schedules import SCHEDULES
from services.api.resources.shift_swaps import SWAPS
from services.api.schedule_problems import count_problems, schedule_problems
from shared import clock
from shared.domain.configuration import ConfigSnapshot
from shared.domain.schedules import Schedule
from shared.store.schedule_exports import ScheduleExports

PATH = "/schedules"
PAGE_SIZE = 25
HOUR, DEFAULT_OVERRIDE = timedelta(hours=1), timedelta(hours=8)
EXPORTING = ("POST", "schedules/{id}/export_token")


async def show_list(visit: Visit) -> web.Response:
    """GET: the schedules whose name has the words of `q`, of the team `team_id`, by name."""
    return await render_list(visit)


async def render_list(visit: Visit, new_link: str = "") -> web.Response:
    """Answer with the list; `new_link` is an address of the reader's calendar that was just made."""
    config, now = await visit.api.configuration.load(), clock.now()
    query = visit.request.query
    words, team_id = query.get("q", "").strip(), query.get("team_id", "")
    found = [
        one
        for one in sorted(config.schedules, key=lambda one: (one.name.casefold(), one.id))
        if words.casefold() in one.name.casefold() and team_id in ("", one.team_id)
    ]
    page = _page_number(query.get("page", "1"))
    shown = found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    on_call = await asyncio.to_thread(lambda: {one.id: on_call_now(config, one.id, now) for one in shown})
    return visit.page(
        "schedules.html",
        schedules=shown,
        keepers=await keepers(visit, Schedule),
        on_call=on_call,
        problems_of=await count_problems(visit.api, [one.id for one in shown]),
        types=TYPES,
        team_names={one.id: one.name for one in config.teams},
        teams=sorted(config.teams, key=lambda one: one.name.casefold()),
        words=words,
        team_id=team_id,
        page=page,
        has_more=page * PAGE_SIZE < len(found),
        url=visit.request.rel_url.without_query_params("page"),
        may_change=visit.may("POST", SCHEDULES.name),
        link=await _link_of(visit, None) if visit.principal.user is not None else None,
        has_person=visit.principal.user is not None,
        new_link=new_link,
    )


async def show_schedule(visit: Visit) -> web.Response:
    """GET: one schedule in a stretch of time."""
    return await render_schedule(visit)


async def show_health(visit: Visit) -> web.Response:
    """GET of a piece of a page: gaps in the next 30 days, and the quality."""
    config, schedule = await existing(visit)
    found = await asyncio.to_thread(health, config, schedule.id, clock.now())
    return visit.page("schedule_health.html", health=found, schedule=schedule)


async def existing(visit: Visit) -> tuple[ConfigSnapshot, Schedule]:
    """Return the configuration, and the schedule that the request names.

    Raises:
        Refused: 404.
    """
    config = await visit.api.configuration.load()
    schedule = config.schedule_by_id.get(visit.request.match_info["id"])
    if schedule is None:
        raise Refused.not_found()
    return config, schedule


def period_of(visit: Visit, schedule: Schedule) -> Period:
    """Return the stretch of time that the address asks for.

    Raises:
        Invalid: it cannot be read.
    """
    path = f"{PATH}/{schedule.id}"
    return read_period(visit.request.query, path, schedule.time_zone, visit.zone, clock.now())


async def render_schedule(
    visit: Visit,
    problems: Mapping[str, tuple[str, ...]] | None = None,
    status: int = 200,
    new_link: str = "",
) -> web.Response:
    """Answer with the page of a schedule; `problems` by the part of the page whose form was refused."""
    config, schedule = await existing(visit)
    period, now = period_of(visit, schedule), clock.now()
    picture, on_call, found_health = await asyncio.gather(
        asyncio.to_thread(draw, config, schedule, period, now),
        asyncio.to_thread(on_call_now, config, schedule.id, now),
        _asked_health(visit, config, schedule),
    )
    reader = visit.principal.user
    team = config.team_by_id.get(schedule.team_id or "")
    return visit.page(
        "schedule.html",
        status,
        schedule=schedule,
        keeper=await keeper_of(visit, Schedule, schedule.id),
        team_name=team.name if team is not None else "",
        type_words=TYPES[schedule.type],
        period=period,
        schedule_zone=schedule.time_zone,
        picture=picture,
        bar_height=BAR_PX,
        on_call=on_call,
        health=found_health,
        calendars=(await visit.objects(SCHEDULES).read(schedule.id))["calendars"],
        troubles=await schedule_problems(visit.api, [schedule.id], "open"),
        overrides=overrides_of(config, schedule, now),
        takes_overrides=takes_overrides(schedule),
        swaps=swaps_of(config, schedule.id, reader.id if reader is not None else "", now),
        layers=layers_of(config, schedule),
        asked_by=chains_asking(config, schedule.id),
        people=usernames(config),
        reader=reader.username if reader is not None else "",
        form=visit.form,
        defaults=_defaults(period),
        problems=problems or {},
        link=await _link_of(visit, schedule.id),
        new_link=new_link,
        may_change=visit.may("POST", SCHEDULES.name),
        may_swap=visit.may("POST", SWAPS.name),
        may_export=visit.may(*EXPORTING),
    )


async def refused(visit: Visit, part: str, invalid: Invalid) -> web.Response:
    """Answer with the page again, and what is wrong beside the form of that part."""
    return await render_schedule(visit, {part: tuple(reasons(invalid))}, 400)


async def _asked_health(visit: Visit, config: ConfigSnapshot, schedule: Schedule) -> Any:
    if visit.request.query.get("health") != "yes":
        return None
    return await asyncio.to_thread(health, config, schedule.id, clock.now())


async def _link_of(visit: Visit, schedule_id: str | None) -> Any:
    owner = visit.principal.user.id if visit.principal.user is not None else ""
    return await ScheduleExports(visit.api.database).of(owner, schedule_id)


def _defaults(period: Period) -> dict[str, str]:
    """Return what the forms' fields of time have before somebody writes: the next whole hour, and some more."""
    hour = clock.now().replace(minute=0, second=0, microsecond=0)
    begin = hour + HOUR
    end = begin + DEFAULT_OVERRIDE
    return {"start": local_text(begin, period.zone), "end": local_text(end, period.zone)}


def _page_number(text: str) -> int:
    found = whole(text)
    return found if found is not None and 1 <= found <= 10_000 else 1
