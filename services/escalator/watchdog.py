"""The watchdog: walks over all firing groups, finds those that nobody and nothing is responsible for, mends them once.

A group is looked at twice, 7 s apart, before it counts as broken: its events may be on their way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from services.escalator.beating import Beating
from services.escalator.mending import Mending
from services.escalator.walking import LOOKED_AT_ONCE, Walking
from services.escalator.watchdog_metrics import WatchdogMetrics
from shared import clock
from shared.domain.model import Group
from shared.domain.watchdog import (
    LONGEST_LEASE,
    OVERDUE_AFTER,
    STUCK_AFTER,
    Finding,
    finding_of,
    overdue_finding,
    silence_finding,
)
from shared.errors import Transient
from shared.live_configuration import LiveConfiguration
from shared.store.alert_groups import AlertGroups
from shared.store.escalations import Escalations
from shared.store.watch import Stuck, Watch

log = structlog.get_logger(__name__)
TICK_S = 1.0
LEASE_S = 20.0
HOLD_EVERY_S = 5.0
WALK_EVERY_S = 17.0
CONFIRM_AFTER_S = 7.0
# A backlog is worked off by those whose work it is; one that is stuck is among those that wait longest.
OVERDUE_AT_ONCE = 20


@dataclass(frozen=True)
class Watched:
    """Where the watchdog looks."""

    watch: Watch
    groups: AlertGroups
    escalations: Escalations


class Watchdog:
    """One instance at a time sweeps; the others wait for its lease to end."""

    def __init__(
        self,
        watched: Watched,
        mending: Mending,
        config: LiveConfiguration,
        owner: str,
        metrics: WatchdogMetrics,
    ) -> None:
        self._watch, self._groups, self._escalations = watched.watch, watched.groups, watched.escalations
        self._walking = Walking(watched.watch, config)
        self._mending = mending
        self._config = config
        self._owner = owner
        self._metrics = metrics
        self._suspects: dict[str, float] = {}
        self._walked_at_s = self._held_at_s = float("-inf")
        self.beating: Beating | None = None
        self.is_behind: Callable[[], bool] = lambda: False

    async def run(self) -> None:
        """Watch for ever; while a server is away, nothing is found and no beat is sent."""
        await self._watch.prepare()
        while True:
            try:
                await self.turn()
            except Transient as error:
                log.warning("watchdog.delayed", reason=error.reason)
            await asyncio.sleep(TICK_S)

    async def turn(self) -> None:
        """Do what is due of a walk and of what it found."""
        now_s = clock.monotonic_s()
        is_walk_due = now_s >= self._walked_at_s + WALK_EVERY_S
        if not (is_walk_due or self._ripe(now_s) or now_s >= self._held_at_s + HOLD_EVERY_S):
            return
        if not await self._hold():
            return
        confirmed = await self._confirm()
        if is_walk_due:
            self._walked_at_s = now_s
            await self.walk()
            overdue = await self._mend_overdue()
            await self._mending.end_abandoned(self._suspects.keys() | {one.group.id for one in overdue})
            await self._tell_how_it_is(bool(confirmed))

    async def _hold(self) -> bool:
        """Keep or take the lease; without it, forget: another instance walks."""
        now = clock.now()
        self._held_at_s = clock.monotonic_s()
        if await self._watch.hold(self._owner, now, now + timedelta(seconds=LEASE_S)):
            return True
        self._suspects = {}
        self._walking.forget()
        return False

    def _ripe(self, now_s: float) -> list[str]:
        return [id for id, since in self._suspects.items() if now_s >= since + CONFIRM_AFTER_S]

    async def walk(self) -> None:
        """Look over every firing group and every silence; what seems broken becomes a suspect."""
        doubtful = sorted(await self._walking.walk())
        doubtful += await self._watch.endless_silences(LOOKED_AT_ONCE)
        for start in range(0, len(doubtful), LOOKED_AT_ONCE):
            for one in await self._findings(doubtful[start : start + LOOKED_AT_ONCE]):
                self._suspects.setdefault(one.group.id, clock.monotonic_s())
        self._metrics.firing.set(self._walking.firing)
        self._metrics.compared.inc(self._walking.compared)
        self._metrics.walks.inc()

    async def _confirm(self) -> Sequence[Finding]:
        """Look again at what was suspect for long enough; what is still broken is mended and told."""
        ripe = self._ripe(clock.monotonic_s())[:LOOKED_AT_ONCE]
        if not ripe or self.is_behind():
            return ()
        findings = await self._findings(ripe)
        await self._mend(findings)
        for id in ripe:
            self._suspects.pop(id, None)
        return findings

    async def _mend_overdue(self) -> Sequence[Finding]:
        """Do what is due in escalations that nobody takes."""
        now = clock.now()
        stuck = Stuck(now - STUCK_AFTER, now + LONGEST_LEASE)
        found = await self._watch.untaken(now - OVERDUE_AFTER, stuck, OVERDUE_AT_ONCE)
        groups = await self._groups.get_many([one["group_id"] for one in found]) if found else {}
        findings = [
            overdue_finding(_in_run(group, one["run"]), one["due_at"], one.get("lease_until"), now)
            for one in found
            if (group := groups.get(one["group_id"])) is not None
        ]
        await self._mend(findings)
        return findings

    async def _mend(self, findings: Sequence[Finding]) -> None:
        for one in await self._mending.mend(findings):
            self._metrics.broken.labels(one.kind).inc()
            log.error("watchdog.broken", kind=one.kind, group_id=one.group.id, reason=one.words)

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
        is_well = not (was_broken or overdue or self._suspects)
        self._metrics.unwell.labels("groups").set(not is_well)
        if is_well and (self.beating is None or await self.beating.is_whole()):
            self._metrics.well_at.set(clock.now().timestamp())


def _in_run(group: Group, run: int) -> Group:
    return group.model_copy(update={"run": run})
