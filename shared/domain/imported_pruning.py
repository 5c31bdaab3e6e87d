"""Takes out of an imported declaration what Tocsin refuses, in the smallest pieces that leave something sensible."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shared.domain.declaration import Fault, Path
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

    A webhook that loses a piece is switched off: without its condition or its data it would tell something else.
    A fault that stands nowhere in the declaration takes nothing out.
    """
    pieces: dict[Path, str] = {}
    for fault in faults:
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
    inside = ".".join(str(one) for one in fault.path[2:])
    return f"{inside}: {fault.message}" if inside and len(piece) > 2 else fault.message


def _object(declaration: Written, piece: Path) -> tuple[str, str]:
    section, place = piece[0], piece[1]
    row = declaration[section][place]
    return NOUNS.get(str(section), str(section)), str(row.get("name") or row.get("username") or place)


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
