"""A new group gets its running number, and so does everything that is told of it."""

from __future__ import annotations

from shared.domain.grouping import Change
from shared.events import GroupEvent


def numbered(change: Change, number: int) -> Change:
    """Return the change with its group, and every event about it, carrying the number."""
    added = {"number": number}
    events = tuple(
        one.model_copy(update={"group": one.group.model_copy(update=added)})
        if isinstance(one, GroupEvent)
        else one
        for one in change.events
    )
    return change.model_copy(update={"group": change.group.model_copy(update=added), "events": events})
