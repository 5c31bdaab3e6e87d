"""The endpoint of declarations: checked wholly, shown as a diff, stored as one version."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from aiohttp import web

from services.api.answers import json_answer, read_body
from services.api.api import API, Api
from services.api.declare import declare
from services.api.declare_drift import TakenBack, seal, taken_back, touched
from services.api.diff import Shown, name_of
from services.api.group_shapes import instant
from services.api.refusals import Refused
from services.api.resources.desk import Desk
from shared.domain.configuration_draft import TABLES, Change, Declared, Draft
from shared.domain.declaration import Declaration, DeclarationRefused, read
from shared.domain.declaration_source import Source, SourceRefused, read_sources

LIMIT_BYTES = 8 * 1024 * 1024
YES = ("1", "true", "yes")
# Of so many changes it is told who changed the object last.
MOST_LOOKED_UP = 200
CHANGED_BY_HAND = (
    "Nothing was applied: it would take back what was changed by hand since the set was applied last. "
    "Take that over into the declaration, or apply with overwrite."
)


@dataclass(frozen=True)
class Wanted:
    """What a client asks for: `adopt` takes ownership over, `overwrite` takes back what was changed by hand."""

    declaration: Declaration
    adopt: bool = False
    overwrite: bool = False


async def apply_declaration(request: web.Request) -> web.Response:
    """POST of a declaration, JSON or YAML: 200 with what changed.

    With `?dry_run=true` nothing is stored; `?adopt=true` makes what is declared the set's own. Without
    `?overwrite=true` it is 409 when it would take back what was changed by hand since the set was applied last.
    """
    api = request.app[API]
    principal = await api.caller(request)
    source = source_of(await read_body(request, LIMIT_BYTES), request.content_type)
    is_dry, adopt, overwrite = (
        request.query.get(name, "").lower() in YES for name in ("dry_run", "adopt", "overwrite")
    )
    try:
        wanted = Wanted(read(source.data), adopt=adopt, overwrite=overwrite or is_dry)
        if is_dry:
            draft = Draft(await api.configuration.tables())
            taken = await asyncio.to_thread(_declared, Desk(draft, api.tools, principal.user), wanted)
            version, changes = draft.base.version, draft.changes()
        else:
            edited = await api.edit(principal, lambda desk: (desk.draft, _declared(desk, wanted)))
            (draft, taken), version, changes = edited.result, edited.version, edited.changes
    except DeclarationRefused as refused:
        raise Refused(400, mistakes(refused, source)) from refused
    answer = {
        "version": version,
        "dry_run": is_dry,
        "changes": await _shown(api, draft, changes) if is_dry else _plain(draft, changes),
        "adopted": _adopted(draft, changes),
        "taken_back": _taken_back(taken),
        "noted": _noted(draft),
    }
    return json_answer(answer)


def _declared(desk: Desk, wanted: Wanted) -> list[TakenBack]:
    """Carry a declaration over; return what that takes back.

    Raises:
        Refused: 409, it takes something back and nobody said that it may.
    """
    marks = declare(desk, wanted.declaration, adopt=wanted.adopt)
    taken = taken_back(desk.draft)
    if taken and not wanted.overwrite:
        errors = [{"path": [], "message": one.words} for one in taken]
        raise Refused(409, {"detail": CHANGED_BY_HAND, "errors": errors})
    seal(desk.draft, marks)
    return taken


def _taken_back(taken: Sequence[TakenBack]) -> list[dict[str, Any]]:
    return [
        {"kind": one.table, "id": one.id, "name": one.name, "fields": list(one.fields), "message": one.words}
        for one in taken
    ]


def _noted(draft: Draft) -> int:
    """Return of how many objects that stay as they are the mark changes: how the declaration leaves them."""
    objects = set(touched(draft))
    marks = [one for one in draft.changes() if isinstance(one.after, Declared) and one.before is not None]
    return sum(1 for one in marks if one.id not in objects)


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
        was = one.before.set if isinstance(one.before, Declared) else None
        if not isinstance(one.after, Declared) or one.after.set == was:
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
