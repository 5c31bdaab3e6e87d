"""Mends what the watchdog found, once, through the same decisions as everything else; and tells of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence, Set
from dataclasses import dataclass
from datetime import timedelta

import structlog

from services.escalator.deciding import Deciding
from services.escalator.due import Writing
from shared import clock
from shared.domain.escalation_run import STAGE
from shared.domain.model import Problem
from shared.domain.watchdog import Finding, as_rendered, silence_again
from shared.errors import Transient
from shared.events import Event, StageDecided, derived_id
from shared.live_configuration import LiveConfiguration
from shared.store.escalations import Escalations, EscalationWrite
from shared.store.mongo import Document
from shared.store.repairs import Repair, Repairs
from shared.telling import Row, Telling

log = structlog.get_logger(__name__)
# A repair needs a moment to show: what looks broken again sooner is looked at again later.
SETTLED_AFTER_S = 45.0
# Who began a repair is at work on it for as long; then whoever walks ends it.
ABANDONED_AFTER_S = 15.0
WHERE = "escalation"
MENDED, LEFT = "it was mended", "it was mended before and is left to people"


@dataclass(frozen=True)
class Means:
    """What a repair is done with: `wake` does what is due in an escalation as it is stored."""

    escalations: Escalations
    deciding: Deciding
    wake: Callable[[Document], Awaitable[None]]
    writing: Writing
    telling: Telling
    publish: Callable[[Sequence[Event]], Awaitable[None]]


class Mending:
    """Mends each finding once, over crashes and instances; the second time it is left to people."""

    def __init__(self, means: Means, repairs: Repairs, telling: Telling, config: LiveConfiguration) -> None:
        self._means = means
        self._repairs = repairs
        self._telling = telling
        self._config = config

    async def mend(self, findings: Sequence[Finding]) -> list[Finding]:
        """Mend and tell; return those of which something is told that was not told before.

        Raises:
            Transient: a server is away; nothing is forgotten, the next walk finds it again.
        """
        return [one for one in findings if await self._handle(one)]

    async def end_abandoned(self, still_broken: Set[str]) -> None:
        """Tell of repairs whose doer died before he said so; groups that are still broken come as findings."""
        now = clock.now()
        for one in await self._repairs.unfinished(now - timedelta(seconds=ABANDONED_AFTER_S)):
            if one.group_id not in still_broken:
                await self._finish(one.key)

    async def _handle(self, finding: Finding) -> bool:
        now = clock.now()
        told = self._means.writing.encode(self._told(finding, "mended", MENDED))
        known = await self._repairs.begin(finding.key, finding.group.id, told, now)
        if known.state in ("new", "begun"):
            return await self._repair(finding)
        if known.state == "mended" and _is_settled(known):
            return await self._leave(finding, "broken_again", LEFT)
        return False

    async def _repair(self, finding: Finding) -> bool:
        (failure,) = await asyncio.gather(self._mend(finding), return_exceptions=True)
        if isinstance(failure, Transient):
            raise failure
        if isinstance(failure, Exception):
            log.error("repair.failed", group_id=finding.group.id, kind=finding.kind, exc_info=failure)
            words = f"it could not be mended ({type(failure).__name__}) and is left to people"
            return await self._leave(finding, "broken_again", words)
        await self._finish(finding.key)
        return True

    async def _finish(self, key: str) -> None:
        if events := await self._repairs.finish(key, clock.now()):
            await self._telling.tell([Row(key, events)])

    async def _leave(self, finding: Finding, decision: str, end: str) -> bool:
        told = self._means.writing.encode(self._told(finding, decision, end))
        if not await self._repairs.leave(finding.key, told, clock.now()):
            return False
        await self._telling.tell([Row(finding.key, [told])])
        return True

    async def _mend(self, finding: Finding) -> None:
        now, config, means = clock.now(), self._config.current, self._means
        if finding.kind == "no_silence_end":
            await means.publish([silence_again(finding, now)])
        elif finding.kind == "no_escalation":
            told = await means.deciding.decide([as_rendered(finding, config.version, now)], config)
            await means.telling.tell([Row(one.document_id, one.events) for one in told])
        elif finding.kind == "overdue":
            for one in await means.escalations.due_at(_escalation_id(finding), finding.due_at):
                await means.wake(one)
        else:
            await self._set_timer(finding)

    async def _set_timer(self, finding: Finding) -> None:
        """Write the escalation as it is; its due time follows from what it says."""
        now, id = clock.now(), _escalation_id(finding)
        before = (await self._means.escalations.get_many([id])).get(id)
        if before is None or before.ended:
            return
        changed: dict[str, object] = {"version": before.version + 1}
        if before.due_at is None:
            changed["next_step_at"] = now
        after = before.model_copy(update=changed)
        write = EscalationWrite(after, before.version, (), now, self._means.writing.keep)
        await self._means.escalations.save([write])

    def _told(self, finding: Finding, decision: str, end: str) -> Event:
        group = finding.group
        reason = f"Nobody was responsible: {finding.words}; {end}"
        return StageDecided(
            id=derived_id("watchdog told", finding.key, decision),
            time=clock.now(),
            alert_id=group.last_alert_id,
            subject=group.id,
            config_version=self._config.current.version,
            stage=STAGE,
            group_id=group.id,
            decision=decision,
            reason=reason,
            problems=(
                Problem(
                    integration_id=group.integration_id,
                    where=WHERE,
                    message=f"Alert group {group.id}: {reason}",
                    alert_id=group.last_alert_id,
                ),
            ),
        )


def _escalation_id(finding: Finding) -> str:
    return f"{finding.group.id}:{finding.group.run}"


def _is_settled(repair: Repair) -> bool:
    return clock.now() >= repair.at + timedelta(seconds=SETTLED_AFTER_S)
