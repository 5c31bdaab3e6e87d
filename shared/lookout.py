"""One look for all lanes that rest, in the place of one each: most channels are idle most of the time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

import structlog

from shared.claiming import Lane
from shared.errors import Unavailable

log = structlog.get_logger(__name__)
LOOK_EVERY_S = 1.0
Waiting = Callable[[Sequence[str]], Awaitable[Iterable[str]]]


class Lookout:
    """Wakes lanes that have nothing to do but to wait; `waiting(names)` returns those of them that have due rows."""

    def __init__(self, lanes: Sequence[Lane[Any]], waiting: Waiting) -> None:
        self._lanes = lanes
        self._waiting = waiting
        for lane in lanes:
            lane.has_lookout = True

    async def run(self) -> None:
        """Look every second, for ever."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            await self.look()

    async def look(self) -> None:
        """Wake the lanes that rest although rows are due; which other lanes have any, they see themselves."""
        resting = {lane.name: lane for lane in self._lanes if lane.is_resting}
        if not resting:
            return
        try:
            found = await self._waiting(list(resting))
        except Unavailable as error:
            log.warning("claiming.delayed", lanes=len(resting), reason=error.reason)
            return
        for name in set(found):
            resting[name].wake()
