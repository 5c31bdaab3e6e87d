"""Mends what the watchdog found, once, through the same decisions as everything else; and tells of it."""

from __future__ import annotations

from collections.abc import Sequence

from services.escalator.deciding import Deciding
from services.escalator.due import Writing
from shared import clock
from shared.bus.publisher import Publisher
from shared.domain.escalation_run import STAGE
from shared.domain.model import Problem
from shared.domain.watchdog import Finding, as_rendered, silence_again
from shared.events import Event, StageDecided, derived_id
from shared.live_configuration import LiveConfiguration
from shared.store.escalations import Escalations, EscalationWrite
from shared.telling import Row, Telling

# What breaks again after it was mended is told, and left to people.
REMEMBERED = 10_000
WHERE = "escalation"


class Mending:
    """Mends findings of each group's run once."""

    def __init__(
        self,
        escalations: Escalations,
        deciding: Deciding,
        writing: Writing,
        telling: tuple[Telling, Publisher],
        config: LiveConfiguration,
    ) -> None:
        self._escalations = escalations
        self._deciding = deciding
        self._writing = writing
        self._telling, self._bus = telling
        self._config = config
        self._mended: dict[str, None] = {}

    async def mend(self, findings: Sequence[Finding]) -> None:
        """Mend and tell.

        Raises:
            Unavailable: a server is away; nothing is forgotten, the next walk finds it again.
        """
        for finding in findings:
            again = finding.key in self._mended
            if not again:
                await self._mend(finding)
                self._remember(finding.key)
            await self._bus.publish([self._told(finding, again)])

    async def _mend(self, finding: Finding) -> None:
        now, config = clock.now(), self._config.current
        if finding.kind == "no_silence_end":
            await self._bus.publish([silence_again(finding, now)])
        elif finding.kind == "no_escalation":
            told = await self._deciding.decide([as_rendered(finding, config.version, now)], config)
            await self._telling.tell([Row(one.document_id, one.events) for one in told])
        else:
            await self._set_timer(finding)

    async def _set_timer(self, finding: Finding) -> None:
        """Write the escalation as it is; its due time follows from what it says."""
        now, id = clock.now(), f"{finding.group.id}:{finding.group.run}"
        before = (await self._escalations.get_many([id])).get(id)
        if before is None or before.ended:
            return
        changed: dict[str, object] = {"version": before.version + 1}
        if before.due_at is None:
            changed["next_step_at"] = now
        after = before.model_copy(update=changed)
        await self._escalations.save([EscalationWrite(after, before.version, (), now, self._writing.keep)])

    def _told(self, finding: Finding, again: bool) -> Event:
        group, now = finding.group, clock.now()
        end = "it was mended before and is left to people" if again else "it was mended"
        reason = f"Nobody was responsible: {finding.words}; {end}"
        return StageDecided(
            id=derived_id("watchdog told", finding.key, group.version, again),
            time=now,
            alert_id=group.last_alert_id,
            subject=group.id,
            config_version=self._config.current.version,
            stage=STAGE,
            group_id=group.id,
            decision="broken_again" if again else "mended",
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

    def _remember(self, key: str) -> None:
        self._mended[key] = None
        if len(self._mended) > REMEMBERED:
            del self._mended[next(iter(self._mended))]
