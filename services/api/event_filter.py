"""Which events of the journal somebody is told: by type, alert group and integration; what is for one person never."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from shared.events import RECORDED, NoticeRequested
from shared.store.journal import Envelope, groups_of

# Words to one person are nobody else's.
PRIVATE = frozenset({NoticeRequested.type})
TYPES = tuple(sorted(one.type for one in RECORDED if one.type not in PRIVATE))


@dataclass(frozen=True)
class EventFilter:
    """No types, no groups and no integrations mean all; types are whole, or end before one of their dots."""

    types: tuple[str, ...] = ()
    group_ids: frozenset[str] = frozenset()
    integration_ids: frozenset[str] = frozenset()

    def has(self, record: Envelope) -> bool:
        """Whether a record of the journal is asked for."""
        if record["type"] in PRIVATE:
            return False
        if self.types and not any(_is_of(record["type"], word) for word in self.types):
            return False
        if self.integration_ids and not self.integration_ids & integrations_of(record):
            return False
        return not self.group_ids or bool(self.group_ids & groups_of(record))


def unknown_type(words: Iterable[str]) -> str | None:
    """Return a sentence about the first word that names no type of event, None when all do."""
    for word in words:
        if not any(_is_of(one, word) for one in TYPES):
            return f"There is no event {word}; it is one of {', '.join(TYPES)}."
    return None


def integrations_of(record: Envelope) -> set[str]:
    """Return the ids of the integrations that an event names: its own, its group's or its alert's."""
    data: dict[str, Any] = record.get("data") or {}
    named = (data, data.get("group") or {}, data.get("alert") or {})
    return {one["integration_id"] for one in named if one.get("integration_id")}


def _is_of(type: str, word: str) -> bool:
    """Whether a word names a type: wholly, or up to one of its dots."""
    return type == word or type.startswith(f"{word}.")
