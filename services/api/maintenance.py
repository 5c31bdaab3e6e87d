"""Actions on maintenance: of one integration as OnCall's clients ask for it, and the early end of any window."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from services.api.answers import json_answer, read_json
from services.api.api import API, Api
from services.api.integration_state import add_state
from services.api.refusals import Refused
from services.api.resources import integration_maintenance, integrations, maintenance_windows
from services.api.resources.desk import Desk, parse
from services.api.resources.integration_maintenance import MaintenanceBody
from shared.domain.configuration import Integration
from shared.domain.maintenance import MaintenanceWindow
from shared.store.configuration import Edited


async def start(request: web.Request) -> web.Response:
    """POST integrations/{id}/maintenance_start: 200 with the integration, 400 when it is in maintenance already."""
    api = request.app[API]
    principal = await api.caller(request)
    body = parse(MaintenanceBody, await read_json(request, api.settings.max_body_bytes))

    def edit(desk: Desk) -> dict[str, Any]:
        row = _integration(desk, request)
        integration_maintenance.start(desk, row, body, str(principal.actor))
        return integrations.show(desk, row, {})

    return await _shown(api, await api.edit(principal, edit))


async def end(request: web.Request) -> web.Response:
    """POST integrations/{id}/maintenance_stop: 200 with the integration, also when nothing was to be stopped."""
    api = request.app[API]
    principal = await api.caller(request)

    def edit(desk: Desk) -> dict[str, Any]:
        row = _integration(desk, request)
        integration_maintenance.end(desk, row)
        return integrations.show(desk, row, {})

    return await _shown(api, await api.edit(principal, edit))


async def stop_window(request: web.Request) -> web.Response:
    """POST maintenance_windows/{id}/stop: 200 with the window; what it held back escalates."""
    api = request.app[API]
    principal = await api.caller(request)

    def edit(desk: Desk) -> dict[str, Any]:
        row = desk.draft.get(MaintenanceWindow, request.match_info["id"])
        if row is None:
            raise Refused.not_found()
        return maintenance_windows.show(desk, maintenance_windows.stop(desk, row), {})

    return json_answer((await api.edit(principal, edit)).result)


async def _shown(api: Api, edited: Edited[dict[str, Any]]) -> web.Response:
    await add_state(api, [edited.result])
    return json_answer(edited.result)


def _integration(desk: Desk, request: web.Request) -> Integration:
    row = desk.draft.get(Integration, request.match_info["id"])
    if row is None:
        raise Refused.not_found()
    return row
