"""Finds the integration that a URL token belongs to: its own token, or a former one whose time is not over."""

from __future__ import annotations

from services.receiver.notices import Notice, Notices
from shared import clock
from shared.domain.access import FormerToken
from shared.domain.configuration import Integration
from shared.domain.ingest import Refused
from shared.live_configuration import LiveConfiguration
from shared.secrets import digest


class Tokens:
    """Looks tokens up; one look-up by digest for a valid one, whatever the number of integrations."""

    def __init__(self, config: LiveConfiguration, notices: Notices) -> None:
        self._config = config
        self._notices = notices

    async def integration(self, token: str) -> Integration:
        """Return the token's integration; an unknown token is looked for once in what is stored.

        Raises:
            Refused: 403, nobody has it, or its time is over; 503, no configuration was loaded yet.
        """
        found = self.find(token)
        if found is None:
            await self._config.refresh()
            found = self.find(token)
        if not self._config.has_any:
            raise Refused(503, "no_configuration", "No configuration was loaded yet, try again later.")
        if found is None:
            raise Refused(403, "unknown_token", "Integration key was not found. Permission denied.")
        return found

    def find(self, token: str) -> Integration | None:
        """Return the token's integration as far as this process knows it.

        Raises:
            Refused: 403, it is a former token whose time is over.
        """
        wanted, current = digest(token), self._config.current
        found = current.integration_by_digest.get(wanted)
        if found is not None:
            return found
        former = current.former_by_digest.get(wanted)
        return self._former(*former) if former is not None else None

    def _former(self, integration: Integration, token: FormerToken) -> Integration:
        is_over = clock.now() >= token.valid_until
        where, message = (token.where_refused, token.refused) if is_over else (token.where, token.used)
        self._notices.add(Notice(integration.id, where, message))
        if is_over:
            reason = "This URL was replaced, and its time is over: use the integration's new URL."
            raise Refused(403, "expired_token", reason)
        return integration
