"""A receiver that takes mail, in the test's own process, with its configuration stored in a real database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtplib import SMTP

from deploy.local.ports import free_port
from shared.domain.configuration import Integration
from shared.domain.model import SYSTEM
from shared.secrets import digest
from shared.store.configuration import ConfigurationStore
from shared.store.mongo import Database
from tests.integration.receiver_running import RunningReceiver, a_receiver

DOMAIN = "alerts.example.com"
TOKEN = "mailtoken000000000000001"
OTHER = "mailtoken000000000000002"
TO = f"{TOKEN}@{DOMAIN}"
AT = datetime(2026, 1, 5, 12, tzinfo=UTC)
INTEGRATIONS = (
    Integration(id="CMAIL", name="Mails", type="inbound_email", token_digest=digest(TOKEN)),
    Integration(id="CTWO", name="More mails", type="inbound_email", token_digest=digest(OTHER)),
    Integration(id="CSNS", name="Amazon", type="amazon_sns", token_digest=digest("snstoken")),
    Integration(id="CWEB", name="Web", type="webhook", token_digest=digest("webtoken")),
)


class MailReceiver:
    """What a test needs of it."""

    def __init__(self, receiver: RunningReceiver, port: int) -> None:
        self.receiver = receiver
        self.port = port

    def line(self, **more: Any) -> SMTP:
        """Return a client that is not connected yet and does not encrypt unless it is told to."""
        return SMTP(hostname="127.0.0.1", port=self.port, start_tls=False, timeout=20, **more)

    async def send(self, mail: EmailMessage | bytes, *to: str, sender: str = "mon@example.com") -> str:
        """Hand one mail over; return what the server said to it."""
        raw = mail if isinstance(mail, bytes) else mail.as_bytes()
        async with self.line() as line:
            await line.mail(sender)
            for one in to or (TO,):
                await line.rcpt(one)
            return (await line.data(raw)).message


async def stored(mongo_url: str, *integrations: Integration) -> None:
    """Put integrations into the database."""
    database = Database(mongo_url)
    try:
        configuration = ConfigurationStore(database)
        await configuration.prepare()
        await configuration.change(
            lambda draft: [draft.put(one) for one in integrations or INTEGRATIONS], SYSTEM, AT
        )
    finally:
        database.close()


@asynccontextmanager
async def a_mail_receiver(
    amqp_url: str, data_dir: Path, mongo_url: str | None = None, **settings: Any
) -> AsyncIterator[MailReceiver]:
    """Start one with an SMTP port. Without `mongo_url` its database does not answer.

    `configuration` is what an earlier process left on its disk.
    """
    port = free_port()
    values = {"inbound_smtp_port": port, "inbound_email_domain": DOMAIN, **settings}
    if mongo_url is not None:
        await stored(mongo_url)
        values["mongo_url"] = mongo_url
    values.setdefault("configuration", None)
    async with a_receiver(amqp_url, data_dir, **values) as receiver:
        yield MailReceiver(receiver, port)


def a_mail(text: str = "2 GB left", subject: str = "Disk full", **headers: str) -> EmailMessage:
    """Return a plain mail; headers by name, "_" for "-"."""
    mail = EmailMessage()
    mail["Subject"] = subject
    mail["From"] = "Monitoring <mon@example.com>"
    mail["To"] = TO
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail
