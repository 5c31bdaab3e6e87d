"""What people do to alert groups on the pages: one group or many, with a way back where there is one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from services.api.actions import OUTCOME_TIMEOUT_S, WORDS
from services.api.bulk import MAX_GROUPS
from services.api.console.form_fields import number
from services.api.console.group_filters import GroupFilters
from services.api.console.group_rows import rows_of
from services.api.console.visits import Visit, local_path
from services.api.group_actions import NOT_CONFIRMED, NOT_YET, fields_of, requested
from services.api.refusals import Invalid, Refused
from shared.domain.model import Group
from shared.errors import Unavailable
from shared.events import ActionApplied, ActionRefused
from shared.store.alert_groups import AlertGroups

# What each button does, and what takes it back.
UNDO = {
    "acknowledge": "unacknowledge",
    "unacknowledge": "acknowledge",
    "resolve": "unresolve",
    "silence": "unsilence",
}
DONE = {
    "acknowledge": "Acknowledged",
    "unacknowledge": "No longer acknowledged",
    "resolve": "Resolved",
    "unresolve": "Opened again",
    "silence": "Silenced",
    "unsilence": "No longer silenced",
    "restart": "Escalation begins anew",
    "confirm": "Confirmed",
}


async def act(visit: Visit) -> web.Response:
    """POST of an action on the groups `id` (several may be named): the rows as they are then, or back to the page."""
    action = visit.request.match_info["action"]
    if action not in DONE or action not in WORDS:
        raise Refused.not_found()
    ids = list(dict.fromkeys(visit.form.getall("id", [])))
    if not 1 <= len(ids) <= MAX_GROUPS:
        raise Invalid.field("id", f"Select 1 to {MAX_GROUPS} alert groups.")
    groups = {
        id: one for id, one in (await AlertGroups(visit.api.database).get_many(ids)).items() if one.seen
    }
    outcomes = await _asked(visit, action, list(groups.values()))
    refused = {id: one.reason for id, one in outcomes.items() if isinstance(one, ActionRefused)}
    if not visit.is_partial:
        if len(ids) == 1 and refused:
            raise Refused.because(400, f"Not done: {next(iter(refused.values()))}.")
        return visit.see(_back(visit))
    after = [one.group for one in outcomes.values() if isinstance(one, ActionApplied)]
    return visit.page(
        "group_outcomes.html",
        rows=await rows_of(visit.api, after),
        filters=GroupFilters.of(visit.request.query),
        action=action,
        done=DONE[action],
        undo=UNDO.get(action),
        applied=[one.id for one in after],
        refused=[(groups[id], reason) for id, reason in refused.items()],
        pending=[id for id, one in outcomes.items() if one is None],
        missing=len(ids) - len(groups),
        not_yet=NOT_YET,
        may_act=True,
        place=visit.form.get("place", "row"),
    )


async def _asked(visit: Visit, action: str, groups: Sequence[Group]) -> dict[str, Any]:
    """Return what became of the action by group id: applied, refused, or None while nobody knows."""
    api = visit.api
    fields = fields_of(action, _body(visit), await api.configuration.tables())
    events = [
        requested(visit.request, visit.principal, one, action, **fields).model_copy(update={"source": "web"})
        for one in groups
    ]
    try:
        waiting = await api.actions.ask_all(events) if events else []
    except Unavailable as error:
        raise Refused(503, {"detail": NOT_CONFIRMED}, {"Retry-After": "2"}) from error
    if waiting:
        await asyncio.wait(waiting, timeout=OUTCOME_TIMEOUT_S)
    outcomes = {
        event.group_id: one.result() if one.done() else None
        for event, one in zip(events, waiting, strict=True)
    }
    for one in waiting:
        one.cancel()
    return outcomes


def _body(visit: Visit) -> dict[str, Any]:
    delay = number(visit.form, "delay")
    return {"delay": delay} if delay is not None else {}


def _back(visit: Visit) -> str:
    """Return the page that the form stood on."""
    return local_path(visit.form.get("back") or _referrer(visit) or "/alert-groups")


def _referrer(visit: Visit) -> str:
    """Return path and query of the page before, filters and all; "" where the browser does not tell."""
    try:
        parts = urlsplit(visit.request.headers.get("Referer", ""))
    except ValueError:
        return ""
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
