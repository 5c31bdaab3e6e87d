"""Looks at schedules whose time has come, or whose configuration changed, and tells what is to be told of them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from services.escalator.deciding import Encode
from shared import clock
from shared.domain.configuration import ConfigSnapshot
from shared.domain.duties import Duty, look
from shared.live_configuration import LiveConfiguration
from shared.store.duties import Duties, DutyWrite, read
from shared.store.mongo import Document
from shared.telling import Row, Telling

# What an instance with an older configuration wrote is found within this time.
LOOK_AGAIN_S = 10.0


class DueDuties:
    """Feeds claimed duties to the decision; who lost a race is due again later."""

    def __init__(self, duties: Duties, telling: Telling, config: LiveConfiguration, encode: Encode) -> None:
        self._duties = duties
        self._telling = telling
        self._config = config
        self._encode = encode
        self._begun_for = -1
        self._looked_for = -1
        self._looked_at_s = 0.0

    async def look(self, documents: Sequence[Document]) -> None:
        """Look at the schedules of claimed documents; one that cannot be is told of when the others are done."""
        config, now = self._config.current, clock.now()
        writes: list[DutyWrite] = []
        failures: list[BaseException] = []
        for before in map(read, documents):
            if before.config_version > config.version:
                # An instance that is behind would tell what is no longer so; the lease ends in a moment.
                self._config.changed(before.config_version)
                continue
            await asyncio.sleep(0)  # a look takes milliseconds; events go on in between
            (found,) = await asyncio.gather(self._look(before, config, now), return_exceptions=True)
            if isinstance(found, BaseException):
                failures.append(found)
            else:
                writes.append(found)
        lost = await self._duties.save(writes)
        won = [one for one in writes if one.duty.id not in lost and one.events]
        await self._telling.tell([Row(one.duty.id, one.events) for one in won])
        if failures:
            raise failures[0]

    async def _look(self, before: Duty, config: ConfigSnapshot, now: datetime) -> DutyWrite:
        after, events = look(before, config, now)
        return DutyWrite(after, before.version, [self._encode(one) for one in events], now)

    async def claim_older(self, now: datetime) -> list[Document]:
        """Begin duties of new schedules, and claim those that an older configuration decided."""
        config, now_s = self._config.current, clock.monotonic_s()
        if config.version != self._begun_for:
            await self._duties.begin([one.id for one in config.schedules], now)
            self._begun_for = config.version
        if config.version == self._looked_for and now_s < self._looked_at_s + LOOK_AGAIN_S:
            return []
        claimed = await self._duties.claim_older(config.version, now)
        if not claimed:
            self._looked_for, self._looked_at_s = config.version, now_s
        return claimed
