"""Resolution notes: what was found and done, written down before or after a group is resolved."""

from __future__ import annotations

from datetime import datetime

from shared.domain.action import Asked, Refused, Step
from shared.domain.model import Note
from shared.events import GroupNoteAdded

MAX_TEXT = 3000
MAX_NOTES = 200


def add_note(asked: Asked) -> Step:
    """Add a note.

    Raises:
        Refused: it has no text, or too much, or there are too many.
    """
    note = _sent(asked)
    if len(asked.group.notes) >= MAX_NOTES:
        raise Refused(f"a group has at most {MAX_NOTES} resolution notes, deleted ones among them")
    return _with(asked, (*asked.group.notes, note), note)


def edit_note(asked: Asked) -> Step:
    """Change a note's text."""
    note = _sent(asked)
    known = _known(asked, note)
    changed = known.model_copy(update={"text": note.text})
    return _with(asked, tuple(changed if one is known else one for one in asked.group.notes))


def delete_note(asked: Asked) -> Step:
    """Delete a note: its text goes, that there was one stays."""
    assert asked.request.note is not None
    known = _known(asked, asked.request.note)
    gone = erased(known, asked.now)
    return _with(asked, tuple(gone if one is known else one for one in asked.group.notes))


def erased(note: Note, now: datetime) -> Note:
    """Return a note without what it said."""
    return note.model_copy(update={"text": "", "deleted_at": note.deleted_at or now})


def _sent(asked: Asked) -> Note:
    note = asked.request.note
    if note is None or not note.text.strip():
        raise Refused("a resolution note needs a text")
    if len(note.text) > MAX_TEXT:
        raise Refused(f"a resolution note has at most {MAX_TEXT} characters")
    return note


def _known(asked: Asked, note: Note) -> Note:
    for one in asked.group.notes:
        if one.id == note.id and one.deleted_at is None:
            return one
    raise Refused("the group has no such resolution note")


def _with(asked: Asked, notes: tuple[Note, ...], added: Note | None = None) -> Step:
    count = sum(one.deleted_at is None for one in notes)
    changes = {"notes": notes, "notes_count": count}
    if added is None:
        return Step(changes)
    return Step(changes, GroupNoteAdded, {"note": added})
