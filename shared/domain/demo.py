"""Demo alerts go the whole way of real ones; here is how they are kept apart and how people see that they are none."""

from __future__ import annotations

from collections.abc import Mapping

from shared.domain.model import Card

# These are raised by people or by Tocsin itself: there is no sender whose alerts could be tried.
WITHOUT_DEMO = frozenset({"maintenance", "manual", "direct_paging"})
MARK = "[Demo] "
# Read aloud, or on the smallest screens: no brackets, and not longer than the medium takes.
SPOKEN_MARK = "Demo: "
SPOKEN = {"sms": 300, "phone_call": 300}
LONGEST = {"mobile_app": 200, **SPOKEN}


def marked_title(title: str | None) -> str | None:
    """Return the title of a demo's group."""
    return None if title is None else f"{MARK}{title}"


def marked_cards(cards: Mapping[str, Card]) -> dict[str, Card]:
    """Return what the media show of a demo's group: the mark stands first, and no title becomes too long for it."""
    return {medium: _marked(medium, card) for medium, card in cards.items()}


def _marked(medium: str, card: Card) -> Card:
    title = f"{SPOKEN_MARK if medium in SPOKEN else MARK}{card.title}"
    return card.model_copy(update={"title": title[: LONGEST.get(medium)].rstrip()})
