"""Payloads as people read them: indented, and as a difference to the one before."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from typing import Any

from shared.domain.model import Alert

# More than this is no reading matter; the API has the whole.
SHOWN_CHARS = 60_000
COMPARED_LINES = 3_000


@dataclass(frozen=True)
class ShownAlert:
    """An alert of a group, with what differs from the one before it ((sign, line) pairs; None: the first one)."""

    alert: Alert
    text: str
    difference: tuple[tuple[str, str], ...] | None


def shown_alerts(newest_first: list[Alert], has_older: bool) -> list[ShownAlert]:
    """Return alerts for a page; the last one is compared with nothing when it is the group's first."""
    texts = [as_text(one.payload) for one in newest_first]
    found = []
    for position, alert in enumerate(newest_first):
        before = texts[position + 1] if position + 1 < len(texts) else None
        found.append(ShownAlert(alert, texts[position], difference(before, texts[position])))
    return found[:-1] if has_older else found


def as_text(payload: Any) -> str:
    """Return a payload as indented JSON in the order of its keys, cut where it is too long to be read."""
    text = json.dumps(payload, indent=2, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= SHOWN_CHARS else text[:SHOWN_CHARS] + "\n… (the API has the rest)"


def difference(before: str | None, after: str) -> tuple[tuple[str, str], ...] | None:
    """Return the lines that went (-) and came (+), with two lines around them; None when there is nothing before."""
    if before is None:
        return None
    old, new = before.splitlines()[:COMPARED_LINES], after.splitlines()[:COMPARED_LINES]
    lines = list(difflib.unified_diff(old, new, n=2, lineterm=""))[2:]
    return tuple((line[:1], line[1:]) if not line.startswith("@@") else ("@", "") for line in lines)
