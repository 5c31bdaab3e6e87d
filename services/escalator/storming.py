"""Counts the escalations that begin, and knows which integrations are in a storm; ends storms that are over.

Far below the limit counts are written once a second, beside the work; from half of it on with each batch, before it
is decided. So the usual batch costs nothing, and a storm is found in the batch that makes it.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

import structlog
from prometheus_client import Gauge

from shared import clock
from shared.domain.configuration import ConfigSnapshot
from shared.domain.escalation import Escalation
from shared.domain.storm import Count, Storm, StormLimits, rate, weather
from shared.domain.storm_digest import begun
from shared.errors import Unavailable
from shared.metrics import Metrics
from shared.store.digests import Digests
from shared.store.mongo import Document
from shared.store.storms import Storms, read

log = structlog.get_logger(__name__)
# How late an instance may learn of what others counted, and they of what it counted, far below the limit.
LOOK_EVERY_S = 1.0
ATTEMPTS = 5


class Storming:
    """The storms as this instance knows them; the database has the last word."""

    def __init__(self, storms: Storms, digests: Digests, limits: StormLimits, metrics: Metrics) -> None:
        self._storms = storms
        self._digests = digests
        self._limits = limits
        self._config = ConfigSnapshot()
        self._pending: Counter[str] = Counter()
        self._counts: dict[str, Count] = {}
        self._on: dict[str, Storm] = {}
        self._announced: set[str] = set()
        self._rate = Gauge(
            "tocsin_storm_groups_per_minute",
            "Highest rate of new alert groups of a storm that is on, by integration",
            ["integration"],
            registry=metrics.registry,
        )

    @property
    def on(self) -> Mapping[str, Storm]:
        """The storms by integration; some may just have ended."""
        return dict(self._on)

    async def count(self, begins: Mapping[str, int], config: ConfigSnapshot) -> None:
        """Count escalations that begin, by integration, and see whether that makes or prolongs a storm.

        Raises:
            Unavailable: the database is away.
        """
        self._config = config
        if not begins:
            return
        self._pending.update(begins)
        now = clock.now()
        near = [id for id in begins if id in self._on or self._is_near(id, now)]
        await asyncio.gather(*(self._write_count(id) for id in near))

    async def announce(self, escalations: Sequence[Escalation], storms: Mapping[str, Storm]) -> None:
        """Make sure that the digests exist that pages are about to wait for. Called before those are saved.

        Raises:
            Unavailable: the database is away.
        """
        now = clock.now()
        fresh = {}
        for one in escalations:
            storm = storms.get(one.group.integration_id)
            for page in one.held_pages:
                is_new = page.digest_id not in self._announced
                if is_new and storm is not None and page.digest_id.startswith(f"{storm.id}:"):
                    fresh[page.digest_id] = begun(storm, page)
        if fresh:
            await self._digests.add(list(fresh.values()), now)
            self._announced |= fresh.keys()

    async def keep_up(self) -> None:
        """Write what was counted, and learn of the storms that other instances found."""
        while True:
            try:
                await asyncio.gather(*(self._write_count(id) for id in list(self._pending)))
                self._replace(await self._storms.stored())
            except Unavailable as error:
                log.warning("storms.unreachable", reason=error.reason)
            await asyncio.sleep(LOOK_EVERY_S)

    async def end(self, documents: Sequence[Document]) -> None:
        """End the storms in claimed documents: the remainder is told at once, and pages go out one by one again."""
        now = clock.now()
        for storm in [found for one in documents if (found := read(one)) is not None]:
            if storm.is_on(now):
                continue
            await self._digests.hurry(storm, now)
            if await self._storms.end(storm):
                log.info("storm.ended", integration_id=storm.integration_id, groups_per_minute=storm.rate)
            self._on.pop(storm.integration_id, None)

    def _limits_of(self, integration_id: str) -> StormLimits:
        integration = self._config.integration_by_id.get(integration_id)
        return self._limits.of(integration.storm) if integration is not None else self._limits

    def _is_near(self, integration_id: str, now: datetime) -> bool:
        """Whether half of the limit may be reached, by what is known here."""
        known = rate(self._counts.get(integration_id, Count()), now) + self._pending[integration_id]
        return known > self._limits_of(integration_id).groups_per_minute / 2

    async def _write_count(self, integration_id: str) -> None:
        limits = self._limits_of(integration_id)
        groups = self._pending.pop(integration_id, 0)
        if limits.groups_per_minute <= 0 or not groups:
            return
        now = clock.now()
        try:
            count, before = await self._storms.count(integration_id, groups, now)
        except Unavailable:
            self._pending[integration_id] += groups
            raise
        self._counts[integration_id] = count
        per_minute = rate(count, now)
        for _ in range(ATTEMPTS):
            after = weather(before, integration_id, per_minute, limits, now)
            if after is None or after == before or await self._storms.write(before, after):
                self._note(integration_id, before, after)
                return
            before = (await self._storms.stored([integration_id])).get(integration_id)

    def _note(self, integration_id: str, before: Storm | None, after: Storm | None) -> None:
        if after is None:
            self._on.pop(integration_id, None)
            return
        if before is None or before.since != after.since:
            log.warning("storm.began", integration_id=integration_id, groups_per_minute=after.rate)
        self._on[integration_id] = after

    def _replace(self, stored: dict[str, Storm]) -> None:
        self._on = stored
        prefixes = tuple(f"{one.id}:" for one in stored.values())
        self._announced = {one for one in self._announced if one.startswith(prefixes)}
        self._rate.clear()
        for id, storm in stored.items():
            self._rate.labels(id).set(storm.rate)
