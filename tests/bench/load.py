"""A paced load of whole HTTP requests over keep-alive connections; bounded in count and time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

from tests.bench.workload import Sent

CONNECTIONS = 48
TICK_S = 0.01


@dataclass
class Result:
    """What came of a load. `accepted_at` is when the answer for the opening alert of each group came."""

    sent: int = 0
    accepted: int = 0
    refused: int = 0
    began_s: float = 0.0
    ended_s: float = 0.0
    accepted_at: dict[str, float] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Accepted alerts per second."""
        return self.accepted / max(self.ended_s - self.began_s, 1e-9)


class Connection(asyncio.Protocol):
    """One keep-alive connection; answers are small, so each comes in one piece."""

    def __init__(self, answered: Callable[[Connection, bool], None]) -> None:
        self._answered = answered
        self.current: Sent | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def send(self, one: Sent) -> None:
        """Send a request; the connection must be idle."""
        self.current = one
        self.transport.write(one.request)

    def data_received(self, data: bytes) -> None:
        if data.startswith(b"HTTP/1.1 "):
            self._answered(self, data[9:12] == b"200")


class Load:
    """Sends alerts to one receiver."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[Connection] = []
        self._all: list[Connection] = []
        self.result = Result()

    async def open(self) -> None:
        """Open the connections."""
        loop = asyncio.get_running_loop()
        for _ in range(CONNECTIONS):
            _, one = await loop.create_connection(lambda: Connection(self._answered), "127.0.0.1", self._port)
            self._all.append(one)
            self._idle.append(one)

    def close(self) -> None:
        """Close the connections."""
        for one in self._all:
            one.transport.close()

    def _answered(self, connection: Connection, accepted: bool) -> None:
        one, connection.current = connection.current, None
        self.result.accepted += accepted
        self.result.refused += not accepted
        if one is not None and one.opens and accepted:
            self.result.accepted_at[one.group] = time.perf_counter()
        self._idle.append(connection)

    async def run(self, make: Callable[[], Sent], per_s: float, seconds: float, most: int = 10**9) -> Result:
        """Send `per_s` alerts a second for so long, or as fast as the receiver answers when that is less."""
        self.result = Result(began_s=time.perf_counter())
        end = self.result.began_s + seconds
        while (now := time.perf_counter()) < end and self.result.sent < most:
            wanted = min(int((now - self.result.began_s) * per_s), most) - self.result.sent
            for _ in range(min(wanted, len(self._idle))):
                self._idle.pop().send(make())
                self.result.sent += 1
            await asyncio.sleep(TICK_S if per_s < 5_000 else 0.002)
        while len(self._idle) < len(self._all):
            await asyncio.sleep(0.001)
        self.result.ended_s = time.perf_counter()
        return self.result

    async def all_of(self, alerts: list[Sent], per_s: float) -> Result:
        """Send these alerts, paced."""
        waiting = iter(alerts)
        return await self.run(lambda: next(waiting), per_s, 10 * len(alerts) / per_s, most=len(alerts))
