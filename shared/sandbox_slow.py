"""Which integrations' templates are slow, and the way on which their jobs wait for each other and for nobody else."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from shared import clock
from shared.errors import Transient
from shared.sandbox_kinds import Defined
from shared.sandbox_pool import Item

# So many jobs of one integration given up within a minute: its templates rest for as long.
STRIKES = 3
REST_S = 60.0
# How long an integration stays on the slow way after its last slow job.
SLOW_FOR_S = 60.0
# What one integration's longer jobs may take beside the others: a part of one processor, and this much at once.
SHARE = 0.05
SHARE_S = 0.3
# Jobs of one integration that may wait there; for more than that the safe default is sooner and better.
MOST_OF_ONE = 40
MOST_KEPT = 2000

Key = tuple[str, int]


def key_of(defined: Defined) -> Key:
    """Return what slowness is remembered by: an integration at one version of the configuration."""
    return (defined.integration.id, defined.config_version)


class Strikes:
    """Remembers which integrations' templates were given up lately, to stop trying for a while."""

    def __init__(self) -> None:
        self._at: dict[Key, deque[float]] = {}

    def add(self, defined: Defined) -> None:
        """Count one given-up job of an integration at a configuration version."""
        now = clock.monotonic_s()
        self._at = {one: times for one, times in self._at.items() if now - times[-1] < REST_S}
        self._at.setdefault(key_of(defined), deque(maxlen=STRIKES)).append(now)

    def resting(self, defined: Defined) -> bool:
        """Whether its templates are not tried for now."""
        times = self._at.get(key_of(defined))
        if times is None or len(times) < STRIKES:
            return False
        return clock.monotonic_s() - times[-1] < REST_S and times[-1] - times[0] < REST_S


class Slow:
    """Remembers which integrations had a slow job within the last minute, and which never had one."""

    def __init__(self) -> None:
        self._until: dict[Key, float] = {}
        self._suspects: set[Key] = set()
        self._fine: set[Key] = set()
        self._levels: dict[Key, tuple[float, float]] = {}

    def mark(self, defined: Defined) -> None:
        """Send its next jobs the slow way."""
        now = clock.monotonic_s()
        self._until = {one: until for one, until in self._until.items() if until > now}
        self._until[key_of(defined)] = now + SLOW_FOR_S
        self._fine.discard(key_of(defined))
        self._suspects.discard(key_of(defined))

    def suspect(self, defined: Defined) -> None:
        """Send its next jobs the slow way, before the others there: it was not tried, and is likely to be quick."""
        if not self.is_slow(defined):
            self.mark(defined)
            self._suspects.add(key_of(defined))

    def is_suspect(self, defined: Defined) -> bool:
        """Whether it goes the slow way without having been tried."""
        return key_of(defined) in self._suspects

    def spent(self, defined: Defined, took_s: float) -> None:
        """Count a job that took longer than most; who has many of them is slow too."""
        now, key = clock.monotonic_s(), key_of(defined)
        level_s, at = self._levels.get(key, (0.0, now))
        level_s = max(0.0, level_s - (now - at) * SHARE) + took_s
        if len(self._levels) > MOST_KEPT:
            self._levels.clear()
        self._levels[key] = (level_s, now)
        if level_s > SHARE_S:
            self.mark(defined)

    def unmark(self, defined: Defined) -> None:
        """A job of it was quick after all."""
        self._until.pop(key_of(defined), None)
        self._suspects.discard(key_of(defined))

    def praise(self, defined: Defined) -> None:
        """A job of it was quick among the others."""
        if len(self._fine) > MOST_KEPT:
            self._fine.clear()
        self._fine.add(key_of(defined))

    def is_slow(self, defined: Defined) -> bool:
        """Whether its jobs go the slow way."""
        return bool(self._until) and self._until.get(key_of(defined), 0.0) > clock.monotonic_s()

    def is_fine(self, defined: Defined) -> bool:
        """Whether it had a quick job and no slow one since."""
        return key_of(defined) in self._fine


@dataclass(frozen=True)
class Waiting:
    """One job on the slow way, and how it is evaluated there."""

    id: str
    item: Item
    evaluate: Callable[[Item], Awaitable[Any]]
    answer: asyncio.Future[Any]


class SlowLane:
    """Jobs of slow integrations, one after the other, the integrations in turn; those that are quick come first.

    Their answers are kept for whoever asks for them by the job's id; without a worker process they are errors.
    """

    def __init__(self, slow: Slow) -> None:
        self._slow = slow
        self._queues: OrderedDict[Key, deque[Waiting]] = OrderedDict()
        self._answers: OrderedDict[str, asyncio.Future[Any]] = OrderedDict()
        self._working: asyncio.Task[None] | None = None

    def ahead_of(self, defined: Defined) -> int:
        """Return how many jobs come before one of this integration that would be added now."""
        if self._comes_first(defined):
            return 0
        own = len(self._queues.get(key_of(defined), ()))
        return sum(min(own + 1, len(one)) for one in self._queues.values())

    def waiting(self, id: str) -> asyncio.Future[Any] | None:
        """Return where the answer to this job is, or will be; None when it is not on this way."""
        return self._answers.get(id) if self._answers else None

    def forget(self, id: str) -> None:
        """The answer to a job was taken."""
        self._answers.pop(id, None)

    def is_crowded(self, item: Item) -> bool:
        """Whether so many jobs of its integration wait that another one had better not."""
        return item.defined is not None and len(self._queues.get(key_of(item.defined), ())) >= MOST_OF_ONE

    def _comes_first(self, defined: Defined) -> bool:
        return self._slow.is_suspect(defined) or not self._slow.is_slow(defined)

    def add(self, id: str, item: Item, evaluate: Callable[[Item], Awaitable[Any]]) -> asyncio.Future[Any]:
        """Let a job wait; return where its answer will be."""
        assert item.defined is not None
        queue = self._queues.setdefault(key_of(item.defined), deque())
        waiting = Waiting(id, item, evaluate, asyncio.get_running_loop().create_future())
        queue.append(waiting)
        if self._comes_first(item.defined):
            self._queues.move_to_end(key_of(item.defined), last=False)
        self._answers[id] = waiting.answer
        # An answer that nobody came back for: its event went to another instance.
        while len(self._answers) > MOST_KEPT:
            self._answers.popitem(last=False)
        if self._working is None or self._working.done():
            self._working = asyncio.get_running_loop().create_task(self._work())
        return waiting.answer

    async def close(self) -> None:
        """Stop; what waits is tried again by whoever gets its event next."""
        if self._working is not None:
            self._working.cancel()
            await asyncio.gather(self._working, return_exceptions=True)
        for one in self._answers.values():
            one.cancel()

    async def _work(self) -> None:
        while self._queues:
            key, queue = next(iter(self._queues.items()))
            one = queue.popleft()
            try:
                answer = await one.evaluate(one.item)
                one.answer.set_result(answer)
            except Transient as error:
                one.answer.set_exception(error)
                one.answer.exception()  # nobody may ask for it
            finally:
                one.answer.cancel()
            if not queue:
                self._queues.pop(key, None)
            elif one.item.defined is not None and not self._comes_first(one.item.defined):
                self._queues.move_to_end(key)
