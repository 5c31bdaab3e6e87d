"""One action on many alert groups: asked in one go, answered group by group."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

from aiohttp import web
from multidict import MultiDict
from pydantic import Field

from services.api.actions import OUTCOME_TIMEOUT_S
from services.api.answers import json_answer, read_json
from services.api.api import API, Api
from services.api.group_actions import NOT_CONFIRMED, NOT_YET, fields_of, requested
from services.api.group_query import group_query
from services.api.refusals import Invalid, Refused
from services.api.resources.desk import Body, parse
from shared.domain.model import Group
from shared.errors import Unavailable
from shared.events import ActionRefused
from shared.store.alert_groups import AlertGroups

MAX_GROUPS = 500
NOT_FOUND = "there is no such alert group"


class BulkFilter(Body):
    """The filters of the list of alert groups, by their names there."""

    id: str | None = None
    integration_id: str | None = None
    route_id: str | None = None
    team_id: str | None = None
    state: str | None = None
    started_at: str | None = None
    label: list[str] | None = None


class BulkBody(Body):
    """The action, and the groups: by their ids, or the newest that a filter finds. At most 500 at once."""

    action: Literal["acknowledge", "resolve", "silence", "restart", "unacknowledge", "unsilence"]
    ids: Annotated[list[str], Field(max_length=MAX_GROUPS)] | None = None
    filter: BulkFilter | None = None
    delay: int | None = None


async def act_on_many(request: web.Request) -> web.Response:
    """POST: 200 with the outcome of each group; a group that refuses does not keep the others from it."""
    api = request.app[API]
    principal = await api.caller(request)
    body = parse(BulkBody, await read_json(request, api.settings.max_body_bytes))
    fields = fields_of(body.action, {"delay": body.delay}, await api.configuration.tables())
    ids, groups = await _chosen(api, body)
    events = [requested(request, principal, one, body.action, **fields) for one in groups.values()]
    try:
        waiting = await api.actions.ask_all(events) if events else []
    except Unavailable as error:
        headers = {"Retry-After": "2"}
        raise Refused(503, {"detail": NOT_CONFIRMED, "reason": error.reason}, headers) from error
    if waiting:
        await asyncio.wait(waiting, timeout=OUTCOME_TIMEOUT_S)
    outcomes = {event.group_id: _outcome(one) for event, one in zip(events, waiting, strict=True)}
    for one in waiting:
        one.cancel()
    missing = {"outcome": "not_found", "reason": NOT_FOUND}
    results = [{"id": one, **outcomes.get(one, missing)} for one in ids]
    return json_answer({"action": body.action, "count": len(results), "results": results})


async def _chosen(api: Api, body: BulkBody) -> tuple[list[str], dict[str, Group]]:
    """Return the ids that are asked for, each once, and the groups that there are.

    Raises:
        Invalid: neither ids nor a filter, or both.
    """
    if (body.ids is None) == (body.filter is None):
        raise Invalid.field("ids", "Name either ids or a filter.")
    groups = AlertGroups(api.database)
    if body.ids is not None:
        found = await groups.get_many(body.ids)
        return list(dict.fromkeys(body.ids)), {id: one for id, one in found.items() if one.seen}
    assert body.filter is not None
    sent = body.filter.model_dump(exclude_none=True)
    labels = sent.pop("label", [])
    asked = MultiDict([*sent.items(), *(("label", one) for one in labels)])
    query = group_query(asked, await api.configuration.tables())
    newest = await groups.find(query, [("opened_at", -1), ("_id", 1)], MAX_GROUPS)
    return [one.id for one in newest], {one.id: one for one in newest}


def _outcome(waiting: asyncio.Future[Any]) -> dict[str, str]:
    if not waiting.done():
        return {"outcome": "pending", "reason": NOT_YET}
    done = waiting.result()
    if isinstance(done, ActionRefused):
        return {"outcome": "refused", "reason": done.reason}
    return {"outcome": "applied", "reason": ""}
