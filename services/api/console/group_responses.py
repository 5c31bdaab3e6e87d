"""What is done on an alert group's page besides its states: notes, calls for help, being attached to another group."""

from __future__ import annotations

import uuid
from typing import Any

from aiohttp import web

from services.api.console.form_fields import id_or_address, whole
from services.api.console.groups import NEWEST_FIRST
from services.api.console.visits import Visit
from services.api.group_actions import NOT_YET, RespondersBody, ask, requested, responders_of
from services.api.groups import existing_group
from services.api.refusals import Invalid, Refused
from services.api.resources.desk import parse
from shared import clock
from shared.domain.model import Group, Note, Responder
from shared.domain.noting import MAX_TEXT
from shared.events import ActionRefused
from shared.store.alert_groups import AlertGroups


async def add_note(visit: Visit) -> web.Response:
    """POST: adds a resolution note."""
    group = await existing_group(visit.api, visit.request.match_info["id"])
    text = visit.form.get("text", "").strip()
    if not 1 <= len(text) <= MAX_TEXT:
        raise Invalid.field("text", f"Must have 1 to {MAX_TEXT} characters.")
    note = Note(
        id=f"N{uuid.uuid4().hex[:16].upper()}",
        text=text,
        author=visit.principal.actor,
        source="web",
        created_at=clock.now(),
    )
    return await _done(visit, group, "add_note", note=note)


async def page_somebody(visit: Visit) -> web.Response:
    """POST: pages a person or a team directly."""
    group = await existing_group(visit.api, visit.request.match_info["id"])
    kind, _, id = visit.form.get("whom", "").partition(" ")
    important = "important" in visit.form
    body: dict[str, Any] = {"users": [{"id": id, "important": important}]} if kind == "user" else {}
    if kind == "team":
        body = {"team": id, "important_team_escalation": important}
    tables = await visit.api.configuration.tables()
    return await _done(visit, group, "page", responders=responders_of(parse(RespondersBody, body), tables))


async def take_off(visit: Visit) -> web.Response:
    """POST: ends the call for a person."""
    group = await existing_group(visit.api, visit.request.match_info["id"])
    return await _done(visit, group, "unpage", responders=(Responder(user_id=visit.form.get("user", "")),))


async def attach(visit: Visit) -> web.Response:
    """POST: attaches it to the group that `root` names by number, id or address."""
    group = await existing_group(visit.api, visit.request.match_info["id"])
    return await _done(visit, group, "attach", root_id=await _root_id(visit))


async def unattach(visit: Visit) -> web.Response:
    """POST: has it stand for itself again."""
    group = await existing_group(visit.api, visit.request.match_info["id"])
    return await _done(visit, group, "unattach")


async def _root_id(visit: Visit) -> str:
    text = id_or_address(visit.form, "root")
    if not text:
        raise Invalid.field("root", "Name an alert group by its number, its id or its address.")
    digits = whole(text.removeprefix("#"))
    found = await existing_group(visit.api, text) if digits is None else await _numbered(visit, digits)
    return found.id


async def _numbered(visit: Visit, number: int) -> Group:
    found = await AlertGroups(visit.api.database).find({"number": number}, NEWEST_FIRST, 1)
    if not found:
        raise Invalid.field("root", f"There is no alert group #{number}.")
    return found[0]


async def _done(visit: Visit, group: Group, action: str, **fields: Any) -> web.Response:
    event = requested(visit.request, visit.principal, group, action, **fields)
    outcome = await ask(visit.api, event.model_copy(update={"source": "web"}))
    if isinstance(outcome, ActionRefused):
        raise Refused.because(400, f"Not done: {outcome.reason}.")
    if outcome is None:
        raise Refused.because(202, NOT_YET)
    return visit.see(f"/alert-groups/{group.id}")
