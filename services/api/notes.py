"""Resolution notes in the public API: written, changed and deleted by the grouper, read from its groups."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from services.api.answers import empty_answer, json_answer, read_json
from services.api.api import API, Api
from services.api.authentication import Principal
from services.api.group_actions import NOT_YET, ask, requested
from services.api.group_shapes import instant
from services.api.groups import existing_group
from services.api.paging import asked_page, page_body
from services.api.refusals import Refused
from services.api.resources.desk import Body, at_most, parse, required
from shared import clock
from shared.domain.model import Actor, Note
from shared.domain.noting import MAX_TEXT
from shared.events import ActionRefused, ActionRequested, derived_id
from shared.store.resolution_notes import ResolutionNotes

PAGE_SIZE = 50
NONE_THERE = "the group has no such resolution note"


class NoteBody(Body):
    """A resolution note; `alert_group_id` counts when it is made, and is ignored later."""

    alert_group_id: str | None = None
    text: str | None = None


async def list_notes(request: web.Request) -> web.Response:
    """GET: notes, newest first; `alert_group_id` keeps those of one group."""
    api = request.app[API]
    await api.caller(request)
    notes = ResolutionNotes(api.database)
    group_id = request.query.get("alert_group_id")
    count = await notes.count(group_id)
    page = asked_page(request, PAGE_SIZE).within(count)
    found = await notes.page(group_id, page.size, page.skip)
    return json_answer(page_body(request, page, count, [note_shape(*one) for one in found]))


async def read_note(request: web.Request) -> web.Response:
    """GET of one note."""
    api = request.app[API]
    await api.caller(request)
    return json_answer(note_shape(*await _existing(api, request)))


async def create_note(request: web.Request) -> web.Response:
    """POST: 201 with the note."""
    api, principal, body = await _writing(request)
    group = await existing_group(api, required(body.alert_group_id, "alert_group_id"))
    now = clock.now()
    # As MongoDB keeps instants, so that it reads back as it was answered.
    created_at = now.replace(microsecond=now.microsecond // 1000 * 1000)
    text = required(body.text, "text")
    event = requested(request, principal, group, "add_note")
    note = Note(id=_id_from(event.id), text=text, author=principal.actor, created_at=created_at)
    return await _done(api, event.model_copy(update={"note": note}), note, 201)


async def change_note(request: web.Request) -> web.Response:
    """PUT or PATCH: 200 with the note and its new text."""
    api, principal, body = await _writing(request)
    note, group_id = await _existing(api, request)
    after = note.model_copy(update={"text": required(body.text, "text")})
    group = await existing_group(api, group_id)
    return await _done(api, requested(request, principal, group, "edit_note", note=after), after)


async def delete_note(request: web.Request) -> web.Response:
    """DELETE: 204; a second time 404."""
    api = request.app[API]
    principal = await api.caller(request)
    note, group_id = await _existing(api, request)
    group = await existing_group(api, group_id)
    gone = note.model_copy(update={"text": ""})
    await _done(api, requested(request, principal, group, "delete_note", note=gone), gone)
    return empty_answer()


def note_shape(note: Note, group_id: str) -> dict[str, Any]:
    """Return the public shape of a note."""
    author: Actor = note.author
    return {
        "id": note.id,
        "alert_group_id": group_id,
        "author": author.id,
        "source": note.source,
        "created_at": instant(note.created_at),
        "text": note.text,
    }


async def _writing(request: web.Request) -> tuple[Api, Principal, NoteBody]:
    api = request.app[API]
    principal = await api.caller(request)
    body = parse(NoteBody, await read_json(request, api.settings.max_body_bytes))
    at_most(body.text, MAX_TEXT, "text")
    return api, principal, body


async def _existing(api: Api, request: web.Request) -> tuple[Note, str]:
    found = await ResolutionNotes(api.database).get(request.match_info["id"])
    if found is None:
        raise Refused.not_found()
    return found


async def _done(api: Api, event: ActionRequested, note: Note, status: int = 200) -> web.Response:
    """Ask for the change and answer with the note."""
    outcome = await ask(api, event)
    if isinstance(outcome, ActionRefused):
        raise Refused.not_found() if outcome.reason == NONE_THERE else Refused.because(400, outcome.reason)
    if outcome is None:
        return json_answer({"detail": NOT_YET}, 202)
    return json_answer(note_shape(note, event.group_id), status)


def _id_from(action_id: str) -> str:
    """Return a note's id: the same request, sent again, is about the same note."""
    return f"M{derived_id('note', action_id).replace('-', '')[:15].upper()}"
