"""Takes requests into the ledger and acknowledges; what cannot be sent at all is answered at once.

A row that a lane has a place for is stored as leased to this instance and begun without a claim. Who dies in
between leaves a lease to end; the row is claimed then, as any other.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence, Set

from services.notifier.changing import Changes, split
from services.notifier.collecting import Collecting
from services.notifier.erasing import Eraser
from services.notifier.reach import Reach, target_of
from shared import clock
from shared.bus.publisher import Encoded, Publisher
from shared.claiming import Lane
from shared.domain import delivery
from shared.domain.configuration import ConfigSnapshot, Webhook
from shared.domain.personal_webhooks import webhook_for
from shared.domain.webhook_event import why_not_called
from shared.errors import Permanent
from shared.events import (
    DeliveryActionRequested,
    DeliveryReported,
    Event,
    NoticeRequested,
    NotificationRequested,
    StageDecided,
    WebhookRequested,
)
from shared.live_configuration import LiveConfiguration
from shared.stage import Done, Handled, Outcome
from shared.store.deliveries import CLAIM_LEASE_S, Claimed, Deliveries
from shared.telling import Row, Telling

Request = delivery.Request
Stored = tuple[delivery.Delivery, Sequence[Encoded]]


class Intake:
    """Writes one row per request, and hands it to the lane of its channel."""

    def __init__(
        self,
        deliveries: Deliveries,
        reach: Reach,
        config: LiveConfiguration,
        telling: Telling,
        bus: Publisher,
    ) -> None:
        self._deliveries = deliveries
        self._reach = reach
        self._config = config
        self._telling = telling
        self._bus = bus
        self._unsure: list[Claimed] = []
        self.lanes: Mapping[str, Lane[Claimed]] = {}
        self.collecting: Collecting | None = None

    async def handle(self, events: Sequence[Event]) -> Handled:
        """Store what was asked for; a request that is known already is a repeat."""
        requests = [
            one
            for one in events
            if isinstance(one, NotificationRequested | WebhookRequested | NoticeRequested)
        ]
        config = await self._config.at_least(max(one.config_version for one in requests))
        rows = [await self._placed(*self._row(one, config)) for one in requests]
        known = await self._store(rows)
        untold = await self._deliveries.untold_of(list(known)) if known else {}
        told = [(row.id, untold.get(row.id, ()) if row.id in known else events) for row, events in rows]
        return Handled(
            [
                Done((*events, self._bus.encode(_repeat(request))))
                if request.id in known
                else Done(tuple(events))
                for request, (_, events) in zip(requests, told, strict=True)
            ],
            lambda: self._telling.clear([Row(*one) for one in told if one[1]]),
        )

    async def _store(self, rows: Sequence[Stored]) -> set[str]:
        """Store rows and begin those that have a place; return the ids of those that existed already."""
        await self._give_back()
        self._unsure = leased = self._reserved([row for row, _ in rows])
        try:
            known = await self._deliveries.add(rows, clock.now(), leased, CLAIM_LEASE_S)
        except BaseException:
            for one in leased:
                self.lanes[one.delivery.channel].release()
            raise
        begun = self._begin(leased, known)
        self._unsure = [one for one in leased if one.delivery.id not in begun | known]
        await self._give_back()
        for channel in {row.channel for row, _ in rows if row.due_at is not None and row.id not in begun}:
            if channel in self.lanes:
                self.lanes[channel].wake()
        return known

    def _begin(self, leased: Sequence[Claimed], known: Set[str]) -> set[str]:
        """Hand what was stored as leased to its lane; return the ids of what is worked on now."""
        begun = set()
        for one in leased:
            lane = self.lanes[one.delivery.channel]
            if one.delivery.id in known:
                lane.release()
            elif lane.begin(one):
                begun.add(one.delivery.id)
        return begun

    async def _give_back(self) -> None:
        """End the leases of rows that were perhaps stored when the database went away."""
        if self._unsure:
            await self._deliveries.put_back(self._unsure)
            self._unsure = []

    def _reserved(self, rows: Sequence[delivery.Delivery]) -> list[Claimed]:
        """Return the rows that have a place, as they will be held. One that comes twice goes through the ledger."""
        token, now = uuid.uuid4().hex, clock.now()
        times = Counter(row.id for row in rows)
        return [
            Claimed(row, token)
            for row in rows
            if row.due_at is not None
            and times[row.id] == 1
            and row.due_at <= now
            and row.channel in self.lanes
            and self.lanes[row.channel].reserve(row.target)
        ]

    def _row(self, request: Request, config: ConfigSnapshot) -> delivery.Decided:
        now = clock.now()
        if isinstance(request, WebhookRequested):
            called = delivery.requested(request, f"webhook:{request.webhook_id}", now)
            webhook = config.webhook_by_id.get(request.webhook_id)
            held_back = why_not_called(webhook, request) if webhook is not None else None
            return (called, None) if held_back is None else delivery.cancelled(called, held_back, now)
        row = delivery.requested(request, f"{request.channel}:", now)
        try:
            found = self._reach.find_for(request, config)
        except Permanent as error:
            webhook = _instead(request, config)
            if webhook is None:
                return delivery.failed(row, error.reason, now)
            return row.model_copy(update={"target": f"webhook:{webhook.id}", "webhook_id": webhook.id}), None
        return row.model_copy(update={"target": target_of(request.channel, found)}), None

    async def _placed(self, row: delivery.Delivery, event: Event | None) -> Stored:
        if self.collecting is None or event is not None:
            return row, self._encoded(event)
        placed, said = await self.collecting.place(row)
        return placed, self._encoded(said)

    def _encoded(self, event: Event | None) -> list[Encoded]:
        return [] if event is None else [self._bus.encode(event)]


def _instead(request: NotificationRequested | NoticeRequested, config: ConfigSnapshot) -> Webhook | None:
    """Return the webhook that tells a person of a page who has none of his own."""
    if not isinstance(request, NotificationRequested):
        return None
    return webhook_for(config, config.user_by_id.get(request.user_id), request.channel)


def _repeat(request: Request) -> StageDecided:
    return StageDecided.following(
        request,
        part="notifier",
        time=clock.now(),
        stage="notifier",
        decision="repeat",
        reason="this request is in the ledger already",
        group_id=None if isinstance(request, NoticeRequested) else request.group.id,
    )


class Desk:
    """Takes whatever comes to the notifier: new requests into the ledger, all else to the rows that it is about."""

    def __init__(self, intake: Intake, changes: Changes, eraser: Eraser, telling: Telling) -> None:
        self._intake = intake
        self._changes = changes
        self._eraser = eraser
        self._telling = telling

    async def handle(self, batch: Sequence[Event]) -> Handled:
        """Answer every event of a batch."""
        changing, new = split(batch)
        if len(new) == len(batch):
            return await self._intake.handle(batch)
        taken = await self._intake.handle([batch[at] for at in new]) if new else Handled([])
        await self._eraser.note(batch)
        outcomes: dict[int, Outcome] = dict.fromkeys(range(len(batch)), Done())
        outcomes.update(zip(new, taken.outcomes, strict=True))
        rows: list[Row] = []
        for at in changing:
            event = batch[at]
            assert isinstance(event, DeliveryReported | DeliveryActionRequested)
            outcomes[at], changed = await self._changes.handle(event)
            rows += changed

        async def told() -> None:
            if taken.told is not None:
                await taken.told()
            await self._telling.clear(rows)

        return Handled([outcomes[at] for at in range(len(batch))], told)
