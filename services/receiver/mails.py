"""From one mail for several recipients to alerts: all of them safe, or none."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

import structlog

from services.receiver.accept import Acceptance, Accepted, Incoming
from services.receiver.limits import RateLimits
from services.receiver.measures import Measures
from services.receiver.recipients import Known
from shared.domain.inbound_email import key_of, payload_of
from shared.domain.mail import Mail

log = structlog.get_logger(__name__)


class Mails:
    """Accepts mails; whatever it returns is safe."""

    def __init__(self, limits: RateLimits, acceptance: Acceptance, measures: Measures) -> None:
        self._limits = limits
        self._acceptance = acceptance
        self._measures = measures

    async def accept(
        self, mail: Mail, recipients: Sequence[Known], sender: str = "", fallback_key: str = ""
    ) -> Accepted:
        """Make one alert per recipient, all in one commit. A retry makes the same ones.

        `sender` is the envelope's; `fallback_key` tells retries of a mail without a Message-ID.

        Raises:
            Refused: 429, an integration's own rate limit is reached.
            Overloaded, SpoolFailed: neither the broker nor the disk has them.
        """
        several = {(one.integration.id, one.recipient.dedup): one for one in recipients}
        with ExitStack() as taken:
            for one in several.values():
                taken.enter_context(self._limits.taken(one.integration, 1))
            accepted = await self._acceptance.incoming(
                [
                    Incoming(
                        integration=one.integration,
                        payload=payload_of(mail, one.recipient, sender),
                        key=key_of(mail, one.recipient, fallback_key),
                        reason=f"mailed to {one.integration.name}",
                    )
                    for one in several.values()
                ]
            )
        self._measures.accepted[accepted.where].inc(len(accepted.ids))
        log.debug("mail.accepted", alert_id=accepted.ids[0], alerts=len(accepted.ids), where=accepted.where)
        return accepted
