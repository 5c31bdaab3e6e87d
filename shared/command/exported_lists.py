"""Reads what somebody saved of another product's API: answers of its list endpoints, page by page or put together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import orjson

from shared.command.failure import CommandFailed
from shared.domain.imported import Note, Row, SavedAnswer

Lists = dict[str, list[Row]]


def read_lists(files: Sequence[Path], saved: Callable[[Row], SavedAnswer]) -> tuple[Lists, list[Note]]:
    """Return the rows of each list by its name, and a note for each list of which pages are missing.

    A file holds one answer or a list of answers; `saved` finds the rows of one. A row that comes again (in a list
    first, then alone with more in it) is completed.

    Raises:
        CommandFailed: a file cannot be read, or holds none of the lists.
    """
    found: dict[str, dict[str, Row]] = {}
    has_more: dict[str, bool] = {}
    for file in files:
        answers = [saved(one) for one in _answers(file)]
        if not any(one.rows or one.has_more is not None for one in answers):
            raise CommandFailed(f"{file} holds no list that is known here")
        for answer in answers:
            for name, row in answer.rows:
                rows = found.setdefault(name, {})
                row_id = str(row.get("id") or f"row {len(rows)}")
                rows[row_id] = _completed(rows.get(row_id, {}), row)
            for name in {name for name, _ in answer.rows if answer.has_more is not None}:
                # Pages may come in any order: the one that says that it is the last one decides.
                has_more[name] = has_more.get(name, True) and bool(answer.has_more)
    return {name: list(rows.values()) for name, rows in found.items()}, _notes(found, has_more)


def _completed(before: Row, row: Row) -> Row:
    """Return a row with what each of its answers says; an answer that says nothing of something takes nothing away."""
    return {**before, **{name: one for name, one in row.items() if one or name not in before}}


def _notes(found: dict[str, dict[str, Row]], has_more: dict[str, bool]) -> list[Note]:
    return [
        Note(
            name, "", f"the export holds {len(found[name])} and says that there are more: add the other pages"
        )
        for name, more in has_more.items()
        if more
    ]


def _answers(file: Path) -> list[dict[str, Any]]:
    try:
        data = orjson.loads(file.read_bytes())
    except OSError as error:
        raise CommandFailed(f"{file} cannot be read: {error.strerror}") from error
    except orjson.JSONDecodeError as error:
        raise CommandFailed(f"{file} is not JSON: {error}") from error
    answers = data if isinstance(data, list) else [data]
    return [one for one in answers if isinstance(one, dict)]
