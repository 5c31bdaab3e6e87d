"""Whom a mail is for: addresses are looked up in the configuration, and known ones only are taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.receiver.tokens import Tokens
from shared.domain.configuration import Integration
from shared.domain.inbound_email import SLUG, Recipient, recipient_of
from shared.domain.ingest import Refused
from shared.live_configuration import LiveConfiguration


@dataclass(frozen=True)
class Known:
    """A recipient and its integration."""

    recipient: Recipient
    integration: Integration


class Recipients:
    """Finds the integrations behind addresses of our domains."""

    def __init__(self, config: LiveConfiguration, tokens: Tokens, domains: Sequence[str]) -> None:
        self._config = config
        self._tokens = tokens
        self._domains = domains

    def is_ours(self, address: str) -> bool:
        """Whether an address is of one of our domains."""
        return recipient_of(address, self._domains) is not None

    async def known(self, address: str) -> Known:
        """Return who has this address.

        Raises:
            Refused: 400, it is of no domain of ours; 403, nobody has it; 503, that cannot be said now.
        """
        recipient = recipient_of(address, self._domains)
        if recipient is None:
            raise Refused(400, "not_ours", "The address is of no domain that is served here.")
        found = self._find(recipient)
        if found is None:
            is_compared = await self._config.refresh()
            found = self._find(recipient)
            if found is None and not (is_compared and self._config.has_any):
                # A new token may be stored where it cannot be seen now; a final answer would lose its first mail.
                raise Refused(503, "no_configuration", "Recipients cannot be looked up now, try again later.")
        if found is None:
            raise Refused(403, "unknown_token", "Nobody has this address.")
        if found.type != SLUG:
            raise Refused(403, "wrong_type", "The integration of this address takes no mail.")
        if found.access.authentication is not None:
            # Set by a declaration of before, or by hand: mail cannot prove any of it.
            raise Refused(403, "authentication", "The integration of this address asks for what no mail has.")
        return Known(recipient, found)

    def _find(self, recipient: Recipient) -> Integration | None:
        """Look for the token as it is, and in lower case: some systems change the case of addresses."""
        return self._tokens.find(recipient.token) or self._tokens.find(recipient.token.lower())
