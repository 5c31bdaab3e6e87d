"""Rendered groups, failed pages, edited chains into escalations: load, decide, save; again who lost a race."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial

from services.escalator.answering import Answering
from services.escalator.drafting import Draft, Drafting, group_id_of, newest_run
from services.escalator.storming import Storming
from shared import clock
from shared.bus.publisher import Encoded
from shared.domain.configuration import ConfigSnapshot
from shared.domain.escalation import Known, at_a_glance, begins
from shared.domain.resolve_notice import is_resolve, resolve_notices
from shared.errors import Transient
from shared.events import Event, GroupRendered
from shared.store.escalations import Escalations, EscalationWrite, Stored
from shared.told import Told

ATTEMPTS = 20
Encode = Callable[[Event], Encoded]


class Deciding:
    """Applies a batch to escalations; every event is answered by what it caused."""

    def __init__(
        self,
        escalations: Escalations,
        storming: Storming,
        answering: Answering,
        encode: Encode,
        keep: timedelta,
    ) -> None:
        self._escalations = escalations
        self._storming = storming
        self._answering = answering
        self._encode = encode
        self._keep = keep
        self.resolve_channels: frozenset[str] = frozenset()

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
        by_group = _by_group(batch)
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
        by_group = _by_group(batch)
        stored, _ = await asyncio.gather(
            self._escalations.of_groups(sorted(by_group)),
            self._storming.count(begun, config),
        )
        storms = self._storming.on
        of_group: dict[str, dict[str, Stored]] = {id: {} for id in by_group}
        for id, one in stored.items():
            of_group[one.escalation.group_id][id] = one

        def drafted(group_id: str, known: Known) -> dict[str, Draft]:
            events, runs = by_group[group_id], of_group[group_id]
            return Drafting(runs, newest_run(events, runs), config, now, known).decide(events)

        decisions = [partial(drafted, one) for one in by_group]
        found = await self._answering.decided(decisions, storms, config)
        drafts = {id: draft for one in found for id, draft in one.items()}
        for draft in drafts.values():
            draft.events += self._resolve_notices(draft, config, now)
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

    def _resolve_notices(
        self, draft: Draft, config: ConfigSnapshot, now: datetime
    ) -> list[tuple[str, Event]]:
        """Return what people who were paged are told by the events that resolve their group."""
        resolves = [one for one in draft.causes if isinstance(one, GroupRendered) and is_resolve(one)]
        return [
            (cause.id, notice)
            for cause in resolves
            for notice in resolve_notices(cause, draft.after, self.resolve_channels, config, now)
        ]

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


def _by_group(batch: Sequence[Event]) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = {}
    for event in batch:
        found.setdefault(group_id_of(event), []).append(event)
    return found
