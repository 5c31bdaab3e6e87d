"""Whether a group is held back now and by what: the first half of "why was nobody paged"."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from shared.domain.configuration import ConfigSnapshot
from shared.domain.maintenance import held_by
from shared.domain.model import Group


def held_shape(group: Group, config: ConfigSnapshot, now: datetime) -> dict[str, Any] | None:
    """Return what holds a firing group back at `now`, by the same decision as the escalator's; None when nothing does.

    `by` is maintenance or debug.
    """
    hold = held_by(config.windows_of(group.integration_id), group, now) if group.is_firing else None
    if hold is None:
        return None
    return {
        "by": hold.kind,
        "since": _instant(hold.since),
        "until": _instant(hold.until),
        "reason": hold.sentence,
        "window_id": hold.window_id,
        "comment": hold.comment,
        "author": hold.author,
    }


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
