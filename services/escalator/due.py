"""What is due, and what a newer configuration may have released: fed to the same decision as an event."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog

from services.escalator.answering import Answering
from services.escalator.deciding import Encode
from services.escalator.storming import Storming
from shared import clock
from shared.domain.configuration import ConfigSnapshot
from shared.domain.escalation import Escalation, Known, is_let_go, reconsider, wake
from shared.domain.posts import posts_after
from shared.domain.webhook_triggers import webhooks_after
from shared.errors import Transient
from shared.events import Event
from shared.live_configuration import LiveConfiguration
from shared.store.escalations import Escalations, EscalationWrite, read
from shared.store.mongo import Document
from shared.telling import Row, Telling

log = structlog.get_logger(__name__)
# A held escalation that an instance with an older configuration wrote is found within this time.
LOOK_AGAIN_S = 10.0
Decide = Callable[[Escalation, ConfigSnapshot, datetime, Known], tuple[Escalation, list[Event]]]


@dataclass(frozen=True)
class Deciders:
    """What decides beside the configuration: the storms that are on, and the answers to what steps ask."""

    storming: Storming
    answering: Answering


@dataclass(frozen=True)
class Writing:
    """How the escalator writes: what an event looks like stored, how long what has ended is kept, where chats post."""

    encode: Encode
    keep: timedelta
    default_channel: str


class DueEscalations:
    """Decides escalations that no event is about."""

    def __init__(
        self,
        escalations: Escalations,
        deciders: Deciders,
        telling: Telling,
        config: LiveConfiguration,
        writing: Writing,
    ) -> None:
        self._escalations = escalations
        self._storming = deciders.storming
        self._answering = deciders.answering
        self._telling = telling
        self._config = config
        self._writing = writing
        self._looked_for = -1
        self._looked_at_s = 0.0

    async def wake(self, documents: Sequence[Document]) -> None:
        """Do what is due in claimed documents; who lost a race is due again later.

        One that fails holds no other back: it is logged, and stays due until the watchdog leaves it to people.
        """
        (failure,) = await asyncio.gather(self._decide(documents, wake), return_exceptions=True)
        if failure is None:
            return
        if isinstance(failure, Transient) or not isinstance(failure, Exception):
            raise failure
        if len(documents) == 1:
            log.error("escalation.failed", escalation_id=documents[0]["_id"], exc_info=failure)
            return
        for one in documents:
            await self.wake([one])

    async def wake_alone(self, document: Document) -> None:
        """Do what is due in one document; what it fails by is raised."""
        await self._decide([document], wake)

    async def reconsider(self, documents: Sequence[Document]) -> None:
        """Ask the current configuration whether claimed documents are still held back."""
        await self._decide(documents, reconsider)

    async def claim_held(self, now: datetime) -> list[Document]:
        """Claim what is held by an older configuration than this instance's; nothing when that was done already."""
        version = self._config.current.version
        now_s = clock.monotonic_s()
        if version == self._looked_for and now_s < self._looked_at_s + LOOK_AGAIN_S:
            return []
        claimed = await self._escalations.claim_held(version, now)
        if not claimed:
            self._looked_for, self._looked_at_s = version, now_s
        return claimed

    async def _decide(self, documents: Sequence[Document], decide: Decide) -> None:
        now = clock.now()
        config = self._config.current
        writing = self._writing
        claimed = [read(one).escalation for one in documents]
        let_go = [one.group.integration_id for one in claimed if is_let_go(one, config, now)]
        await self._storming.count(Counter(let_go), config)
        storms = self._storming.on
        decisions = [partial(decide, before, config, now) for before in claimed]
        decided = await self._answering.decided(decisions, storms, config)
        writes: list[EscalationWrite] = []
        for before, (after, events) in zip(claimed, decided, strict=True):
            if after is before:
                after = before.model_copy(update={"version": before.version + 1})
            events = [*events, *posts_after(before, after, config, writing.default_channel, now)]
            events += webhooks_after(before, after, config, now)
            encoded = [writing.encode(one) for one in events]
            writes.append(EscalationWrite(after, before.version, encoded, now, writing.keep))
        await self._storming.announce([one.escalation for one in writes], storms)
        lost = await self._escalations.save(writes)
        won = [one for one in writes if one.escalation.id not in lost]
        await self._telling.tell([Row(one.escalation.id, one.events) for one in won])
