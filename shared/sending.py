"""Performs what channels describe: one place for every vendor's calls, in two halves (prepare, hand over)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from types import TracebackType
from typing import Self

from shared.channels.channel import Call, HttpCall, Reply, SmtpReply
from shared.http import HttpClient, is_any, is_public
from shared.smtp import SmtpClient

HandOver = Callable[[], Awaitable[Reply]]


class Outlet:
    """HTTP and SMTP behind one door. Use as an async context manager."""

    def __init__(self, *, allow_private_addresses: bool = False) -> None:
        self._http = HttpClient(is_any if allow_private_addresses else is_public)
        self._smtp = SmtpClient()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self._http)
        await self._stack.enter_async_context(self._smtp)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    @asynccontextmanager
    async def prepared(self, call: Call) -> AsyncIterator[HandOver | SmtpReply]:
        """Do all that leaves no trace at the other side, and yield what hands the message over.

        A refusal that comes already now is yielded in its place. Raises as shared/http.py and shared/smtp.py.
        """
        if isinstance(call, HttpCall):
            yield lambda: self._http.send(call)
            return
        async with self._smtp.prepared(call) as ready:
            yield ready

    async def perform(self, call: Call) -> Reply:
        """Make the call without a pause between its halves; return whatever answered."""
        async with self.prepared(call) as ready:
            return ready if isinstance(ready, SmtpReply) else await ready()
