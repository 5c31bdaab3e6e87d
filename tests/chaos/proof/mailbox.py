"""The receiving end of pages: a real SMTP server that notes when it took what."""

from __future__ import annotations

import asyncio
import random
import time
from email.parser import BytesHeaderParser

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.support.smtp_double import SmtpDouble

SLOWEST_S = 0.4


class Mailbox(SmtpDouble):
    """Use as an async context manager; `taken_at` runs beside `mails`.

    It takes its time, as mail servers do: an acknowledge may come before the last look at the group, between that and
    the hand-over, and after it; and a sender that is killed has something in its hands.
    """

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self.taken_at: list[float] = []
        self.in_hand = 0  # mails that were taken and not answered for yet
        self._chance = chance

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient, slowly."""
        await asyncio.sleep(self._chance.uniform(0.0, SLOWEST_S))
        return await super().handle_RCPT(server, session, envelope, address, options)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Take the mail and note the time; the answer comes later, or never if the sender is dead by then."""
        before = len(self.mails)
        answer = await super().handle_DATA(server, session, envelope)
        self.taken_at += [time.time()] * (len(self.mails) - before)
        self.in_hand += 1
        try:
            await asyncio.sleep(self._chance.uniform(0.0, SLOWEST_S))
        finally:
            self.in_hand -= 1
        return answer

    def pages(self) -> list[tuple[str, str, float]]:
        """Return everything that arrived, in order: the ledger's id, for whom, when."""
        found = []
        for mail, at in zip(self.mails, self.taken_at, strict=True):
            headers = BytesHeaderParser().parsebytes(mail.raw)
            request_id = str(headers["Message-ID"]).strip().strip("<>").partition("@")[0]
            found.append((request_id, mail.recipient, at))
        return found
