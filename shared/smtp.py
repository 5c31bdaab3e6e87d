"""Hands mail to an SMTP server in two halves, so that the last check of the group stands between them.

Up to RCPT nothing has been sent, whatever happens. From DATA on, a broken line leaves the outcome unknown.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from types import TracebackType
from typing import Self

from aiosmtplib import (
    SMTP,
    SMTPConnectError,
    SMTPException,
    SMTPResponseException,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)

from shared import clock
from shared.channels.channel import SmtpCall, SmtpReply, SmtpServer
from shared.errors import Permanent, Transient, Unanswered

_IDLE_S = 10.0
_IDLE_LINES = 64
_OPEN_LIMIT_S = 10.0
_CLOSING = 421  # a server's goodbye to a line that was idle for too long

HandOver = Callable[[], Awaitable[SmtpReply]]


class SmtpClient:
    """Sends mail; keeps lines that were used a moment ago. Use as an async context manager."""

    def __init__(self) -> None:
        self._idle: dict[SmtpServer, list[tuple[SMTP, float]]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for line, _ in [one for lines in self._idle.values() for one in lines]:
            line.close()
        self._idle.clear()

    @asynccontextmanager
    async def prepared(self, call: SmtpCall) -> AsyncIterator[HandOver | SmtpReply]:
        """Connect, log in, name sender and recipient: all but the mail itself.

        Yields what hands the mail over, or the server's answer if it refused one of these. Takes at most
        10 s (or `call.timeout_s`, if that is less).

        Raises:
            Transient: no connection, or the line broke: surely not sent.
            Permanent: the server offers no TLS or no login although the settings ask for it.
        """
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(min(_OPEN_LIMIT_S, call.timeout_s)):
                    line = await self._addressed(call)
            except SMTPResponseException as error:
                yield SmtpReply(error.code, error.message)
                return
            except (
                SMTPConnectError,
                SMTPServerDisconnected,
                SMTPTimeoutError,
                TimeoutError,
                OSError,
            ) as error:
                raise Transient(f"no line to the mail server {call.server.host}: {_what(error)}") from error
            except (SMTPException, ValueError) as error:
                raise Permanent(f"the mail server {call.server.host}: {_what(error)}") from error
            stack.callback(line.close)

            async def hand_over() -> SmtpReply:
                reply = await _data(line, call)
                stack.pop_all()
                self._keep(call.server, line)
                return reply

            yield hand_over

    async def _addressed(self, call: SmtpCall) -> SMTP:
        """Return a line that has taken sender and recipient: a kept one if it still works, else a new one."""
        kept = self._take(call.server)
        if kept is not None:
            try:
                return await _envelope(kept, call)
            except (SMTPServerDisconnected, SMTPTimeoutError):
                kept.close()
            except SMTPResponseException as error:
                if error.code != _CLOSING:
                    raise
        return await _envelope(await _opened(call), call)

    def _take(self, server: SmtpServer) -> SMTP | None:
        lines = self._idle.get(server, [])
        while lines:
            line, since_s = lines.pop()
            if line.is_connected and clock.monotonic_s() - since_s < _IDLE_S:
                return line
            line.close()
        return None

    def _keep(self, server: SmtpServer, line: SMTP) -> None:
        lines = self._idle.setdefault(server, [])
        if line.is_connected and len(lines) < _IDLE_LINES:
            lines.append((line, clock.monotonic_s()))
        else:
            line.close()


async def _opened(call: SmtpCall) -> SMTP:
    server = call.server
    line = SMTP(
        hostname=server.host,
        port=server.port,
        username=server.username or None,
        password=server.password if server.username else None,
        use_tls=server.tls == "tls",
        start_tls=server.tls == "starttls",
        timeout=call.timeout_s,
        local_hostname=call.sender.rpartition("@")[2] or "localhost",
    )
    try:
        await line.connect()
    except BaseException:
        line.close()
        raise
    return line


async def _envelope(line: SMTP, call: SmtpCall) -> SMTP:
    try:
        await line.mail(call.sender)
        await line.rcpt(call.recipient)
    except BaseException:
        line.close()
        raise
    return line


async def _data(line: SMTP, call: SmtpCall) -> SmtpReply:
    """Hand the mail over.

    Raises:
        Unanswered: the line broke or time ran out before the server's word.
    """
    try:
        async with asyncio.timeout(call.timeout_s):
            response = await line.data(call.message)
    except SMTPResponseException as error:
        return SmtpReply(error.code, error.message)
    except (SMTPServerDisconnected, SMTPTimeoutError, TimeoutError, OSError) as error:
        line.close()
        raise Unanswered(
            f"the mail server {call.server.host} took the mail without an answer: {_what(error)}"
        ) from error
    return SmtpReply(response.code, response.message)


def _what(error: Exception) -> str:
    return str(error) or type(error).__name__
