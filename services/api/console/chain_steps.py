"""The steps of a chain on its page: added, changed, moved and removed by forms."""

from __future__ import annotations

from aiohttp import web

from services.api.console.chain_simulator import kept
from services.api.console.chain_views import sent_form
from services.api.console.chains import PATH, render_chain
from services.api.console.form_fields import whole
from services.api.console.step_kinds import KIND_OF, StepKind, body_of
from services.api.console.visits import Visit, reasons
from services.api.refusals import Invalid, Refused
from services.api.resources.desk import Desk
from services.api.resources.steps import STEPS
from shared.domain.configuration import StepConfig

WAYS = {"up": -1, "down": 1}


async def add(visit: Visit) -> web.Response:
    """POST: a step of the kind `type`, at the place `place` (absent: last)."""
    kind = _kind(visit)
    chain_id = visit.request.match_info["id"]
    config = await visit.api.configuration.load()
    if chain_id not in config.chain_by_id:
        raise Refused.not_found()
    try:
        body = body_of(kind, visit.form, config)
        made = await visit.objects(STEPS).create({**body, "escalation_chain_id": chain_id})
    except Invalid as invalid:
        form = sent_form(kind, visit.form, problems=tuple(reasons(invalid)))
        return await render_chain(visit, form, status=400)
    place = whole(visit.form.get("place", ""))
    if place is not None:
        await _reorder(visit, made["id"], to=place)
    return visit.see(_page(visit))


async def change(visit: Visit) -> web.Response:
    """POST: a step as the form has it."""
    kind, step_id = _kind(visit), await _own_step(visit)
    try:
        body = body_of(kind, visit.form, await visit.api.configuration.load())
        await visit.objects(STEPS).change(step_id, body)
    except Invalid as invalid:
        form = sent_form(kind, visit.form, step_id, tuple(reasons(invalid)))
        return await render_chain(visit, form, status=400)
    return visit.see(_page(visit))


async def move(visit: Visit) -> web.Response:
    """POST: a step one place up or down."""
    way = WAYS.get(visit.form.get("way", ""))
    if way is None:
        raise Invalid.field("way", "Must be up or down.")
    await _reorder(visit, await _own_step(visit), by=way)
    return visit.see(_page(visit))


async def remove(visit: Visit) -> web.Response:
    """POST: takes a step away."""
    await visit.objects(STEPS).remove(await _own_step(visit))
    return visit.see(_page(visit))


async def _reorder(visit: Visit, step_id: str, to: int | None = None, by: int = 0) -> None:
    """Put a step at a place counted from 0, or so many places further; all get places without gaps."""
    chain_id = visit.request.match_info["id"]

    def edit(desk: Desk) -> None:
        rows = desk.draft.find(StepConfig, "escalation_chain_id", chain_id)
        ordered = sorted(rows, key=lambda one: (one.position, one.id))
        row = next((one for one in ordered if one.id == step_id), None)
        if row is None:
            raise Refused.not_found()
        place = max(ordered.index(row) + by if to is None else to, 0)
        ordered.remove(row)
        ordered.insert(place, row)
        for position, one in enumerate(ordered):
            if one.position != position:
                desk.draft.put(one.model_copy(update={"position": position}))

    await visit.api.edit(visit.principal, edit)


async def _own_step(visit: Visit) -> str:
    """Return the id of the step that the address names.

    Raises:
        Refused: 404, the chain has no such step.
    """
    step_id = visit.request.match_info["step_id"]
    row = (await visit.api.configuration.tables()).of(StepConfig).get(step_id)
    if row is None or row.escalation_chain_id != visit.request.match_info["id"]:
        raise Refused.not_found()
    return step_id


def _kind(visit: Visit) -> StepKind:
    kind = KIND_OF.get(visit.form.get("type", ""))
    if kind is None:
        raise Invalid.field("type", "There is no such kind of step.")
    return kind


def _page(visit: Visit) -> str:
    return f"{PATH}/{visit.request.match_info['id']}{kept(visit)}"
