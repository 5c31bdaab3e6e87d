"""The endpoint of the export: the configuration as the declaration that would make it."""

from __future__ import annotations

import asyncio

from aiohttp import web

from services.api.answers import json_answer
from services.api.api import API
from shared.domain.declaration_export import exported


async def export_declaration(request: web.Request) -> web.Response:
    """GET: the whole configuration by name, secrets as references; `?set=` only what that set owns."""
    api = request.app[API]
    await api.caller(request)
    tables = await api.configuration.tables()
    found = await asyncio.to_thread(exported, tables, request.query.get("set") or None)
    return json_answer({"version": tables.version, "declaration": found})
