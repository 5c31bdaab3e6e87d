"""The receiver's own SMTP server: connections, their limits and their end."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import AnyStr, cast

import structlog
from aiosmtpd.smtp import SMTP

from services.receiver.mail_settings import MailSettings
from services.receiver.smtp_certificate import Certificate
from services.receiver.smtp_handler import MailEnvelope, SmtpHandler

log = structlog.get_logger(__name__)
# Commands of one kind in one connection; a sender with more mails opens another.
MAX_COMMANDS = 1000
# What may come beyond a mail's limit: a sender learns more from 552 at the end than from a broken line.
SLACK_BYTES = 1024 * 1024
CLOSE_WITHIN_S = 10.0


class SmtpServer:
    """Listens while it is open; `close` lets mails that are being accepted have their answer."""

    def __init__(self, settings: MailSettings, handler: SmtpHandler) -> None:
        self.settings = settings
        self.handler = handler
        self.is_stopping = False
        self.name = settings.inbound_smtp_name or settings.mail_domains[0]
        self.certificate = _certificate(settings)
        self._connections: set[Connection] = set()
        self._server: asyncio.Server | None = None
        handler.is_stopping = lambda: self.is_stopping
        # The library logs every command, and a recipient's address holds a token.
        logging.getLogger("mail.log").setLevel(logging.CRITICAL)

    def count(self) -> int:
        """Return how many connections are open."""
        return len(self._connections)

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: the port is taken, or may not be used.
        """
        settings = self.settings
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Connection(self), settings.inbound_smtp_host, settings.inbound_smtp_port
        )
        log.info("smtp.started", host=settings.inbound_smtp_host, port=settings.inbound_smtp_port)

    def stop_taking(self) -> None:
        """Take no connection and no mail any more."""
        self.is_stopping = True
        if self._server is not None:
            self._server.close()
        for one in self._connections:
            one.say_goodbye()

    async def close(self) -> None:
        """Wait until mails in hand have their answer, then end what is left."""
        self.stop_taking()
        try:
            async with asyncio.timeout(CLOSE_WITHIN_S):
                while any(one.is_answering for one in self._connections):
                    await asyncio.sleep(0.02)
        except TimeoutError:
            log.warning("smtp.cut_off", connections=self.count())
        for one in list(self._connections):
            one.end()

    def admits(self, connection: Connection, host: str) -> bool:
        """Whether there is a place for one more connection; it has the place from then on."""
        limit = self.settings.inbound_smtp_max_connections
        of_host = Counter(one.host for one in self._connections)[host]
        if self.is_stopping or self.count() >= limit or of_host >= max(1, limit // 2):
            return False
        self._connections.add(connection)
        return True

    def forget(self, connection: Connection) -> None:
        """Free a connection's place."""
        self._connections.discard(connection)


class Connection(SMTP):
    """One sender's line."""

    # Senders write longer lines than they may; the library's 1,000 octets would lose their mails.
    line_length_limit = 64 * 1024

    def __init__(self, server: SmtpServer) -> None:
        settings = server.settings
        super().__init__(
            server.handler,
            data_size_limit=settings.inbound_email_max_bytes,
            enable_SMTPUTF8=True,
            hostname=server.name,
            ident="Tocsin",
            tls_context=server.certificate(),
            require_starttls=settings.inbound_smtp_require_tls,
            timeout=settings.inbound_smtp_timeout_s,
            auth_exclude_mechanism=("LOGIN", "PLAIN"),
            command_call_limit=MAX_COMMANDS,
            loop=asyncio.get_running_loop(),
        )
        self._house = server
        self._most_bytes = 2 * settings.inbound_email_max_bytes + SLACK_BYTES
        self._bytes = 0
        self._is_turned_away = False
        self.is_answering = False
        self.host = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the line, or turn it away. It is made once more, encrypted, by STARTTLS."""
        if self._original_transport is None:
            self.host = str((transport.get_extra_info("peername") or [""])[0])
            if not self._house.admits(self, self.host):
                self._is_turned_away = True
                self.transport = transport
                self._write(f"421 4.3.2 {self._house.name} Too many connections")
                self.end()
                return
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Free the place."""
        self._house.forget(self)
        if not self._is_turned_away:
            super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        """Count what comes for one mail: the library would keep a line without an end for ever."""
        self._bytes += len(data)
        if self._is_turned_away:
            return
        if self._bytes > self._most_bytes:
            self._write("552 5.3.4 Too much mail data")
            self.end()
            return
        super().data_received(data)

    def eof_received(self) -> bool | None:
        """Take the sender's end of the line."""
        return None if self._is_turned_away else super().eof_received()

    def _create_envelope(self) -> MailEnvelope:
        """Begin a mail."""
        self._bytes = 0
        return MailEnvelope()

    async def _call_handler_hook(self, command: str, *args: object) -> object:
        if command == "DATA":
            self.is_answering = True
        return await super()._call_handler_hook(command, *args)

    async def push(self, status: AnyStr) -> None:
        """Write an answer."""
        await super().push(status)
        self.is_answering = False

    def say_goodbye(self) -> None:
        """End the line, unless a mail waits for its answer."""
        if not self.is_answering:
            self._write(f"421 4.3.2 {self._house.name} Going down")
            self.end()

    def end(self) -> None:
        """Close the line."""
        if self.transport is not None:
            self.transport.close()

    def _write(self, line: str) -> None:
        if self.transport is not None:
            cast(asyncio.WriteTransport, self.transport).write(f"{line}\r\n".encode())


def _certificate(settings: MailSettings) -> Callable[[], ssl.SSLContext | None]:
    if not settings.inbound_smtp_tls_certificate:
        return lambda: None
    key = settings.inbound_smtp_tls_key
    return Certificate(Path(settings.inbound_smtp_tls_certificate), Path(key) if key else None).context
