"""The endpoint of declarations: checked wholly, shown as a diff, stored as one version."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
from aiohttp import web

from services.api.answers import json_answer, read_body
from services.api.api import API
from services.api.declare import declare
from services.api.diff import shown_change
from services.api.refusals import Refused
from services.api.resources.desk import Desk
from shared.domain.configuration_draft import Declared, Draft
from shared.domain.declaration import DeclarationRefused, read
from shared.domain.declaration_source import Source, SourceRefused, read_sources

LIMIT_BYTES = 8 * 1024 * 1024
YES = ("1", "true", "yes")


async def apply_declaration(request: web.Request) -> web.Response:
    """POST of a declaration, JSON or YAML: 200 with what changed; with `?dry_run=true` nothing is stored."""
    api = request.app[API]
    principal = await api.caller(request)
    source = source_of(await read_body(request, LIMIT_BYTES), request.content_type)
    is_dry = request.query.get("dry_run", "").lower() in YES
    try:
        declaration = read(source.data)
        if is_dry:
            draft = Draft(await api.configuration.tables())
            await asyncio.to_thread(declare, Desk(draft, api.tools, principal.user), declaration)
            version, changes = draft.base.version, draft.changes()
        else:
            edited = await api.edit(principal, lambda desk: declare(desk, declaration))
            draft, version, changes = Draft(await api.configuration.tables()), edited.version, edited.changes
    except DeclarationRefused as refused:
        raise Refused(400, mistakes(refused, source)) from refused
    shown = [shown_change(draft, one) for one in changes if not isinstance(one.after or one.before, Declared)]
    return json_answer({"version": version, "dry_run": is_dry, "changes": shown})


def source_of(body: bytes, content_type: str) -> Source:
    """Read a body; YAML also gives places for mistakes.

    Raises:
        Refused: 400, neither JSON nor YAML.
    """
    if "json" in content_type:
        try:
            data = orjson.loads(body or b"{}")
        except orjson.JSONDecodeError as error:
            raise Refused.because(400, f"JSON parse error - {error}") from error
        return Source(data=data)
    try:
        return read_sources({"body": body.decode()})
    except UnicodeDecodeError as error:
        raise Refused.because(400, "The body is not UTF-8.") from error
    except SourceRefused as refused:
        errors = [{"path": [], "message": refused.message, "line": refused.place.line}]
        raise Refused(400, {"detail": "The declaration cannot be read.", "errors": errors}) from refused


def mistakes(refused: DeclarationRefused, source: Source) -> dict[str, Any]:
    """Return what is answered to a declaration with mistakes, with their lines where they are known."""
    errors = []
    for fault in refused.faults:
        place = source.place_of(fault.path)
        line = {"line": place.line} if place is not None else {}
        errors.append({"path": list(fault.path), "message": fault.message, **line})
    return {"detail": "The declaration has mistakes; nothing was applied.", "errors": errors}
