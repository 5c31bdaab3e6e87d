"""What people did to stored groups, so that a replay can do it again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from shared.domain.model import SOURCE, SYSTEM, ActionRecord, Actor, Frozen
from shared.events import (
    GroupAcknowledged,
    GroupResolved,
    GroupRestarted,
    GroupSilenced,
    GroupUnacknowledged,
    GroupUnresolved,
    GroupUnsilenced,
)

# What is asked for again, by the fact that tells of it.
ACTION_OF: Mapping[str, str] = {
    GroupAcknowledged.type: "acknowledge",
    GroupUnacknowledged.type: "unacknowledge",
    GroupResolved.type: "resolve",
    GroupUnresolved.type: "unresolve",
    GroupSilenced.type: "silence",
    GroupUnsilenced.type: "unsilence",
    GroupRestarted.type: "restart",
}


class Deed(NamedTuple):
    """What a person did to the group that held an alert then; `delay_s` is how long a silence lasts, None for ever."""

    at: datetime
    alert_id: str
    action: str
    actor: Actor
    delay_s: int | None = None


class Handled(Frozen):
    """What is read of a stored group to know what people did to it."""

    last_alert_id: str
    run: int = 1
    actions: tuple[ActionRecord, ...] = ()
    acknowledged_at: datetime | None = None
    acknowledged_by: Actor | None = None
    resolved_at: datetime | None = None
    resolved_by: Actor | None = None
    silenced_at: datetime | None = None
    silenced_until: datetime | None = None
    silenced_by: Actor | None = None

    @property
    def has_history(self) -> bool:
        """Whether more was done to it than its state tells, maybe: then its events do."""
        told = (self.silenced_by, self.acknowledged_by, self.resolved_by)
        known = sum(one is not None and one.kind != SOURCE.kind for one in told)
        return self.run > 1 or sum(one.applied for one in self.actions) > known

    def deeds(self) -> Iterator[Deed]:
        """Yield what its state tells that was not done by the source."""
        done = (
            ("silence", self.silenced_at, self.silenced_by),
            ("acknowledge", self.acknowledged_at, self.acknowledged_by),
            ("resolve", self.resolved_at, self.resolved_by),
        )
        for action, at, actor in done:
            if at is not None and actor is not None and actor.kind != SOURCE.kind:
                delay_s = _delay_s(at, self.silenced_until) if action == "silence" else None
                yield Deed(at, self.last_alert_id, action, actor, delay_s)


class _Told(Frozen):
    """What is read of an event that tells of a deed."""

    group: Handled
    actor: Actor | None = None


def deed_of(envelope: Mapping[str, Any]) -> Deed | None:
    """Return what an event tells that was done, None for what the source did, or a silence whose time was up."""
    action = ACTION_OF.get(envelope["type"])
    if action is None:
        return None
    told = _Told.model_validate(envelope["data"])
    actor, group = told.actor or SYSTEM, told.group
    if actor.kind == SOURCE.kind or (action == "unsilence" and actor.kind == SYSTEM.kind):
        return None
    at = datetime.fromisoformat(envelope["time"])
    delay_s = _delay_s(group.silenced_at, group.silenced_until) if action == "silence" else None
    return Deed(at, group.last_alert_id, action, actor, delay_s)


def _delay_s(at: datetime | None, until: datetime | None) -> int | None:
    return None if at is None or until is None else int((until - at).total_seconds())
