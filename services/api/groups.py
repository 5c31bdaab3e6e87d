"""Alert groups in the public API: listing, reading, and every action a person may take."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from services.api.actions import WORDS
from services.api.answers import json_answer, read_json
from services.api.api import API, Api
from services.api.group_query import group_query
from services.api.group_shapes import group_shapes
from services.api.idempotency import request_id
from services.api.paging import asked_page, page_body
from services.api.refusals import Invalid, Refused
from shared import clock
from shared.domain.model import Group
from shared.errors import Unavailable
from shared.events import ActionApplied, ActionRefused, ActionRequested
from shared.store.alert_groups import AlertGroups

PAGE_SIZE = 50
NOT_CONFIRMED = "The broker did not confirm the action. It was not accepted; try again."
NOT_YET = "The action is accepted but has not taken effect yet; until it has, pages may still go out."


async def list_groups(request: web.Request) -> web.Response:
    """GET: groups, newest first."""
    api = request.app[API]
    await api.caller(request)
    query = group_query(request.query, await api.configuration.tables())
    groups = AlertGroups(api.database)
    count = await groups.count(query)
    page = asked_page(request, PAGE_SIZE).within(count)
    found = await groups.find(query, [("opened_at", -1), ("_id", 1)], page.size, page.skip)
    return json_answer(page_body(request, page, count, await group_shapes(api, found)))


async def read_group(request: web.Request) -> web.Response:
    """GET of one group."""
    api = request.app[API]
    await api.caller(request)
    group = await existing_group(api, request.match_info["id"])
    return json_answer((await group_shapes(api, [group]))[0])


async def act(request: web.Request) -> web.Response:
    """POST of an action: 200 with the group as it is now, 400 refused, 202 not yet, 503 not accepted."""
    api = request.app[API]
    principal = await api.caller(request)
    action = request.match_info["action"]
    if action not in WORDS:
        raise Refused.not_found()
    body = await read_json(request, api.settings.max_body_bytes)
    delay_s = _delay_s(body) if action == "silence" else None
    group = await existing_group(api, request.match_info["id"])
    event = ActionRequested(
        id=request_id(request, principal, group.id, action),
        time=clock.now(),
        alert_id=group.last_alert_id,
        subject=group.id,
        group_id=group.id,
        action=action,
        actor=principal.actor,
        source="api",
        delay_s=delay_s,
    )
    return await _answer(api, event)


async def existing_group(api: Api, group_id: str) -> Group:
    """Return a group as it is on the primary.

    Raises:
        Refused: 404, there is none that people are shown.
    """
    group = await AlertGroups(api.database).get(group_id)
    if group is None or not group.seen:
        raise Refused.not_found()
    return group


async def _answer(api: Api, event: ActionRequested) -> web.Response:
    try:
        outcome = await api.actions.request(event)
    except Unavailable as error:
        headers = {"Retry-After": "2"}
        raise Refused(503, {"detail": NOT_CONFIRMED, "reason": error.reason}, headers) from error
    if isinstance(outcome, ActionRefused):
        raise Refused.because(400, outcome.reason)
    if isinstance(outcome, ActionApplied):
        return json_answer((await group_shapes(api, [outcome.group]))[0])
    return json_answer({"detail": NOT_YET, "action_id": event.id}, 202)


def _delay_s(body: Any) -> int | None:
    """Return the seconds of a silence, None for ever (0 and -1).

    Raises:
        Invalid: missing, not a whole number, or below -1.
    """
    delay = body.get("delay") if isinstance(body, dict) else None
    if delay is None:
        raise Invalid.field("delay", "This field is required.")
    if not isinstance(delay, int) or isinstance(delay, bool) or not -1 <= delay <= 2**31:
        raise Invalid.field("delay", "Must be a whole number of seconds, or -1 for ever.")
    return delay if delay > 0 else None
