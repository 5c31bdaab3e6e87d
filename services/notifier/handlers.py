"""Takes requests into the ledger and acknowledges; what cannot be sent at all is answered at once."""

from __future__ import annotations

from collections.abc import Sequence

from services.notifier.reach import Reach, target_of
from shared import clock
from shared.bus.publisher import Encoded, Publisher
from shared.claiming import Lane
from shared.domain import delivery
from shared.domain.configuration import ConfigSnapshot
from shared.errors import Permanent
from shared.events import Event, NotificationRequested, StageDecided, WebhookRequested
from shared.live_configuration import LiveConfiguration
from shared.stage import Done, Handled
from shared.store.deliveries import Claimed, Deliveries
from shared.telling import Row, Telling

Request = NotificationRequested | WebhookRequested


class Intake:
    """Writes one row per request, and wakes the lanes that send them."""

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
        self.lanes: Sequence[Lane[Claimed]] = ()

    async def handle(self, events: Sequence[Event]) -> Handled:
        """Store what was asked for; a request that is known already is a repeat."""
        requests = [one for one in events if isinstance(one, NotificationRequested | WebhookRequested)]
        config = await self._config.at_least(max(one.config_version for one in requests))
        now = clock.now()
        rows = [(row, self._encoded(event)) for row, event in (self._row(one, config) for one in requests)]
        known = await self._deliveries.add(rows, now)
        untold = await self._deliveries.untold_of(list(known)) if known else {}
        told = [(row.id, untold.get(row.id, ()) if row.id in known else events) for row, events in rows]
        for lane in self.lanes:
            lane.wake()
        return Handled(
            [
                Done((*events, self._bus.encode(_repeat(request))))
                if request.id in known
                else Done(tuple(events))
                for request, (_, events) in zip(requests, told, strict=True)
            ],
            lambda: self._telling.clear([Row(*one) for one in told if one[1]]),
        )

    def _row(self, request: Request, config: ConfigSnapshot) -> delivery.Decided:
        now = clock.now()
        if isinstance(request, WebhookRequested):
            return delivery.requested(request, f"webhook:{request.webhook_id}", now), None
        row = delivery.requested(request, f"{request.channel}:", now)
        try:
            address = self._reach.address(request.channel, request.user_id, config)
        except Permanent as error:
            return delivery.failed(row, error.reason, now)
        return row.model_copy(update={"target": target_of(request.channel, address)}), None

    def _encoded(self, event: Event | None) -> list[Encoded]:
        return [] if event is None else [self._bus.encode(event)]


def _repeat(request: Request) -> StageDecided:
    return StageDecided.following(
        request,
        part="notifier",
        time=clock.now(),
        stage="notifier",
        decision="repeat",
        reason="this request is in the ledger already",
        group_id=request.group.id,
    )
