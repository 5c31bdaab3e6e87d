"""Takes out of an imported declaration what Tocsin refuses, in the smallest pieces that leave something sensible."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shared.domain.declaration import SECTIONS, Fault, Path
from shared.domain.imported import Note, Written

NOUNS = {
    "users": "user",
    "teams": "team",
    "webhooks": "webhook",
    "shifts": "shift",
    "schedules": "schedule",
    "chains": "escalation chain",
    "integrations": "integration",
}
# Without one of these the piece around it is none.
REQUIRED = frozenset({"name", "username", "url", "type", "kind", "address"})
# A shift without one of its fields has the wrong people on call, a route without its expression takes other alerts.
WHOLE = frozenset({"shifts", "routes"})
SWITCHED_OFF = "; the webhook is switched off"


def pruned(declaration: Written, faults: Sequence[Fault]) -> tuple[Written, list[Note]]:
    """Return the declaration without what is refused, and a note for each piece that was taken out.

    Of several sections only the first one is looked at: what is refused there is missed by all that refer to it, and
    is there again when the declaration is tried the next time.
    A webhook that loses a piece is switched off: without its condition or its data it would tell something else.
    A fault that stands nowhere in the declaration takes nothing out.
    """
    first = min((_rank(one.path) for one in faults), default=0)
    pieces: dict[Path, str] = {}
    for fault in (one for one in faults if _rank(one.path) == first):
        piece = _piece(declaration, fault.path)
        if piece:
            pieces.setdefault(piece, _sentence(piece, fault))
    outer = [one for one in sorted(pieces) if not any(one[:end] in pieces for end in range(1, len(one)))]
    notes = []
    for piece in reversed(outer):
        is_off = piece[0] == "webhooks" and len(piece) > 2
        noun, name = _object(declaration, piece)
        notes.append(Note(noun, name, pieces[piece] + (SWITCHED_OFF if is_off else "")))
        declaration = _without(declaration, piece)
        if is_off:
            declaration["webhooks"][piece[1]]["enabled"] = False
    return {name: rows for name, rows in declaration.items() if rows}, notes[::-1]


def _rank(path: Path) -> int:
    """Return where a fault stands in the order in which sections refer to each other.

    Which integrations a webhook is about is known last, though webhooks come first.
    """
    if not path or path[0] not in SECTIONS or (path[0] == "webhooks" and path[2:3] == ("integrations",)):
        return len(SECTIONS)
    return SECTIONS.index(str(path[0]))


def _piece(declaration: Written, path: Path) -> Path:
    """Return the path of what must go; nothing when the fault is about no piece of the declaration."""
    found: Path = ()
    data: Any = declaration
    for key in path:
        is_there = (
            key in data
            if isinstance(data, dict)
            else isinstance(data, list) and isinstance(key, int) and key < len(data)
        )
        if not is_there:
            break
        found, data = (*found, key), data[key]
    for depth, key in enumerate(found[:-1]):
        if key in WHOLE:
            return found[: depth + 2]
    while found and found[-1] in REQUIRED:
        found = found[:-1]
    return found if len(found) > 1 else ()


def _sentence(piece: Path, fault: Fault) -> str:
    """Say which piece went, and what in it was refused."""
    gone, inside = (".".join(str(one) for one in path) for path in (piece[2:], fault.path[len(piece) :]))
    return ": ".join(one for one in (gone or "the whole of it", inside, fault.message) if one)


def _object(declaration: Written, piece: Path) -> tuple[str, str]:
    section, place = str(piece[0]), piece[1]
    row = declaration[section][place]
    return NOUNS.get(section, section), str(row.get("name") or row.get("username") or place)


def _without(data: Any, path: Path) -> Any:
    """Return a copy of the data without the piece at a path, and without mappings that are empty then."""
    key, rest = path[0], path[1:]
    if isinstance(data, list):
        pairs = (
            (place, _without(one, rest) if rest and place == key else one) for place, one in enumerate(data)
        )
        return [one for place, one in pairs if rest or place != key]
    changed = {**data, key: _without(data[key], rest)} if rest else data
    return {name: one for name, one in changed.items() if name != key or (rest and one != {})}
