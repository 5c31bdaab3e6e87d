"""The watchdog: walks over all firing groups, finds those that nobody and nothing is responsible for, mends them once.

A group is looked at twice, 7 s apart, before it counts as broken: its events may be on their way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge

from services.escalator.mending import Mending
from shared import clock
from shared.domain.watchdog import OVERDUE_AFTER, Finding, finding_of, silence_finding
from shared.errors import Unavailable
from shared.live_configuration import LiveConfiguration
from shared.store.alert_groups import AlertGroups
from shared.store.escalations import Escalations
from shared.store.watch import Watch

log = structlog.get_logger(__name__)
TICK_S = 1.0
LEASE_S = 20.0
WALK_EVERY_S = 18.0
CONFIRM_AFTER_S = 7.0
SLICE = 5000
PAUSE_S = 0.1
LOOKED_AT_ONCE = 500
BEAT_EVERY_S = 60.0


class WatchdogMetrics:
    """What operators see of it."""

    def __init__(self, registry: CollectorRegistry) -> None:
        broken = "Open groups that nobody and nothing was responsible for, by what was missing"
        self.broken = Counter("tocsin_watchdog_broken", broken, ["kind"], registry=registry)
        words = "When the watchdog last walked over all open groups, and there was nothing to mend"
        self.well_at = Gauge("tocsin_watchdog_last_well_timestamp_seconds", words, registry=registry)
        self.walks = Counter("tocsin_watchdog_walks", "Walks over all open groups", registry=registry)
        self.firing = Gauge(
            "tocsin_watchdog_firing_groups", "Firing groups at the last walk", registry=registry
        )
        self.overdue = Gauge(
            "tocsin_watchdog_overdue", "Escalations that are due since over a minute", registry=registry
        )


class Watchdog:
    """One instance at a time sweeps; the others wait for its lease to end."""

    def __init__(
        self,
        stores: tuple[Watch, AlertGroups, Escalations],
        mending: Mending,
        config: LiveConfiguration,
        owner: str,
        metrics: WatchdogMetrics,
    ) -> None:
        self._watch, self._groups, self._escalations = stores
        self._mending = mending
        self._config = config
        self._owner = owner
        self._metrics = metrics
        self._suspects: dict[str, float] = {}
        self._stated: set[str] = set()
        self._walked_at_s = float("-inf")
        self._beat_at_s = float("-inf")
        self.beat: Callable[[], Awaitable[None]] | None = None
        self.is_behind: Callable[[], bool] = lambda: False

    async def run(self) -> None:
        """Watch for ever; while a server is away, nothing is found and no beat is sent."""
        await self._watch.prepare()
        while True:
            try:
                await self.turn()
            except Unavailable as error:
                log.warning("watchdog.delayed", reason=error.reason)
            await asyncio.sleep(TICK_S)

    async def turn(self) -> None:
        """Do what is due of a walk and of what it found."""
        now = clock.now()
        if not await self._watch.hold(self._owner, now, now + timedelta(seconds=LEASE_S)):
            self._suspects, self._stated = {}, set()
            return
        confirmed = await self._confirm()
        if clock.monotonic_s() >= self._walked_at_s + WALK_EVERY_S:
            self._walked_at_s = clock.monotonic_s()
            await self.walk()
            await self._tell_how_it_is(bool(confirmed))

    async def walk(self) -> None:
        """Look over every firing group and every silence; what seems broken becomes a suspect."""
        after, firing, kept = "", 0, set[str]()
        while True:
            part = await self._watch.firing(after, SLICE)
            firing += len(part.keys)
            loose = set(part.keys).difference(await self._watch.with_timer(after, part.last))
            if fresh := loose - self._stated:
                await self._suspect(list(fresh))
            kept |= loose & self._stated
            if part.last is None:
                break
            after = part.last
            await asyncio.sleep(PAUSE_S)
        self._stated = kept
        for id in await self._watch.endless_silences(LOOKED_AT_ONCE):
            self._suspects.setdefault(id, clock.monotonic_s())
        self._metrics.firing.set(firing)
        self._metrics.walks.inc()

    async def _suspect(self, keys: Sequence[str]) -> None:
        """Look closely at firing groups without a running timer; remember those that have a stated reason."""
        for start in range(0, len(keys), LOOKED_AT_ONCE):
            some = keys[start : start + LOOKED_AT_ONCE]
            broken = {one.group.id for one in await self._findings([_id_in(one) for one in some])}
            for key in some:
                if _id_in(key) in broken:
                    self._suspects.setdefault(_id_in(key), clock.monotonic_s())
                else:
                    self._stated.add(key)

    async def _confirm(self) -> Sequence[Finding]:
        """Look again at what was suspect for long enough; what is still broken is mended and told."""
        now_s = clock.monotonic_s()
        ripe = [id for id, since in self._suspects.items() if now_s >= since + CONFIRM_AFTER_S]
        if not ripe or self.is_behind():
            return ()
        ripe = ripe[:LOOKED_AT_ONCE]
        findings = await self._findings(ripe)
        for one in findings:
            self._metrics.broken.labels(one.kind).inc()
            log.error("watchdog.broken", kind=one.kind, group_id=one.group.id, reason=one.words)
        await self._mending.mend(findings)
        for id in ripe:
            self._suspects.pop(id, None)
        return findings

    async def _findings(self, ids: Sequence[str]) -> list[Finding]:
        config = self._config.current
        groups = await self._groups.get_many(ids)
        due_at = await self._groups.due_times(ids)
        runs = await self._escalations.glances(ids)
        found = [
            finding_of(group, runs.get(id, ()), config) or silence_finding(group, due_at.get(id))
            for id, group in groups.items()
        ]
        return [one for one in found if one is not None]

    async def _tell_how_it_is(self, was_broken: bool) -> None:
        """Say that all is well when it is; the outside notices when nobody says so."""
        overdue = await self._watch.overdue(clock.now() - OVERDUE_AFTER)
        self._metrics.overdue.set(overdue)
        if was_broken or overdue or self._suspects:
            return
        self._metrics.well_at.set(clock.now().timestamp())
        if self.beat is not None and clock.monotonic_s() >= self._beat_at_s + BEAT_EVERY_S:
            self._beat_at_s = clock.monotonic_s()
            await self.beat()


def _id_in(key: str) -> str:
    return key.rpartition(":")[0]
