"""What the SMTP server answers to each command of a mail: known recipients only, and 250 only for what is safe."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

from services.receiver.mails import Mails
from services.receiver.measures import Measures
from services.receiver.recipients import Known, Recipients
from shared.domain.ingest import Refused
from shared.domain.mail import parse
from shared.errors import Transient

log = structlog.get_logger(__name__)
MAX_RECIPIENTS = 100
# Whoever tries so many addresses that nobody has is looking for tokens.
MAX_UNKNOWN = 20
UNKNOWN = "550 5.1.1 No such recipient here"
LATER = "451 4.3.0 Not accepted, try again later"


class MailEnvelope(Envelope):
    """One mail on its way in, with the recipients that were found."""

    def __init__(self) -> None:
        super().__init__()
        self.known: list[Known] = []


class SmtpHandler:
    """The hooks of the SMTP library. No address is logged: the part before the @ is an integration's token."""

    def __init__(self, recipients: Recipients, mails: Mails, measures: Measures, thread: Executor) -> None:
        self._recipients = recipients
        self._mails = mails
        self._measures = measures
        self._thread = thread
        self.is_stopping: Callable[[], bool] = lambda: False

    async def handle_EHLO(
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Greet, without offering a login: there is none."""
        session.host_name = hostname
        return [one for one in responses if not one.startswith("250-AUTH")]

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: MailEnvelope, address: str, _options: list[str]
    ) -> str:
        """Take a recipient that an integration has; 550 for any other, 451 when that cannot be said now."""
        if len(envelope.known) >= MAX_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        try:
            envelope.known.append(await self._recipients.known(address))
        except Refused as refusal:
            return self._refused(server, session, refusal)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Recipient taken"

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: MailEnvelope) -> str:
        """Take the mail for all its recipients, or for none of them."""
        content = envelope.content
        if self.is_stopping() or not isinstance(content, bytes):
            return "421 4.3.2 Going down, try again later"
        mail = await asyncio.get_running_loop().run_in_executor(self._thread, parse, content)
        if mail.unwanted:
            self._count("unwanted_mail", session, mail.unwanted)
            return f"550 5.7.1 Not taken as an alert: {mail.unwanted}"
        if self.is_stopping():
            return LATER
        sender = "" if envelope.mail_from in (None, "<>") else str(envelope.mail_from)
        try:
            accepted = await self._mails.accept(mail, envelope.known, sender)
        except Refused as refusal:
            self._count(refusal.word, session, refusal.reason)
            return LATER
        except Transient as error:
            log.warning("mail.turned_away", reason=error.reason)
            self._measures.refused.labels("no_room").inc()
            return LATER
        return f"250 2.0.0 Accepted as {accepted.ids[0]}"

    async def handle_exception(self, error: Exception) -> str:
        """Have the sender keep its mail when something here is broken."""
        log.error("mail.failed", exc_info=error)
        return LATER

    def _refused(self, server: SMTP, session: Any, refusal: Refused) -> str:
        self._count(refusal.word, session, refusal.reason)
        if refusal.status == 503:
            return LATER
        session.unknown = getattr(session, "unknown", 0) + 1
        if session.unknown >= MAX_UNKNOWN:
            if server.transport is not None:
                asyncio.get_running_loop().call_soon(server.transport.close)
            return "421 4.7.0 Too many unknown recipients"
        return UNKNOWN

    def _count(self, word: str, session: Session, reason: str) -> None:
        self._measures.refused.labels(word).inc()
        log.info("mail.refused", why=word, reason=reason, remote=_host(session))


def _host(session: Any) -> str | None:
    return session.peer[0] if isinstance(session.peer, tuple) else None
