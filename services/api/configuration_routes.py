"""The endpoints of configuration objects: one list, one read and three writes for every kind."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from aiohttp import web

from services.api.answers import empty_answer, json_answer, read_json
from services.api.api import API
from services.api.objects import Objects
from services.api.paging import asked_page, page_body
from services.api.resources.catalogue import RESOURCES
from services.api.resources.desk import Resource

BASE = "/api/v1"
OWNER_HEADER = "Tocsin-Set"


class Endpoint:
    """The handlers of one kind of object."""

    def __init__(self, resource: Resource[Any, Any]) -> None:
        self.resource = resource

    async def list(self, request: web.Request) -> web.Response:
        """GET: one page of the objects that the filters keep."""
        objects = await self._objects(request)
        query = {name: ",".join(request.query.getall(name)) for name in request.query}
        desk, rows = await objects.select(query)
        page = asked_page(request, self.resource.page_size).within(len(rows))
        shown = await objects.show(desk, rows[page.skip : page.skip + page.size], query)
        return json_answer(page_body(request, page, len(rows), shown))

    async def read(self, request: web.Request) -> web.Response:
        """GET of one id."""
        objects, id = await self._objects(request), request.match_info["id"]
        shown = await objects.read(id, dict(request.query))
        return json_answer(shown, headers=await _owned(objects, id))

    async def create(self, request: web.Request) -> web.Response:
        """POST: 201 with the object."""
        objects = await self._objects(request)
        return json_answer(await objects.create(await _body(request)), 201)

    async def change(self, request: web.Request) -> web.Response:
        """PUT or PATCH: 200 with the object; what was not sent stays."""
        objects, id = await self._objects(request), request.match_info["id"]
        shown = await objects.change(id, await _body(request))
        return json_answer(shown, headers=await _owned(objects, id))

    async def remove(self, request: web.Request) -> web.Response:
        """DELETE: 204; a second time 404."""
        await (await self._objects(request)).remove(request.match_info["id"])
        return empty_answer()

    async def _objects(self, request: web.Request) -> Objects:
        api = request.app[API]
        return Objects(api, await api.caller(request), self.resource)


async def _owned(objects: Objects, id: str) -> dict[str, str]:
    """Say whose an object is, where a declaration made it: clients show it, and change it all the same."""
    owner = await objects.owner(id)
    return {OWNER_HEADER: quote(owner)} if owner is not None else {}


async def _body(request: web.Request) -> Any:
    return await read_json(request, request.app[API].settings.max_body_bytes)


def add_routes(app: web.Application) -> None:
    """Serve every kind of configuration object; a trailing slash is optional."""
    for resource in RESOURCES:
        endpoint = Endpoint(resource)
        many, one = f"{BASE}/{resource.name}{{slash:/?}}", f"{BASE}/{resource.name}/{{id}}{{slash:/?}}"
        app.router.add_get(many, endpoint.list)
        app.router.add_get(one, endpoint.read)
        if resource.create is not None:
            app.router.add_post(many, endpoint.create)
        if resource.change is not None:
            app.router.add_put(one, endpoint.change)
            app.router.add_patch(one, endpoint.change)
        if resource.remove is not None:
            app.router.add_delete(one, endpoint.remove)
