"""Alerts in the public API: the payloads as they were sent."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from services.api.answers import json_answer
from services.api.api import API, Api
from services.api.group_shapes import alert_shape
from services.api.paging import Page, asked_page, page_body
from services.api.refusals import Refused
from shared.domain.model import Alert
from shared.store.alerts import Alerts

PAGE_SIZE = 50
# A search reads payloads; it looks at the newest ones only, so that nobody can make the api read everything.
SEARCHED = 5_000


async def list_alerts(request: web.Request) -> web.Response:
    """GET: alerts, newest first; `search` looks for a text in the payloads of the newest 5,000."""
    api = request.app[API]
    await api.caller(request)
    query: dict[str, Any] = {}
    if "id" in request.query:
        query["_id"] = request.query["id"]
    if "alert_group_id" in request.query:
        query["group_id"] = request.query["alert_group_id"]
    asked = asked_page(request, PAGE_SIZE)
    search = request.query.get("search")
    count, page, found = await (_searched(api, query, search, asked) if search else _page(api, query, asked))
    return json_answer(page_body(request, page, count, [alert_shape(*one) for one in found]))


async def read_alert(request: web.Request) -> web.Response:
    """GET of one alert."""
    api = request.app[API]
    await api.caller(request)
    found = await Alerts(api.database).find({"_id": request.match_info["id"]}, 1)
    if not found:
        raise Refused.not_found()
    return json_answer(alert_shape(*found[0]))


Found = tuple[int, Page, list[tuple[Alert, str]]]


async def _page(api: Api, query: dict[str, Any], asked: Page) -> Found:
    alerts = Alerts(api.database)
    count = await alerts.collection.count(query)
    page = asked.within(count)
    return count, page, await alerts.find(query, page.size, page.skip)


async def _searched(api: Api, query: dict[str, Any], search: str, asked: Page) -> Found:
    newest = await Alerts(api.database).find(query, SEARCHED)
    wanted = search.lower()
    kept = [one for one in newest if wanted in json.dumps(one[0].payload, ensure_ascii=False).lower()]
    page = asked.within(len(kept))
    return len(kept), page, kept[page.skip : page.skip + page.size]
