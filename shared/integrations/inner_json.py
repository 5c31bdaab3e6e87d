"""JSON inside a field of a body: senders that wrap their alert once more (Pub/Sub, forms with one JSON field)."""

from __future__ import annotations

from typing import Any

import orjson

from shared.errors import Permanent

# As deep as a body itself may be at most by default; what is deeper cannot be stored.
DEEPEST = 64


def inner_object(text: Any, where: str) -> dict[str, Any]:
    """Return the JSON object that a text holds; `where` names its place for the sender.

    Raises:
        Permanent: the text is no JSON object, or is nested deeper than 64 levels.
    """
    if not isinstance(text, str):
        raise Permanent(f"{where} must be a text that holds a JSON object")
    try:
        found = orjson.loads(text)
    except ValueError as error:
        raise Permanent(f"{where} must hold a JSON object, and is no JSON") from error
    if not isinstance(found, dict):
        raise Permanent(f"{where} must hold a JSON object")
    if _is_deep(found):
        raise Permanent(f"{where} is nested deeper than {DEEPEST} levels")
    return found


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        level = [child for one in level for child in _children(one)]
        if not level:
            return False
    return True


def _children(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
