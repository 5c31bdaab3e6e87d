"""Deadlines that have come, by the clock of what was watched: it stands still while Tocsin cannot listen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from services.heartbeat.alarms import Alarms, Raised
from shared import clock
from shared.domain.heartbeats import Change, Heartbeat, due_cause, expire
from shared.domain.watching import Watch, watch
from shared.live_configuration import LiveConfiguration
from shared.store.due import claim_due
from shared.store.heartbeats import Heartbeats, HeartbeatWrite, read
from shared.store.mongo import Document
from shared.store.receiver_beats import ReceiverBeats
from shared.telling import Row, Telling


class Deadlines:
    """Expires heartbeats whose time is up."""

    def __init__(
        self,
        heartbeats: Heartbeats,
        beats: ReceiverBeats,
        alarms: Alarms,
        telling: Telling,
        config: LiveConfiguration,
    ) -> None:
        self._heartbeats = heartbeats
        self._beats = beats
        self._alarms = alarms
        self._telling = telling
        self._config = config
        self._watched: Watch | None = None

    async def claim(self, now: datetime) -> list[Document]:
        """Return, leased, what was due when silence was certain last; nothing while it is not certain."""
        self._watched = watch(await self._beats.all(), now)
        if self._watched is None:
            return []
        return await claim_due(self._heartbeats.collection, self._watched.until)

    async def expire(self, documents: Sequence[Document]) -> None:
        """Decide claimed documents by the watch they were claimed with; who lost a race is due again later."""
        watched = self._watched
        assert watched is not None
        stored = [read(one) for one in documents]
        config = await self._config.at_least(max(one.config_version for one in stored))
        now = clock.now()
        raised: list[Raised] = []
        decided: list[tuple[Heartbeat, Heartbeat, Change | None]] = []
        for before in (one.heartbeat for one in stored):
            integration = config.integration_by_id.get(before.id)
            if integration is None:
                await self._heartbeats.end(before)
                continue
            after, change = expire(before, watched, integration.heartbeat.timeout_s)
            decided.append((before, after, change))
            if change is not None:
                raised.append(Raised(due_cause(before.id, change, config.version), change, integration))
        made = await self._alarms.of(raised, now)
        events = {one.integration.id: said for one, said in zip(raised, made, strict=True)}
        writes = [
            HeartbeatWrite(after, before.version, config.version, events.get(after.id, ()), now)
            for before, after, _ in decided
        ]
        lost = await self._heartbeats.save(writes)
        await self._telling.tell([Row(id, said) for id, said in events.items() if id not in lost])
