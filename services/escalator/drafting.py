"""What a batch makes of the escalations of one group: pure, so that it can be done again with more answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from shared.bus.publisher import Encoded
from shared.domain.configuration import ConfigSnapshot
from shared.domain.escalation import (
    Escalation,
    Known,
    begin,
    emptied,
    escalation_id,
    follow,
    page_failed,
    refresh,
    stop,
)
from shared.domain.resuming import resume, resumed
from shared.events import (
    ChainRefreshRequested,
    Event,
    GroupRendered,
    NotificationFailed,
    NotificationUnknown,
    StageDecided,
)
from shared.store.escalations import Stored

Failed = NotificationFailed | NotificationUnknown
Later = Callable[[Escalation], tuple[Escalation, list[Event]]]


@dataclass
class Draft:
    """One escalation while a batch is decided: what it was read as, what it has become, what is told of it."""

    before: Escalation | None
    after: Escalation | None
    causes: list[Event] = field(default_factory=list)
    events: list[tuple[str, Event]] = field(default_factory=list)
    again: tuple[Encoded, ...] = ()

    @property
    def is_changed(self) -> bool:
        """Whether there is something to save."""
        return self.after is not None and self.after is not self.before


class Drafting:
    """Decides the events of one group, in order; `drafts` are its escalations by id."""

    def __init__(
        self,
        stored: Mapping[str, Stored],
        newest_run: int,
        config: ConfigSnapshot,
        now: datetime,
        known: Known,
    ) -> None:
        self._stored = stored
        self._newest_run = newest_run
        self._config = config
        self._now = now
        self._known = known
        self.drafts: dict[str, Draft] = {}

    def decide(self, events: Sequence[Event]) -> dict[str, Draft]:
        """Return what these events make of the group's escalations.

        Raises:
            Asked: a step depends on a fact that is not known yet.
        """
        for event in sorted(events, key=_order):
            if isinstance(event, GroupRendered):
                self._end_older_runs(event)
                self._rendered(event)
            elif isinstance(event, NotificationFailed | NotificationUnknown):
                self._known_already(event, partial(self._failed, event))
            elif isinstance(event, ChainRefreshRequested):
                self._known_already(event, partial(self._refreshed, event))
        return self.drafts

    def _rendered(self, event: GroupRendered) -> None:
        id = escalation_id(event.group)
        draft = self._draft(id)
        draft.causes.append(event)
        if draft.after is None:
            draft.after, events = self._begun(event)
        else:
            repeated = event.group.version <= draft.after.group.version
            draft.again = self._stored[id].untold if repeated and id in self._stored else draft.again
            draft.after, events = follow(event, draft.after, self._config, self._now, self._known)
        draft.events += [(event.id, one) for one in events]

    def _begun(self, event: GroupRendered) -> tuple[Escalation | None, list[Event]]:
        """Begin a run: anew, or where the one before it was."""
        if event.group.run == self._newest_run:
            going_on = resumed(event, self._last_before(event.group.run), self._config, self._now)
            if going_on is not None:
                return resume(event, going_on, self._config, self._now, self._known)
        return begin(event, self._config, self._now, self._newest_run, self._known)

    def _last_before(self, run: int) -> Escalation | None:
        known = {id: one.escalation for id, one in self._stored.items()}
        known |= {id: one.after for id, one in self.drafts.items() if one.after is not None}
        earlier = [one for one in known.values() if one.run < run]
        return max(earlier, key=lambda one: one.run, default=None)

    def _failed(self, event: Failed, before: Escalation) -> tuple[Escalation, list[Event]]:
        return page_failed(event, before, self._config, self._now, self._known)

    def _refreshed(self, event: ChainRefreshRequested, before: Escalation) -> tuple[Escalation, list[Event]]:
        return refresh(event, before, self._config, self._now, self._known)

    def _known_already(self, event: Failed | ChainRefreshRequested, decide: Later) -> None:
        draft = self._draft(f"{event.group_id}:{event.run}")
        draft.causes.append(event)
        if draft.after is None:
            draft.events.append((event.id, _not_found(event, self._now)))
            return
        draft.after, events = decide(draft.after)
        draft.events += [(event.id, one) for one in events]

    def _end_older_runs(self, event: GroupRendered) -> None:
        wiped = event.group.wiped_at is not None
        for id, one in self._stored.items():
            tells = wiped and one.escalation.group.wiped_at is None
            if one.escalation.run < event.group.run and (tells or not one.escalation.ended):
                draft = self._draft(id)
                draft.causes.append(event)
                if draft.after is not None and not draft.after.ended:
                    draft.after = stop(draft.after, event.group, {}, "a newer run began")
                if draft.after is not None and wiped:
                    draft.after = emptied(draft.after, event)

    def _draft(self, id: str) -> Draft:
        if id not in self.drafts:
            before = self._stored[id].escalation if id in self._stored else None
            self.drafts[id] = Draft(before, before)
        return self.drafts[id]


def group_id_of(event: Event) -> str:
    """Return the id of the group that an event is about."""
    return event.group.id if isinstance(event, GroupRendered) else getattr(event, "group_id", event.subject)


def newest_run(events: Sequence[Event], stored: Mapping[str, Stored]) -> int:
    """Return the newest run that is known of a group, stored or in this batch; 0 when none is."""
    runs = [one.escalation.run for one in stored.values()]
    return max([*runs, *(one.group.run for one in events if isinstance(one, GroupRendered))], default=0)


def _order(event: Event) -> tuple[int, int]:
    """Groups first, in the order of their versions; then what became of pages, and chains that were edited."""
    return (0, event.group.version) if isinstance(event, GroupRendered) else (1, 0)


def _not_found(event: Failed | ChainRefreshRequested, now: datetime) -> StageDecided:
    return StageDecided.following(
        event,
        part="escalator",
        time=now,
        stage="escalator",
        group_id=event.group_id,
        decision="not_found",
        reason="there is no such escalation (any more)",
    )
