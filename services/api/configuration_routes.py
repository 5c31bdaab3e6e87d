"""The endpoints of configuration objects: one list, one read and three writes for every kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aiohttp import web

from services.api.answers import empty_answer, json_answer, read_json
from services.api.api import API, Api
from services.api.authentication import Principal
from services.api.integration_state import add_state
from services.api.paging import asked_page, page_body
from services.api.refusals import Refused
from services.api.resources.catalogue import RESOURCES
from services.api.resources.desk import Desk, Resource, parse
from services.api.resources.integrations import INTEGRATIONS
from services.api.resources.schedules import SCHEDULES
from services.api.resources.shift_swaps import SWAPS
from services.api.schedule_state import add_schedule_state
from services.api.swap_shifts import add_swap_shifts
from shared.domain.model import Frozen

BASE = "/api/v1"
CURRENT = "current"


class Endpoint:
    """The handlers of one kind of object."""

    def __init__(self, resource: Resource[Any, Any]) -> None:
        self.resource = resource

    async def list(self, request: web.Request) -> web.Response:
        """GET: one page of the objects that the filters keep."""
        api = request.app[API]
        desk = await api.desk(await api.caller(request))
        query = {name: ",".join(request.query.getall(name)) for name in request.query}
        rows = self.resource.select(desk, query)
        page = asked_page(request, self.resource.page_size).within(len(rows))
        shown = [self.resource.show(desk, one, query) for one in rows[page.skip : page.skip + page.size]]
        await self._complete(api, shown)
        return json_answer(page_body(request, page, len(rows), shown))

    async def read(self, request: web.Request) -> web.Response:
        """GET of one id."""
        api = request.app[API]
        principal = await api.caller(request)
        desk = await api.desk(principal)
        shown = self.resource.show(desk, self._row(desk, request, principal), dict(request.query))
        await self._complete(api, [shown])
        return json_answer(shown)

    async def create(self, request: web.Request) -> web.Response:
        """POST: 201 with the object."""
        api, principal, body = await self._writing(request)
        create = self.resource.create
        assert create is not None

        def change(desk: Desk) -> dict[str, Any]:
            return self.resource.show(desk, create(desk, body), {})

        shown = (await api.edit(principal, change)).result
        await self._complete(api, [shown])
        return json_answer(shown, 201)

    async def change(self, request: web.Request) -> web.Response:
        """PUT or PATCH: 200 with the object; what was not sent stays."""
        api, principal, body = await self._writing(request)
        change = self.resource.change
        assert change is not None

        def edit(desk: Desk) -> dict[str, Any]:
            row = self._row(desk, request, principal)
            return self.resource.show(desk, change(desk, row, body), {})

        shown = (await api.edit(principal, edit)).result
        await self._complete(api, [shown])
        return json_answer(shown)

    async def remove(self, request: web.Request) -> web.Response:
        """DELETE: 204; a second time 404."""
        api = request.app[API]
        principal = await api.caller(request)
        remove = self.resource.remove
        assert remove is not None
        await api.edit(principal, lambda desk: remove(desk, self._row(desk, request, principal)))
        return empty_answer()

    async def _complete(self, api: Api, shown: Sequence[dict[str, Any]]) -> None:
        """Add what is not configuration and stands in the database."""
        if self.resource.name == INTEGRATIONS.name:
            await add_state(api, shown)
        if self.resource.name == SCHEDULES.name:
            await add_schedule_state(api, shown)
        if self.resource.name == SWAPS.name:
            await add_swap_shifts(api, shown)

    async def _writing(self, request: web.Request) -> tuple[Api, Principal, Any]:
        api = request.app[API]
        principal = await api.caller(request)
        body = parse(self.resource.body, await read_json(request, api.settings.max_body_bytes))
        return api, principal, body

    def _row(self, desk: Desk, request: web.Request, principal: Principal) -> Frozen:
        row_id = request.match_info["id"]
        if self.resource.name == "users" and row_id == CURRENT:
            row_id = principal.user.id if principal.user is not None else ""
        found: Frozen | None = desk.draft.get(self.resource.model, row_id)
        if found is None:
            raise Refused.not_found()
        return found


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
