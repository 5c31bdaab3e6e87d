"""Works off due rows of one lane with limits, so that one slow target holds nobody else's row."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import structlog

from shared import clock
from shared.errors import Unavailable

log = structlog.get_logger(__name__)
LOOK_EVERY_S = 0.5
# A lane that had nothing to do for a minute looks less often: most channels are idle most of the time.
IDLE_AFTER_S = 60.0
IDLE_LOOK_EVERY_S = 2.0
GRACE_S = 10.0
HOLD_S = 5.0

Row = TypeVar("Row")


@dataclass(frozen=True)
class Limits:
    """How many rows are worked on at the same time, in all and for one target."""

    total: int = 64
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


def pause_s(idle_s: float) -> float:
    """Return how long a lane waits for its next look when it has had nothing in hand for `idle_s`."""
    return IDLE_LOOK_EVERY_S if idle_s > IDLE_AFTER_S else LOOK_EVERY_S


class Lane(Generic[Row]):
    """Claims due rows twice a second, and at once after `wake` or when a place becomes free.

    After a minute without any it looks every 2 s: what may come late then is a late try, or what another instance left.
    If there is a lookout (lookout.py), it rests then until it is woken, and from the beginning until its first row.

    Rows claimed above their target's limit wait here for its next free place, for at most 5 s, and no more of
    that target are claimed meanwhile. A cancelled lane claims nothing more, gives back what waits, and lets what
    is in hand end within 10 s.

    A new row needs no claim when there is a place for it: `reserve` the place, store the row as leased, `begin` it.
    Rows that wait in the ledger go first: while there may be any, no place is reserved.
    """

    def __init__(self, name: str, work: Work[Row], limits: Limits) -> None:
        self.name = name
        self._work = work
        self._limits = limits
        self._running: dict[asyncio.Task[None], str] = {}
        self._busy: Counter[str] = Counter()
        self._waiting: dict[str, _Waiting[Row]] = {}
        self._woken = asyncio.Event()
        self._was_full = False
        self._reserved = 0
        self._is_open = False
        self._is_behind = True
        self._left_out: frozenset[str] = frozenset()
        self._began_at_s = clock.monotonic_s()
        self._busy_at_s: float | None = None
        self.has_lookout = False
        self.is_resting = False

    def wake(self) -> None:
        """Look for due rows now."""
        self._is_behind = True
        self._woken.set()

    def reserve(self, target: str) -> bool:
        """Keep a place for a row that is about to be stored; False when it is to wait in the ledger."""
        if self._is_behind or target in self._waiting or target in self._left_out:
            return False
        if self._free <= sum(len(waiting.rows) for waiting in self._waiting.values()):
            return False
        self._reserved += 1
        return True

    def begin(self, row: Row) -> bool:
        """Take a row whose place was reserved; like a claimed one it may wait here. False when the lane has ended."""
        self._reserved -= 1
        if not self._is_open:
            return False
        self._take([row])
        return True

    def release(self) -> None:
        """Give back a place that was reserved in vain."""
        self._reserved -= 1
        if self._was_full:
            self._woken.set()

    @property
    def _free(self) -> int:
        return self._limits.total - len(self._running) - self._reserved

    async def run(self) -> None:
        """Work for ever."""
        self._is_open = True
        try:
            while True:
                self._woken.clear()
                if not await self._turn():
                    await self._pause()
        finally:
            self._is_open, self._is_behind = False, True
            await self._put_back_late(hold_s=0)
            if self._running:
                await asyncio.wait(self._running, timeout=GRACE_S)

    async def _turn(self) -> bool:
        """Start what is due and has a place; return whether there may be more."""
        self._is_behind = True
        free = self._free
        self._was_full = free <= 0
        await self._put_back_late(HOLD_S)
        if self._was_full:
            return False
        left_out = self._full()
        try:
            claimed = await self._work.claim(free, left_out)
        except Unavailable as error:
            log.warning("claiming.delayed", lane=self.name, reason=error.reason)
            return False
        self._take(claimed)
        self._left_out = left_out
        self._is_behind = len(claimed) >= free or self._woken.is_set()
        return bool(claimed)

    def _take(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self._waiting.setdefault(self._work.target(row), _Waiting()).rows.append(row)
        for target in {self._work.target(row) for row in rows}:
            self._start_waiting(target)

    def _full(self) -> frozenset[str]:
        """The targets that have no place, or rows waiting for the next one."""
        busy = {target for target, count in self._busy.items() if count >= self._limits.per_target}
        return frozenset(busy | self._waiting.keys())

    def _start_waiting(self, target: str) -> None:
        waiting = self._waiting.get(target)
        while waiting is not None and self._busy[target] < self._limits.per_target:
            self._start(waiting.rows.popleft(), target)
            if not waiting.rows:
                del self._waiting[target]
                return

    def _start(self, row: Row, target: str) -> None:
        self._busy[target] += 1
        self._busy_at_s = clock.monotonic_s()
        task = asyncio.create_task(self._run_one(row), name=f"{self.name}:{target}")
        self._running[task] = target
        task.add_done_callback(self._ended)

    async def _run_one(self, row: Row) -> None:
        doing = asyncio.ensure_future(self._work.do(row))
        await asyncio.wait({doing})
        error = doing.exception()
        if error is not None:
            log.error("row.broken", lane=self.name, error=str(error)[:300], exc_info=error)
            await self._work.broken(row, error)

    def _ended(self, task: asyncio.Task[None]) -> None:
        target = self._running.pop(task)
        was_full = self._busy[target] >= self._limits.per_target
        self._busy[target] -= 1
        if not self._busy[target]:
            del self._busy[target]
        self._start_waiting(target)
        if self._was_full or (was_full and target not in self._waiting):
            self._woken.set()
        if not task.cancelled() and task.exception() is not None:
            log.error("row.lost", lane=self.name, exc_info=task.exception())

    async def _put_back_late(self, hold_s: float) -> None:
        """Give back rows that waited for longer, so that an instance with free places may take them."""
        limit_s = clock.monotonic_s() - hold_s
        late = [target for target, waiting in self._waiting.items() if waiting.since_s <= limit_s]
        rows = [row for target in late for row in self._waiting.pop(target).rows]
        if not rows:
            return
        try:
            await self._work.put_back(rows)
        except Unavailable as error:
            log.warning("claiming.delayed", lane=self.name, reason=error.reason)

    async def _pause(self) -> None:
        self.is_resting = self.has_lookout and (self._busy_at_s is None or self._idle_s > IDLE_AFTER_S)
        try:
            async with asyncio.timeout(None if self.is_resting else pause_s(self._idle_s)):
                await self._woken.wait()
        except TimeoutError:
            return
        finally:
            self.is_resting = False

    @property
    def _idle_s(self) -> float:
        since_s = self._began_at_s if self._busy_at_s is None else self._busy_at_s
        return 0.0 if self._running else clock.monotonic_s() - since_s


class _Waiting(Generic[Row]):
    """Claimed rows of one target without a place, and since when the first of them waits."""

    def __init__(self) -> None:
        self.rows: deque[Row] = deque()
        self.since_s = clock.monotonic_s()
