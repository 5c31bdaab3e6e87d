"""Carries out the planned kills, one after the other, and brings everything back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pymongo
from pymongo.errors import PyMongoError

from deploy.local.servers import LocalServers
from tests.chaos.proof.mailbox import Mailbox
from tests.chaos.proof.plan import Plan
from tests.support.stack import Stack

READY_S = 90.0
WORST_MOMENT_S = 10.0
IN_HAND = 3
Say = Callable[[str], None]


@dataclass
class Disasters:
    """`in_flight` counts the sends whose sender was killed: only these may end as unknown."""

    plan: Plan
    stack: Stack
    servers: LocalServers
    mailbox: Mailbox
    say: Say
    in_flight: int = 0
    done: list[str] = field(default_factory=list)

    async def run(self) -> None:
        """Do every planned disaster; each is over (all services ready again) before the next begins."""
        chance = self.plan.stream("pauses")
        steps = self.plan.disasters(sorted({one.service for one in self.stack.instances}))
        for step in steps:
            await asyncio.sleep(chance.uniform(0.3, 1.5))
            word, what = step.split(" ")
            down_s = chance.uniform(0.2, 2.5)
            began = time.monotonic()
            if what in ("broker", "database"):
                await self._server(word, what, down_s)
            else:
                service, index = what.rsplit("-", 1)
                await self._service(service, int(index), down_s)
            self.done.append(step)
            self.say(f"{step}: down {down_s:.1f} s, all ready after {time.monotonic() - began:.1f} s")

    async def _service(self, service: str, index: int, down_s: float) -> None:
        if service == "notifier":
            await self._until_mails_are_in_hand()
        self.stack.kill9(service, index)
        if service == "notifier":
            self.in_flight += await asyncio.to_thread(self._sending)
        await asyncio.sleep(down_s)
        await self.stack.start_one(service, index)

    async def _until_mails_are_in_hand(self) -> None:
        """Wait for the worst moment to kill a notifier; without pages on their way there is none."""
        until = time.monotonic() + WORST_MOMENT_S
        while self.mailbox.in_hand < IN_HAND and time.monotonic() < until:
            await asyncio.sleep(0.005)

    async def _server(self, word: str, what: str, down_s: float) -> None:
        server: Any = self.servers.rabbit if what == "broker" else self.servers.mongo
        await asyncio.to_thread(server.kill if word == "kill" else server.stop)
        await asyncio.sleep(down_s)
        await asyncio.to_thread(server.start)
        await self.stack.wait_ready(timeout_s=READY_S)

    def _sending(self) -> int:
        """Return how many sends have begun whose outcome is not stored."""
        try:
            with pymongo.MongoClient[Any](self.servers.mongo.url()) as client:
                return client.get_default_database().deliveries.count_documents({"state": "sending"})
        except PyMongoError as error:
            raise RuntimeError("the database is away although nobody stopped it") from error
