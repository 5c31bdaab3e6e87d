"""What people did to stored groups, so that a replay can do it again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from shared.domain.model import SOURCE, Actor, Frozen


class Deed(NamedTuple):
    """What a person did to the group that held an alert then: resolve or acknowledge."""

    at: datetime
    alert_id: str
    action: str
    actor: Actor


class Handled(Frozen):
    """What is read of a stored group to know what people did to it."""

    last_alert_id: str
    acknowledged_at: datetime | None = None
    acknowledged_by: Actor | None = None
    resolved_at: datetime | None = None
    resolved_by: Actor | None = None

    def deeds(self) -> Iterator[Deed]:
        """Yield what was not done by the source."""
        done = (
            ("acknowledge", self.acknowledged_at, self.acknowledged_by),
            ("resolve", self.resolved_at, self.resolved_by),
        )
        for action, at, actor in done:
            if at is not None and actor is not None and actor.kind != SOURCE.kind:
                yield Deed(at, self.last_alert_id, action, actor)
