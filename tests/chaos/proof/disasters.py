"""Carries out the planned kills, one after the other, and brings everything back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from deploy.local.servers import LocalServers
from tests.chaos.proof.cut_off import CutOff
from tests.chaos.proof.ends import Ends
from tests.chaos.proof.plan import Plan
from tests.support.stack import Stack

READY_S = 90.0
WORST_MOMENT_S = 10.0
WINDOW_S = 25.0
COLLECTED = 3
Say = Callable[[str], None]


@dataclass
class Disasters:
    """`cut_off` keeps the sends whose sender was killed: only these may end as unknown.

    `missed` are the windows in which nothing was in hand. `stored` is the database, read past the product.
    """

    plan: Plan
    stack: Stack
    servers: LocalServers
    ends: Ends
    cut_off: CutOff
    stored: Any
    say: Say
    done: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    async def run(self) -> None:
        """Do every planned disaster; each is over (all services ready again) before the next begins."""
        chance = self.plan.stream("pauses")
        steps = self.plan.disasters(sorted({one.service for one in self.stack.instances}))
        for step in steps:
            await asyncio.sleep(chance.uniform(0.3, 1.5))
            word, what, *window = step.split(" ")
            down_s = chance.uniform(0.2, 2.5)
            began = time.monotonic()
            if what in ("broker", "database"):
                await self._server(word, what, down_s)
            elif window:
                await self._in_window(step, what.removesuffix("-*"), window[-1], down_s)
            else:
                await self._service(step, what, down_s)
            self.done.append(step)
            self.say(f"{step}: down {down_s:.1f} s, all ready after {time.monotonic() - began:.1f} s")

    async def _service(self, step: str, what: str, down_s: float) -> None:
        service, index = what.rsplit("-", 1)
        if service == "notifier":
            # Without pages on their way there is no worst moment.
            await self._wait(self.ends.hold("email"), WORST_MOMENT_S)
        await self._kill(step, service, [int(index)], down_s)

    async def _in_window(self, step: str, service: str, window: str, down_s: float) -> None:
        """Kill all instances of a sender while one of them is where the window says."""
        is_there = self._collected if window == "collected" else self.ends.hold(window)
        if not await self._wait(is_there, WINDOW_S):
            self.missed.append(step)
        await self._kill(step, service, range(self.plan.instances), down_s)

    async def _kill(self, step: str, service: str, indexes: Sequence[int], down_s: float) -> None:
        for index in indexes:
            self.stack.kill9(service, index)
        at = time.time()
        if service == "notifier":
            count = await asyncio.to_thread(self.cut_off.note, at, step)
            self.say(f"{step}: {count} sends were under way")
        self.ends.release()
        await asyncio.sleep(down_s)
        if service == "notifier":
            await asyncio.to_thread(self.cut_off.note, at, step)
        await asyncio.gather(*(self.stack.start_one(service, index) for index in indexes))

    async def _wait(self, is_there: Callable[[], Any], timeout_s: float) -> bool:
        until = time.monotonic() + timeout_s
        while not is_there():
            if time.monotonic() > until:
                return False
            await asyncio.sleep(0.005)
        return True

    async def _server(self, word: str, what: str, down_s: float) -> None:
        server: Any = self.servers.rabbit if what == "broker" else self.servers.mongo
        await asyncio.to_thread(server.kill if word == "kill" else server.stop)
        await asyncio.sleep(down_s)
        await asyncio.to_thread(server.start)
        await self.stack.wait_ready(timeout_s=READY_S)

    def _collected(self) -> bool:
        """Whether pages wait for the message that takes them along."""
        waiting = {"state": "pending", "bundle": {"$exists": True}}
        found: int = self.stored.deliveries.count_documents(waiting)
        return found >= COLLECTED
