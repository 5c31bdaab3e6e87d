"""A real SMTP server on a local port that keeps its mail and can reject, hang or break off.

What was paged is counted here, at the receiving end.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Self

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(frozen=True)
class Mail:
    """One mail that the server took."""

    sender: str
    recipient: str
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        """The mail, parsed."""
        return message_from_bytes(self.raw, policy=policy.default)  # type: ignore[return-value]

    @property
    def message_id(self) -> str:
        """The Message-ID header."""
        return str(self.message["Message-ID"])

    @property
    def text(self) -> str:
        """The text part."""
        part = self.message.get_body(("plain",))
        return part.get_content() if part else ""


@dataclass
class Faults:
    """What goes wrong. Answers are whole lines such as "451 later"; `count` of them, then it works again."""

    answers: dict[str, str] = field(default_factory=dict)  # MAIL, RCPT or DATA -> answer
    count: int = 1_000_000
    drops_after_data: int = 0  # mails taken, line broken before the answer
    hanging_at: str = ""  # EHLO, MAIL, RCPT, DATA, or ANSWER: the mail is taken by then
    hanging_for: str = ""  # only recipients of this domain (RCPT, DATA and ANSWER)
    released: asyncio.Event = field(default_factory=asyncio.Event)


class SmtpDouble:
    """Use as an async context manager; it listens on `host` and `port` from then on."""

    host = "127.0.0.1"

    def __init__(self) -> None:
        self.faults = Faults()
        self.mails: list[Mail] = []
        self.connections = 0
        self.waiting = 0  # commands that hang right now
        self.broken_off = 0  # lines that have ended
        self._lines: set[asyncio.WriteTransport] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.get_running_loop().create_server(self._line, self.host, 0)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.faults.released.set()
        await self.stop()

    async def stop(self) -> None:
        """Stop listening and break all lines, as a server that dies."""
        self._server.close()
        self.break_lines()
        await asyncio.sleep(0)

    def break_lines(self) -> None:
        """Break all open lines and go on listening."""
        for transport in list(self._lines):
            transport.abort()

    def of(self, recipient: str) -> list[Mail]:
        """The mails that one recipient got."""
        return [one for one in self.mails if one.recipient == recipient]

    def repeated(self) -> set[str]:
        """Message-IDs that came more than once. (No property: aiosmtpd reads its handler's at each connection.)"""
        return {id for id, count in Counter(one.message_id for one in self.mails).items() if count > 1}

    def _line(self) -> SMTP:
        self.connections += 1
        return _Line(self)

    async def _fault(self, command: str, recipient: str = "") -> str | None:
        faults = self.faults
        if faults.hanging_at == command and recipient.endswith(faults.hanging_for):
            self.waiting += 1
            try:
                await faults.released.wait()
            finally:
                self.waiting -= 1
        if command in faults.answers and faults.count > 0:
            faults.count -= 1
            return faults.answers[command]
        return None

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Greet."""
        await self._fault("EHLO")
        session.host_name = hostname
        return responses

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take the sender."""
        refused = await self._fault("MAIL")
        if refused:
            return refused
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient."""
        refused = await self._fault("RCPT", address)
        if refused:
            return refused
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take the mail."""
        refused = await self._fault("DATA", envelope.rcpt_tos[0])
        if refused:
            return refused
        assert isinstance(envelope.content, bytes)
        self.mails += [Mail(envelope.mail_from or "", one, envelope.content) for one in envelope.rcpt_tos]
        await self._fault("ANSWER", envelope.rcpt_tos[0])
        if self.faults.drops_after_data > 0:
            self.faults.drops_after_data -= 1
            server.transport.abort()
        return f"250 queued as {len(self.mails)}"


class _Line(SMTP):
    """One connection; known to its double so that it can be broken."""

    def __init__(self, double: SmtpDouble) -> None:
        super().__init__(double, hostname="smtp.double", enable_SMTPUTF8=False)
        self._double = double

    def connection_made(self, transport: Any) -> None:
        self._double._lines.add(transport)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._double._lines.discard(self.transport)
        self._double.broken_off += 1
        super().connection_lost(error)
