"""The receiving end of pages: a real SMTP server that notes when it took what."""

from __future__ import annotations

import time
from dataclasses import dataclass

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.support.smtp_double import SmtpDouble


@dataclass(frozen=True)
class Page:
    """One mail as it arrived."""

    request_id: str
    group_id: str
    run: int
    recipient: str
    at: float


class Mailbox(SmtpDouble):
    """Use as an async context manager; `taken_at` runs beside `mails`."""

    def __init__(self) -> None:
        super().__init__()
        self.taken_at: list[float] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take the mail and the time."""
        before = len(self.mails)
        answer = await super().handle_DATA(server, session, envelope)
        self.taken_at += [time.time()] * (len(self.mails) - before)
        return answer

    def pages(self) -> list[Page]:
        """Return everything that arrived, in order."""
        found: list[Page] = []
        for mail, at in zip(self.mails, self.taken_at, strict=True):
            headers = mail.message
            request_id = mail.message_id.strip("<>").partition("@")[0]
            group, run = str(headers["X-Tocsin-Group"]), int(headers["X-Tocsin-Run"])
            found.append(Page(request_id, group, run, mail.recipient, at))
        return found
