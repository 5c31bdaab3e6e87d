"""Alert groups in the public API: listing and reading."""

from __future__ import annotations

from aiohttp import web

from services.api.answers import json_answer
from services.api.api import API, Api
from services.api.group_query import group_query
from services.api.group_shapes import group_shapes
from services.api.paging import asked_page, page_body
from services.api.refusals import Refused
from shared.domain.model import Group
from shared.store.alert_groups import AlertGroups

PAGE_SIZE = 50
# So many groups beyond the asked page are counted; more would cost what nobody reads.
COUNTED = 10_000


async def list_groups(request: web.Request) -> web.Response:
    """GET: groups, newest first. `count` is exact up to 10,000 beyond the page, and a lower bound above."""
    api = request.app[API]
    await api.caller(request)
    query = group_query(request.query, await api.configuration.tables())
    groups = AlertGroups(api.database)
    asked = asked_page(request, PAGE_SIZE)
    count = await groups.count(query, asked.skip + asked.size + COUNTED)
    page = asked.within(count)
    found = await groups.find(query, [("opened_at", -1), ("_id", 1)], page.size, page.skip)
    return json_answer(page_body(request, page, count, await group_shapes(api, found)))


async def read_group(request: web.Request) -> web.Response:
    """GET of one group."""
    api = request.app[API]
    await api.caller(request)
    group = await existing_group(api, request.match_info["id"])
    return json_answer((await group_shapes(api, [group]))[0])


async def existing_group(api: Api, group_id: str) -> Group:
    """Return a group as it is on the primary.

    Raises:
        Refused: 404, there is none that people are shown.
    """
    group = await AlertGroups(api.database).get(group_id)
    if group is None or not group.seen:
        raise Refused.not_found()
    return group
