"""Wait steps and waits in people's rules whose time has come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from services.escalator.deciding import Encode
from shared import clock
from shared.domain.escalation import wake
from shared.live_configuration import LiveConfiguration
from shared.store.escalations import Escalations, EscalationWrite, read
from shared.store.mongo import Document
from shared.telling import Row, Telling


class DueEscalations:
    """Wakes escalations that are due."""

    def __init__(
        self,
        escalations: Escalations,
        telling: Telling,
        config: LiveConfiguration,
        encode: Encode,
        keep: timedelta,
    ) -> None:
        self._escalations = escalations
        self._telling = telling
        self._config = config
        self._encode = encode
        self._keep = keep

    async def wake(self, documents: Sequence[Document]) -> None:
        """Feed claimed documents to the same decision as an event; who lost a race is due again later."""
        now = clock.now()
        writes: list[EscalationWrite] = []
        for document in documents:
            before = read(document).escalation
            after, events = wake(before, self._config.current, now)
            if after is before:
                after = before.model_copy(update={"version": before.version + 1})
            encoded = [self._encode(one) for one in events]
            writes.append(EscalationWrite(after, before.version, encoded, now, self._keep))
        lost = await self._escalations.save(writes)
        won = [one for one in writes if one.escalation.id not in lost]
        await self._telling.tell([Row(one.escalation.id, one.events) for one in won])
