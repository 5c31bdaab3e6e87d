"""From a request that passed its checks to an answer: alerts made, safe at the broker or on disk, ids told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.receiver.beats import Beats
from services.receiver.commit import Committer, Where
from services.receiver.lanes import Lanes
from services.receiver.random_ids import random_id
from shared import clock
from shared.bus.publisher import Encoded, Publisher
from shared.domain.configuration import ConfigSnapshot, Integration
from shared.domain.ingest import alert_id, alerts_of, idempotency_key
from shared.domain.model import Alert
from shared.errors import Transient
from shared.events import AlertReceived, Event, HeartbeatReceived, derived_id
from shared.integrations.integration_type import Part
from shared.live_configuration import LiveConfiguration


@dataclass(frozen=True)
class Accepted:
    """What a sender is told: the alerts' ids in the order of the body, and what makes its retry the same alert."""

    ids: tuple[str, ...]
    key: str | None
    at: datetime
    where: Where


@dataclass(frozen=True)
class Incoming:
    """One alert for one integration; `key` is what its sender's retry has in common with it, None when nothing is."""

    integration: Integration
    payload: Any
    key: str | None
    reason: str


class Acceptance:
    """Accepts payloads and heartbeats; whatever it returns is safe."""

    def __init__(
        self, bus: Publisher, config: LiveConfiguration, committer: Committer, lanes: Lanes, beats: Beats
    ) -> None:
        self._bus = bus
        self._config = config
        self._committer = committer
        self._lanes = lanes
        self._beats = beats

    async def alerts(
        self, integration: Integration, parts: Sequence[Part], headers: Mapping[str, str]
    ) -> Accepted:
        """Accept the alerts of one body, all or none.

        Raises:
            Refused: the idempotency key is too long.
            Overloaded, SpoolFailed: neither the broker nor the disk has them.
        """
        key = idempotency_key(headers)
        first_id = alert_id(integration.id, key) if key else random_id()
        now = clock.now()
        lane = self._lanes.lane_of(integration.id, len(parts), clock.monotonic_s())
        alerts = alerts_of(parts, integration.id, first_id, now)
        where = await self._commit(
            [_received(one, integration, lane, self._config.current) for one in alerts]
        )
        return Accepted(tuple(one.id for one in alerts), key, now, where)

    async def incoming(self, wanted: Sequence[Incoming]) -> Accepted:
        """Accept alerts of several integrations, all or none; raises like `alerts`."""
        now, config = clock.now(), self._config.current
        events = []
        for one in wanted:
            id = alert_id(one.integration.id, one.key) if one.key else random_id()
            [alert] = alerts_of([Part(one.payload)], one.integration.id, id, now)
            lane = self._lanes.lane_of(one.integration.id, 1, clock.monotonic_s())
            events.append(_received(alert, one.integration, lane, config, one.reason))
        where = await self._commit(events)
        return Accepted(tuple(str(one.alert_id) for one in events), wanted[0].key, now, where)

    async def heartbeat(self, integration: Integration) -> Where:
        """Accept one ping; raises like `alerts`."""
        ping = HeartbeatReceived(
            id=random_id(),
            time=clock.now(),
            subject=integration.id,
            config_version=self._config.current.version,
            integration_id=integration.id,
        )
        try:
            return await self._commit([ping])
        except Transient:
            self._beats.break_off()
            raise

    async def _commit(self, events: Sequence[Event]) -> Where:
        encoded: list[Encoded] = [self._bus.encode(one) for one in events]
        return await self._committer.commit(encoded)


def _received(
    alert: Alert, integration: Integration, lane: str, config: ConfigSnapshot, reason: str = ""
) -> AlertReceived:
    return AlertReceived(
        id=derived_id(alert.id, AlertReceived.type),
        time=alert.received_at,
        alert_id=alert.id,
        subject=alert.id,
        config_version=config.version,
        decision="accepted",
        reason=reason or f"posted to {integration.name}",
        lane=lane,
        alert=alert,
    )
