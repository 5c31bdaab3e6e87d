"""What is shown of a wiped or deleted group: that it was, by whom, and nothing of what its alerts said."""

from __future__ import annotations

from collections.abc import Sequence

from shared.domain.model import Card, Group


def wiped_cards(group: Group, media: Sequence[str]) -> dict[str, Card]:
    """Return the card of each medium; no template of a user has a part in it."""
    name = f"Alert group #{group.number}" if group.number is not None else f"Alert group {group.id}"
    what = "deleted" if group.deleted_at is not None else "wiped"
    card = Card(title=f"{name} was {what} by {group.wiped_by}")
    return dict.fromkeys(media, card)
