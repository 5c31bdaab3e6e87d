"""Overrides and swaps on the page of a schedule: made and changed by forms in the zone of the page, and taken back."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from services.api import overrides
from services.api.console.local_times import local_text, read_local
from services.api.console.people_fields import names_of, user_ids, usernames
from services.api.console.schedules import existing, period_of, refused
from services.api.console.visits import Visit, reasons
from services.api.overrides import OverrideBody, existing_override, existing_schedule, override_times
from services.api.refusals import Invalid, Refused
from services.api.resources import on_call_shifts, shift_swaps
from services.api.resources.desk import Desk
from services.api.resources.shift_swaps import SWAPS, TakeBody
from shared.domain.configuration import ConfigSnapshot
from shared.domain.schedules import Schedule, Shift, Swap


async def add_override(visit: Visit) -> web.Response:
    """POST: the people of `users` are on call from `start` to `end`, in everybody else's place."""
    config, schedule = await existing(visit)
    try:
        body = _body(visit, config, schedule)
        await visit.api.edit(
            visit.principal,
            lambda desk: overrides.make_override(desk, existing_schedule(desk, schedule.id), body, "web"),
        )
    except Invalid as invalid:
        return await refused(visit, "override", invalid)
    return visit.see(period_of(visit, schedule).url())


async def show_override(visit: Visit) -> web.Response:
    """GET: the form of an override, with its times in the zone that the address has."""
    config, schedule = await existing(visit)
    row = _own_override(visit, config, schedule)
    zone = period_of(visit, schedule).zone
    start, end = (local_text(one, zone) for one in override_times(schedule, row))
    fields = {"users": names_of(row.users, config), "start": start, "end": end, "name": row.name}
    return _override_page(visit, config, schedule, fields)


async def change_override(visit: Visit) -> web.Response:
    """POST: an override as the form has it."""
    config, schedule = await existing(visit)
    row = _own_override(visit, config, schedule)

    def edit(desk: Desk) -> None:
        there = existing_schedule(desk, schedule.id)
        overrides.rewrite_override(desk, there, existing_override(desk, there, row.id), body)

    try:
        body = _body(visit, config, schedule)
        await visit.api.edit(visit.principal, edit)
    except Invalid as invalid:
        form = visit.form
        fields = {name: form.get(name, "") for name in ("start", "end", "name")}
        again = {**fields, "users": form.getall("users", [])}
        return _override_page(visit, config, schedule, again, tuple(reasons(invalid)))
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


def _body(visit: Visit, config: ConfigSnapshot, schedule: Schedule) -> OverrideBody:
    """Return the form as a body of the API; an empty name stays as it is, or is made up.

    Raises:
        Invalid: a time cannot be read, or nobody has a name that is there.
    """
    start, end = _times(visit, schedule)
    return OverrideBody(
        users=user_ids(visit.form.getall("users", []), config, "users"),
        start=start,
        end=end,
        name=visit.form.get("name", "").strip() or None,
    )


def _own_override(visit: Visit, config: ConfigSnapshot, schedule: Schedule) -> Shift:
    """Return the override that the address names.

    Raises:
        Refused: 404.
    """
    row = config.shift_by_id.get(visit.request.match_info["override_id"])
    if row is None or not row.is_override or row.schedule_id != schedule.id:
        raise Refused.not_found()
    return row


def _override_page(
    visit: Visit,
    config: ConfigSnapshot,
    schedule: Schedule,
    fields: dict[str, Any],
    problems: tuple[str, ...] = (),
) -> web.Response:
    period = period_of(visit, schedule)
    return visit.page(
        "schedule_override.html",
        400 if problems else 200,
        schedule=schedule,
        zone_key=period.zone.key,
        back=period.url(),
        form=fields,
        problems=problems,
        people=usernames(config),
    )


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
