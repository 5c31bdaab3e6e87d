"""The endpoints of problems: what failed of integrations, what is wrong with schedules, and whether it is over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from aiohttp import web

from services.api.answers import json_answer
from services.api.api import API, Api
from services.api.group_shapes import instant
from services.api.people_problems import people_problems
from services.api.refusals import Invalid, Refused
from services.api.schedule_problems import schedule_problems
from shared.domain.configuration import ConfigSnapshot, Integration
from shared.domain.problems import is_current
from shared.store.mongo import Document
from shared.store.problems import Problems

LIMIT = 200
STATES = ("open", "cleared", "all")
CHANGED = "the template was changed"
STOPPED = "later alerts went without it"


async def read_problems(request: web.Request) -> web.Response:
    """GET: the problems of one integration, as its alerts met them."""
    api = request.app[API]
    await api.caller(request)
    integration_id = request.match_info["id"]
    if integration_id not in (await api.configuration.tables()).of(Integration):
        raise Refused.not_found()
    return json_answer({"results": await problems_of(api, [integration_id], _state(request))})


async def list_problems(request: web.Request) -> web.Response:
    """GET: the problems of everything, or of one `integration_id` or `schedule_id`."""
    api = request.app[API]
    await api.caller(request)
    integration_id, schedule_id = request.query.get("integration_id"), request.query.get("schedule_id")
    state = _state(request)
    found: list[dict[str, Any]] = []
    if not schedule_id:
        found += await problems_of(api, [integration_id] if integration_id else None, state)
    if not integration_id:
        found += await schedule_problems(api, [schedule_id] if schedule_id else None, state)
    found.sort(key=lambda one: one["last_seen_at"] or "", reverse=True)
    if not integration_id and not schedule_id and state != "cleared":
        found = [*await people_problems(api), *found]
    return json_answer({"results": found[:LIMIT]})


async def add_counts(api: Api, shown: Sequence[dict[str, Any]]) -> None:
    """Write into integrations as they are shown how many problems each has now."""
    ids = [one["id"] for one in shown]
    rows = await Problems(api.database).find(ids)
    config = (await api.configuration.tables()).snapshot() if rows else ConfigSnapshot()
    counts = Counter(one["integration_id"] for one in rows if _over(one, config) is None)
    for integration in shown:
        integration["problems"] = counts[integration["id"]]


def _state(request: web.Request) -> str:
    state = request.query.get("state", "open")
    if state not in STATES:
        raise Invalid.field("state", f"Must be one of {', '.join(STATES)}.")
    return state


async def problems_of(api: Api, integration_ids: list[str] | None, state: str) -> list[dict[str, Any]]:
    """Return the problems of some (or all) integrations that are open, cleared, or all of them; newest first."""
    rows = await Problems(api.database).find(integration_ids, cleared=state != "open")
    config = (await api.configuration.tables()).snapshot()
    shapes = [_shape(one, config) for one in rows]
    return list(_in_state(shapes, state))[:LIMIT]


def _in_state(shapes: Iterable[dict[str, Any]], state: str) -> Iterable[dict[str, Any]]:
    return (one for one in shapes if state in ("all", one["state"]))


def _shape(row: Document, config: ConfigSnapshot) -> dict[str, Any]:
    over = _over(row, config)
    names = ("integration_id", "where", "message", "line", "count", "alert_id")
    seen = {name: instant(row.get(name)) for name in ("first_seen_at", "last_seen_at", "cleared_at")}
    integration = config.integration_by_id.get(row["integration_id"])
    return {
        **{name: row.get(name) for name in names},
        **seen,
        "integration_name": integration.name if integration is not None else None,
        "schedule_id": None,
        "schedule_name": None,
        "severity": "error",
        "object": f"integrations/{row['integration_id']}",
        "state": "open" if over is None else "cleared",
        "cleared_because": over,
    }


def _over(row: Document, config: ConfigSnapshot) -> str | None:
    """Return why a problem does not stand any more, None while it does."""
    if row.get("cleared_at") is not None:
        return STOPPED
    integration = config.integration_by_id.get(row["integration_id"])
    if integration is None:
        return "the integration was deleted"
    routes = config.routes_of.get(integration.id, ())
    return None if is_current(row["where"], row.get("digest", ""), integration, routes) else CHANGED
