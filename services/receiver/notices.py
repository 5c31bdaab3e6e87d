"""Tells people what the receiver noticed about an integration and nobody else can see, as its problems, counted.

It says nothing that an alert depends on: what was noticed within 5 s of a crash may be missing from the counts.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from typing import NamedTuple

import structlog

from shared import clock
from shared.bus.publisher import Publisher
from shared.domain.model import Problem
from shared.errors import Unavailable
from shared.events import StageDecided

log = structlog.get_logger(__name__)
TELL_EVERY_S = 5.0
TELL_WITHIN_S = 2.0
# Noticed and not told yet; while the broker is away nothing more is remembered than this.
MAX_NOTICES = 10_000


class Notice(NamedTuple):
    """What is noticed: of which integration, about what (`where` of a problem), and the sentence for people."""

    integration_id: str
    where: str
    message: str


class Notices:
    """Gathers notices and tells them together. `run` is its task."""

    def __init__(self, bus: Publisher) -> None:
        self._bus = bus
        self._counts: Counter[Notice] = Counter()

    def add(self, notice: Notice) -> None:
        """Notice something, once more."""
        if notice in self._counts or len(self._counts) < MAX_NOTICES:
            self._counts[notice] += 1

    async def run(self) -> None:
        """Tell every 5 s, for ever."""
        while True:
            await asyncio.sleep(TELL_EVERY_S)
            await self.tell()

    async def tell(self) -> None:
        """Tell what was noticed since the last time; while the broker is away it is kept."""
        if not self._counts:
            return
        counts, self._counts = self._counts, Counter()
        try:
            await self._bus.publish(_events(counts), timeout_s=TELL_WITHIN_S)
        except Unavailable as error:
            log.info("notices.kept", notices=len(counts), reason=error.reason)
            self._counts.update(counts)


def _events(counts: Counter[Notice]) -> list[StageDecided]:
    """Return one event per integration."""
    problems: dict[str, list[Problem]] = {}
    for one, count in counts.items():
        problem = Problem(
            integration_id=one.integration_id, where=one.where, message=one.message, count=count
        )
        problems.setdefault(one.integration_id, []).append(problem)
    return [
        StageDecided(
            id=str(uuid.uuid4()),
            time=clock.now(),
            subject=integration_id,
            stage="receiver",
            decision="noticed",
            reason="; ".join(one.message for one in found)[:500],
            problems=tuple(found),
        )
        for integration_id, found in problems.items()
    ]
