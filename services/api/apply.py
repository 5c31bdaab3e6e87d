"""The endpoint of declarations: checked wholly, shown as a diff, stored as one version."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import orjson
from aiohttp import web

from services.api.answers import json_answer, read_body
from services.api.api import API, Api
from services.api.declare import declare
from services.api.diff import Shown, name_of
from services.api.group_shapes import instant
from services.api.refusals import Refused
from services.api.resources.desk import Desk
from shared.domain.configuration_draft import TABLES, Change, Declared, Draft
from shared.domain.declaration import DeclarationRefused, read
from shared.domain.declaration_source import Source, SourceRefused, read_sources

LIMIT_BYTES = 8 * 1024 * 1024
YES = ("1", "true", "yes")
# Of so many changes it is told who changed the object last.
MOST_LOOKED_UP = 200


async def apply_declaration(request: web.Request) -> web.Response:
    """POST of a declaration, JSON or YAML: 200 with what changed.

    With `?dry_run=true` nothing is stored; `?adopt=true` makes what is declared the set's own.
    """
    api = request.app[API]
    principal = await api.caller(request)
    source = source_of(await read_body(request, LIMIT_BYTES), request.content_type)
    is_dry, adopt = (request.query.get(name, "").lower() in YES for name in ("dry_run", "adopt"))
    try:
        declaration = read(source.data)
        if is_dry:
            draft = Draft(await api.configuration.tables())
            desk = Desk(draft, api.tools, principal.user)
            await asyncio.to_thread(declare, desk, declaration, adopt=adopt)
            version, changes = draft.base.version, draft.changes()
        else:
            edited = await api.edit(principal, lambda desk: _declared(desk, declaration, adopt))
            draft, version, changes = edited.result, edited.version, edited.changes
    except DeclarationRefused as refused:
        raise Refused(400, mistakes(refused, source)) from refused
    shown = await _shown(api, draft, changes) if is_dry else _plain(draft, changes)
    adopted = _adopted(draft, changes)
    return json_answer({"version": version, "dry_run": is_dry, "changes": shown, "adopted": adopted})


def _declared(desk: Desk, declaration: Any, adopt: bool) -> Draft:
    declare(desk, declaration, adopt=adopt)
    return desk.draft


def _plain(draft: Draft, changes: Sequence[Change]) -> list[dict[str, Any]]:
    """Return the changes of objects; that somebody owns them now is no change of theirs."""
    shown = Shown(draft)
    return [
        {**shown.change(one), "last_changed": None}
        for one in changes
        if not isinstance(one.after or one.before, Declared)
    ]


async def _shown(api: Api, draft: Draft, changes: Sequence[Change]) -> list[dict[str, Any]]:
    """Return the changes with who made the object last what it is: what code would take back is seen before."""
    found = _plain(draft, changes)
    for one in [one for one in found if one["change"] != "create"][:MOST_LOOKED_UP]:
        for entry in await api.configuration.audit_of(one["kind"], one["id"], limit=1):
            actor = entry["actor"]
            by = actor.get("name") or actor.get("id") or actor.get("kind")
            one["last_changed"] = {"by": by, "at": instant(entry["at"])}
    return found


def _adopted(draft: Draft, changes: Sequence[Change]) -> list[str]:
    """Return the names of objects that were there before and belong to another set now."""
    found = []
    for one in changes:
        if not isinstance(one.after, Declared):
            continue
        table, _, row_id = one.id.partition("/")
        row = draft.base.of(TABLES[table]).get(row_id)
        if row is not None:
            found.append(name_of(draft, row))
    return found


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
