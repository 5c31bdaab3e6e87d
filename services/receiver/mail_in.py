"""Inbound mail, put together: SMTP port and webhooks over one way of accepting; and Amazon SNS, which both need."""

from __future__ import annotations

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from services.receiver.accept import Acceptance
from services.receiver.door import Checks
from services.receiver.mail_routes import MailRoutes, Parts
from services.receiver.mails import Mails
from services.receiver.measures import Measures
from services.receiver.recipients import Recipients
from services.receiver.settings import ReceiverSettings
from services.receiver.smtp_handler import SmtpHandler
from services.receiver.smtp_server import SmtpServer
from services.receiver.sns import Sns
from shared.domain.ingest import Limits
from shared.http import HttpClient
from shared.service import Io


class MailIn:
    """What the rest of the receiver needs of it."""

    def __init__(self, sns: Sns, smtp: SmtpServer | None) -> None:
        self.sns = sns
        self._smtp = smtp

    def stop_taking(self) -> None:
        """Take no more mail; what is being accepted goes on."""
        if self._smtp is not None:
            self._smtp.stop_taking()


@asynccontextmanager
async def mail_in(
    io: Io, settings: ReceiverSettings, checks: Checks, acceptance: Acceptance, measures: Measures
) -> AsyncIterator[MailIn]:
    """Serve the webhooks of mail providers and, where a port is set, SMTP.

    Raises:
        OSError, ssl.SSLError: the SMTP port is taken, or its certificate cannot be used.
    """
    recipients = Recipients(io.config, checks.tokens, settings.mail_domains)
    mails = Mails(checks.limits, acceptance, measures)
    limits = Limits(settings.max_body_depth, settings.max_body_keys)
    smtp: SmtpServer | None = None
    # A thread of its own: reading a large mail takes a moment, in which others post their alerts.
    with ThreadPoolExecutor(1, thread_name_prefix="mail") as thread:
        async with HttpClient() as client:
            sns = Sns(client, settings.amazon_sns_endpoint, settings.amazon_sns_raw, limits)
            MailRoutes(Parts(settings, recipients, mails, measures, sns, thread)).add_to(io.http)
            if settings.inbound_smtp_port:
                smtp = SmtpServer(settings, SmtpHandler(recipients, mails, measures, thread))
                measures.watch_smtp(smtp.count)
                await smtp.start()
            try:
                yield MailIn(sns, smtp)
            finally:
                if smtp is not None:
                    await smtp.close()
