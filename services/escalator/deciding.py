"""Rendered groups and failed pages into escalations: load, decide, save, and decide again who lost a race."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from services.escalator.storming import Storming
from shared import clock
from shared.bus.publisher import Encoded
from shared.domain.configuration import ConfigSnapshot
from shared.domain.escalation import (
    Escalation,
    at_a_glance,
    begin,
    begins,
    escalation_id,
    follow,
    page_failed,
    stop,
)
from shared.errors import Transient
from shared.events import Event, GroupRendered, NotificationFailed, NotificationUnknown, StageDecided
from shared.store.escalations import Escalations, EscalationWrite, Stored
from shared.told import Told

ATTEMPTS = 20
Encode = Callable[[Event], Encoded]
Failed = NotificationFailed | NotificationUnknown


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


class Deciding:
    """Applies a batch to escalations; every event is answered by what it caused."""

    def __init__(self, escalations: Escalations, storming: Storming, encode: Encode, keep: timedelta) -> None:
        self._escalations = escalations
        self._storming = storming
        self._encode = encode
        self._keep = keep

    async def decide(self, batch: Sequence[Event], config: ConfigSnapshot) -> list[Told]:
        """Decide and save a batch; return what is to be told.

        Raises:
            Transient: other writers won the same escalations again and again.
        """
        told, waiting, begun = await self._at_a_glance(batch, config)
        for _ in range(ATTEMPTS):
            if not waiting:
                return told
            done, waiting = await self._attempt(waiting, config, begun)
            told += done
            begun = Counter()  # counted once, however many races are lost
        if waiting:
            raise Transient(f"{len(waiting)} events lost {ATTEMPTS} races for their escalations")
        return told

    async def _at_a_glance(
        self, batch: Sequence[Event], config: ConfigSnapshot
    ) -> tuple[list[Told], list[Event], Counter[str]]:
        """Answer the events of groups whose escalations none of them changes.

        Return that, the other events, and how many groups begin to escalate by them, by integration.
        """
        now = clock.now()
        by_group: dict[str, list[Event]] = {}
        for event in batch:
            by_group.setdefault(_group_id(event), []).append(event)
        runs = await self._escalations.glances(list(by_group))
        told: list[Told] = []
        rest: list[Event] = []
        for group_id, events in by_group.items():
            glanced = runs.get(group_id, [])
            answers = [
                at_a_glance(one, glanced, now) if isinstance(one, GroupRendered) else None for one in events
            ]
            settled = [one for one in answers if one is not None]
            if len(settled) == len(events):
                told += [
                    Told(one.id, "", [self._encode(said)]) for one, said in zip(events, settled, strict=True)
                ]
            else:
                rest += events
        begun = {
            one.group.id: one.group.integration_id
            for one in rest
            if isinstance(one, GroupRendered) and begins(one, runs.get(one.group.id, ()), config, now)
        }
        return told, rest, Counter(begun.values())

    async def _attempt(
        self, batch: Sequence[Event], config: ConfigSnapshot, begun: Counter[str]
    ) -> tuple[list[Told], list[Event]]:
        now = clock.now()
        stored, _ = await asyncio.gather(
            self._escalations.of_groups(sorted({_group_id(one) for one in batch})),
            self._storming.count(begun, config),
        )
        storms = self._storming.on
        newest = _newest_runs(batch, stored)
        drafts: dict[str, Draft] = {}
        for event in sorted(batch, key=_order):
            if isinstance(event, GroupRendered):
                self._end_older_runs(event, stored, drafts)
                started = partial(begin, event, config, now, newest[event.group.id], storms)
                self._rendered(event, stored, drafts, started, now)
            elif isinstance(event, NotificationFailed | NotificationUnknown):
                failing = partial(page_failed, event, config=config, now=now, storms=storms)
                self._failed(event, stored, drafts, failing, now)
        writes = [self._write(one, now) for one in drafts.values() if one.is_changed]
        await self._storming.announce([one.escalation for one in writes], storms)
        lost = await self._escalations.save(writes)
        encoded = {one.escalation.id: one.events for one in writes}
        told: list[Told] = []
        again: dict[str, Event] = {}
        for id, draft in drafts.items():
            if id in lost:
                again |= {one.id: one for one in draft.causes}
            else:
                told += self._told(id, draft, encoded.get(id))
        return told, list(again.values())

    def _rendered(
        self,
        event: GroupRendered,
        stored: dict[str, Stored],
        drafts: dict[str, Draft],
        started: Callable[[], tuple[Escalation | None, list[Event]]],
        now: datetime,
    ) -> None:
        id = escalation_id(event.group)
        draft = _draft(id, stored, drafts)
        draft.causes.append(event)
        if draft.after is None:
            draft.after, events = started()
        else:
            repeated = event.group.version <= draft.after.group.version
            draft.again = stored[id].untold if repeated and id in stored else draft.again
            draft.after, events = follow(event, draft.after, now)
        draft.events += [(event.id, one) for one in events]

    def _failed(
        self,
        event: Failed,
        stored: dict[str, Stored],
        drafts: dict[str, Draft],
        failing: Callable[[Escalation], tuple[Escalation, list[Event]]],
        now: datetime,
    ) -> None:
        id = f"{event.group_id}:{event.run}"
        draft = _draft(id, stored, drafts)
        draft.causes.append(event)
        if draft.after is None:
            unknown = "there is no such escalation (any more)"
            draft.events.append((event.id, _decided(event, "not_found", unknown, now)))
            return
        draft.after, events = failing(draft.after)
        draft.events += [(event.id, one) for one in events]

    def _end_older_runs(
        self, event: GroupRendered, stored: dict[str, Stored], drafts: dict[str, Draft]
    ) -> None:
        for id, one in stored.items():
            escalation = one.escalation
            if (
                escalation.group_id == event.group.id
                and escalation.run < event.group.run
                and not escalation.ended
            ):
                draft = _draft(id, stored, drafts)
                draft.causes.append(event)
                if draft.after is not None and not draft.after.ended:
                    draft.after = stop(draft.after, event.group, {}, "a newer run began")

    def _write(self, draft: Draft, now: datetime) -> EscalationWrite:
        assert draft.after is not None
        base = draft.before.version if draft.before is not None else None
        encoded = [self._encode(one) for _, one in draft.events]
        return EscalationWrite(draft.after, base, encoded, now, self._keep)

    def _told(self, id: str, draft: Draft, saved: Sequence[Encoded] | None) -> list[Told]:
        """Return each event with the one that caused it; only what was saved as untold is to be cleared."""
        encoded = saved if saved is not None else [self._encode(one) for _, one in draft.events]
        document_id = id if saved is not None else ""
        told = [
            Told(cause, document_id, [one]) for (cause, _), one in zip(draft.events, encoded, strict=True)
        ]
        if draft.again:
            told.append(Told(draft.causes[0].id, id, draft.again))
        return told


def _newest_runs(batch: Sequence[Event], stored: dict[str, Stored]) -> dict[str, int]:
    """Return the newest run that is known of each group, stored or in this batch."""
    runs = [(one.escalation.group_id, one.escalation.run) for one in stored.values()]
    runs += [(one.group.id, one.group.run) for one in batch if isinstance(one, GroupRendered)]
    newest: dict[str, int] = {}
    for group_id, run in runs:
        newest[group_id] = max(run, newest.get(group_id, 0))
    return newest


def _draft(id: str, stored: dict[str, Stored], drafts: dict[str, Draft]) -> Draft:
    if id not in drafts:
        before = stored[id].escalation if id in stored else None
        drafts[id] = Draft(before, before)
    return drafts[id]


def _group_id(event: Event) -> str:
    return event.group.id if isinstance(event, GroupRendered) else getattr(event, "group_id", event.subject)


def _order(event: Event) -> tuple[int, int]:
    """Groups first, in the order of their versions; then what became of pages."""
    return (0, event.group.version) if isinstance(event, GroupRendered) else (1, 0)


def _decided(event: Failed, decision: str, reason: str, now: datetime) -> StageDecided:
    return StageDecided.following(
        event,
        part="escalator",
        time=now,
        stage="escalator",
        group_id=event.group_id,
        decision=decision,
        reason=reason,
    )
