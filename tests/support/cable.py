"""A cable between a service and a server that a test can pull out and plug in again.

It lives in a thread of its own, so that it carries also while the service blocks the test's loop.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, Self
from urllib.parse import urlsplit


class Cable:
    """Forwards a local port to a server. Use as an async context manager; `port` stays the same when cut."""

    def __init__(self, host: str, port: int) -> None:
        self._to = (host, port)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.ends: set[asyncio.WriteTransport] = set()
        self.port = 0

    @classmethod
    def to(cls, url: str) -> Cable:
        """Make a cable to the server of a URL."""
        parts = urlsplit(url)
        assert parts.hostname is not None
        assert parts.port is not None
        return cls(parts.hostname, parts.port)

    async def __aenter__(self) -> Self:
        self._thread.start()
        await self.plug_in()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.cut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def mongo_url(self, url: str) -> str:
        """The URL of the same MongoDB through this cable (the driver must not look for other members)."""
        return f"mongodb://127.0.0.1:{self.port}{urlsplit(url).path}?directConnection=true"

    async def plug_in(self) -> None:
        """Take connections (again)."""
        await self._there(self._plug_in())

    async def cut(self) -> None:
        """Break all lines and refuse new ones."""
        await self._there(self._cut())

    async def _there(self, work: Coroutine[Any, Any, None]) -> None:
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    async def _plug_in(self) -> None:
        self._server = await self._loop.create_server(lambda: _End(self), "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _cut(self) -> None:
        self._server.close()
        while self.ends:
            for end in list(self.ends):
                end.abort()
            await asyncio.sleep(0.01)

    async def connect(self, near: _End) -> None:
        """Give a new line its other end."""
        _, far = await self._loop.create_connection(lambda: _End(self, near), *self._to)
        near.join(far)


class _End(asyncio.Protocol):
    """One end of one line; what it gets before the other end is there waits."""

    def __init__(self, cable: Cable, other: _End | None = None) -> None:
        self._cable = cable
        self._other = other
        self._waiting: list[bytes] = []
        self._connecting: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self.transport = transport
        self._cable.ends.add(transport)
        if self._other is None:
            self._connecting = asyncio.ensure_future(self._cable.connect(self))

    def join(self, other: _End) -> None:
        """Carry on to the other end."""
        self._other = other
        for data in self._waiting:
            other.transport.write(data)

    def data_received(self, data: bytes) -> None:
        if self._other is None:
            self._waiting.append(data)
        else:
            self._other.transport.write(data)

    def connection_lost(self, error: Exception | None) -> None:
        self._cable.ends.discard(self.transport)
        if self._connecting is not None:
            self._connecting.cancel()
        if self._other is not None:
            self._other.transport.abort()
