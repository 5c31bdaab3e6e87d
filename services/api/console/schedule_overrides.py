"""Overrides and swaps on the page of a schedule: made by forms in the zone that the page shows, and taken back."""

from __future__ import annotations

from aiohttp import web

from services.api import overrides
from services.api.console.local_times import read_local
from services.api.console.people_fields import user_ids
from services.api.console.schedules import existing, period_of, refused
from services.api.console.visits import Visit
from services.api.overrides import OverrideBody, existing_override, existing_schedule
from services.api.refusals import Invalid, Refused
from services.api.resources import on_call_shifts, shift_swaps
from services.api.resources.desk import Desk
from services.api.resources.shift_swaps import SWAPS, TakeBody
from shared.domain.configuration import ConfigSnapshot
from shared.domain.schedules import Schedule, Swap


async def add_override(visit: Visit) -> web.Response:
    """POST: the people of `users` are on call from `start` to `end`, in everybody else's place."""
    config, schedule = await existing(visit)
    try:
        start, end = _times(visit, schedule)
        body = OverrideBody(
            users=user_ids(visit.form.getall("users", []), config, "users"),
            start=start,
            end=end,
            name=visit.form.get("name", "").strip() or None,
        )
        await visit.api.edit(
            visit.principal,
            lambda desk: overrides.make_override(desk, existing_schedule(desk, schedule.id), body, "web"),
        )
    except Invalid as invalid:
        return await refused(visit, "override", invalid)
    return visit.see(period_of(visit, schedule).url())


async def remove_override(visit: Visit) -> web.Response:
    """POST: the rotations hold again."""
    _, schedule = await existing(visit)
    override_id = visit.request.match_info["override_id"]

    def edit(desk: Desk) -> None:
        row = existing_override(desk, existing_schedule(desk, schedule.id), override_id)
        on_call_shifts.remove(desk, row)

    await visit.api.edit(visit.principal, edit)
    return visit.see(period_of(visit, schedule).url())


async def ask_swap(visit: Visit) -> web.Response:
    """POST: somebody asks to be replaced; without a name it is the reader."""
    config, schedule = await existing(visit)
    try:
        start, end = _times(visit, schedule)
        body = {"schedule": schedule.id, "swap_start": start, "swap_end": end}
        named = {
            "beneficiary": _person(visit, config, "beneficiary"),
            "benefactor": _person(visit, config, "benefactor"),
            "description": visit.form.get("description", "").strip(),
        }
        await visit.objects(SWAPS).create({**body, **{name: one for name, one in named.items() if one}})
    except Invalid as invalid:
        return await refused(visit, "swap", invalid)
    return visit.see(period_of(visit, schedule).url())


async def take_swap(visit: Visit) -> web.Response:
    """POST: the reader, or whom the form names, stands in."""
    config, schedule = await existing(visit)
    swap_id = visit.request.match_info["swap_id"]

    def edit(desk: Desk) -> None:
        taken_by = TakeBody(benefactor=benefactor)
        shift_swaps.take(desk, _own_swap(desk, schedule.id, swap_id), taken_by)

    try:
        benefactor = _person(visit, config, "benefactor")
        await visit.api.edit(visit.principal, edit)
    except Invalid as invalid:
        return await refused(visit, "swap", invalid)
    return visit.see(period_of(visit, schedule).url())


async def withdraw_swap(visit: Visit) -> web.Response:
    """POST: whoever asked is on call again."""
    _, schedule = await existing(visit)
    swap_id = visit.request.match_info["swap_id"]
    await visit.api.edit(
        visit.principal, lambda desk: shift_swaps.remove(desk, _own_swap(desk, schedule.id, swap_id))
    )
    return visit.see(period_of(visit, schedule).url())


def _times(visit: Visit, schedule: Schedule) -> tuple[str, str]:
    zone = period_of(visit, schedule).zone
    start, end = (read_local(visit.form.get(name, ""), zone, name) for name in ("start", "end"))
    return start.isoformat(), end.isoformat()


def _person(visit: Visit, config: ConfigSnapshot, field: str) -> str | None:
    found = user_ids([visit.form.get(field, "")], config, field)
    if len(found) > 1:
        raise Invalid.field(field, "Name one person.")
    return found[0] if found else None


def _own_swap(desk: Desk, schedule_id: str, swap_id: str) -> Swap:
    row = desk.draft.get(Swap, swap_id)
    if row is None or row.schedule_id != schedule_id:
        raise Refused.not_found()
    return row
