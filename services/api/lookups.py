"""Small read-only endpoints that clients ask first: who we are and where."""

from __future__ import annotations

from aiohttp import web

from services.api.answers import json_answer
from services.api.api import API
from services.api.paging import asked_page, page_body
from services.api.refusals import Refused

# One installation is one organization; its id never changes.
ORGANIZATION = {"id": "O1TOCSIN"}
PAGE_SIZE = 25


async def list_organizations(request: web.Request) -> web.Response:
    """GET: the one organization."""
    await request.app[API].caller(request)
    page = asked_page(request, PAGE_SIZE).within(1)
    return json_answer(page_body(request, page, 1, [ORGANIZATION]))


async def read_organization(request: web.Request) -> web.Response:
    """GET of the organization by id."""
    await request.app[API].caller(request)
    if request.match_info["id"] != ORGANIZATION["id"]:
        raise Refused.not_found()
    return json_answer(ORGANIZATION)


async def read_info(request: web.Request) -> web.Response:
    """GET: the address that links point to."""
    api = request.app[API]
    await api.caller(request)
    return json_answer({"url": api.settings.public_url})
