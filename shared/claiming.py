"""Works off due rows of one lane with limits, so that one slow target holds nobody else's row."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import structlog

from shared.errors import Unavailable

log = structlog.get_logger(__name__)
LOOK_EVERY_S = 0.5
GRACE_S = 10.0

Row = TypeVar("Row")


@dataclass(frozen=True)
class Limits:
    """How many rows are worked on at the same time, in all and for one target."""

    total: int = 32
    per_target: int = 8


@dataclass(frozen=True)
class Work(Generic[Row]):
    """What a lane does: `claim(limit, targets to leave out)`, `put_back(rows)`, `do(row)`, and a row's target.

    `broken(row, error)` is told of a bug in `do`, so that a row which cannot be worked on does not come for ever.
    """

    claim: Callable[[int, frozenset[str]], Awaitable[Sequence[Row]]]
    put_back: Callable[[Sequence[Row]], Awaitable[None]]
    do: Callable[[Row], Awaitable[None]]
    target: Callable[[Row], str]
    broken: Callable[[Row, BaseException], Awaitable[None]]


class Lane(Generic[Row]):
    """Claims due rows twice a second, and at once after `wake` or when a place becomes free.

    A cancelled lane claims nothing more and gives what is in hand 10 s to end.
    """

    def __init__(self, name: str, work: Work[Row], limits: Limits) -> None:
        self.name = name
        self._work = work
        self._limits = limits
        self._running: dict[asyncio.Task[None], str] = {}
        self._woken = asyncio.Event()
        self._is_short = False  # of places: due rows wait for one to become free

    def wake(self) -> None:
        """Look for due rows now."""
        self._woken.set()

    async def run(self) -> None:
        """Work for ever."""
        try:
            while True:
                self._woken.clear()
                if not await self._turn():
                    await self._pause()
        finally:
            if self._running:
                await asyncio.wait(self._running, timeout=GRACE_S)

    async def _turn(self) -> bool:
        """Start what is due and has a place; return whether there may be more."""
        free = self._limits.total - len(self._running)
        busy = Counter(self._running.values())
        full = frozenset(target for target, count in busy.items() if count >= self._limits.per_target)
        self._is_short = bool(full) or free <= 0
        if free <= 0:
            return False
        try:
            claimed = await self._work.claim(free, full)
            surplus = [row for row in claimed if not self._start(row, busy)]
            if surplus:
                self._is_short = True
                await self._work.put_back(surplus)
        except Unavailable as error:
            log.warning("claiming.delayed", lane=self.name, reason=error.reason)
            return False
        return bool(claimed)

    def _start(self, row: Row, busy: Counter[str]) -> bool:
        target = self._work.target(row)
        if busy[target] >= self._limits.per_target:
            return False
        busy[target] += 1
        task = asyncio.create_task(self._run_one(row), name=f"{self.name}:{target}")
        self._running[task] = target
        task.add_done_callback(self._ended)
        return True

    async def _run_one(self, row: Row) -> None:
        doing = asyncio.ensure_future(self._work.do(row))
        await asyncio.wait({doing})
        error = doing.exception()
        if error is not None:
            log.error("row.broken", lane=self.name, error=str(error)[:300], exc_info=error)
            await self._work.broken(row, error)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._running[task]
        if self._is_short:
            self._woken.set()
        if not task.cancelled() and task.exception() is not None:
            log.error("row.lost", lane=self.name, exc_info=task.exception())

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(LOOK_EVERY_S):
                await self._woken.wait()
        except TimeoutError:
            return
