"""Holds requests to the authentication of their integration: before the body is read, and over its bytes."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from aiohttp import web

from services.receiver.body import read
from shared import clock
from shared.domain.client_address import Address, Network, client_address
from shared.domain.configuration import Integration
from shared.domain.ingest import Refused
from shared.domain.ingest_auth import Denial, Lock, denied_body, denied_head
from shared.errors import Permanent
from shared.live_configuration import LiveConfiguration
from shared.secrets import Secrets

log = structlog.get_logger(__name__)
FORWARDED = "X-Forwarded-For"


class Gate:
    """Lets a request pass or refuses it; an integration that asks for nothing costs one look.

    `trusted` are the proxies whose X-Forwarded-For is believed. Secrets are opened at their first use and
    forgotten with the next version of the configuration.
    """

    def __init__(self, config: LiveConfiguration, secrets: Secrets, trusted: Sequence[Network]) -> None:
        self._secrets = secrets
        self._trusted = tuple(trusted)
        self._locks: dict[str, Lock] = {}
        config.on_change(lambda _: self._locks.clear())

    def check_head(self, request: web.Request, integration: Integration) -> None:
        """Check address, basic and bearer.

        Raises:
            Refused: 401 or 403 with what is missing; 503, the stored secrets cannot be opened.
        """
        if integration.access.authentication is None:
            return
        lock = self._lock_of(integration)
        _refuse(denied_head(lock, request.headers, self._address_of(request) if lock.allowed else None))

    def check_body(self, request: web.Request, integration: Integration, body: bytes) -> None:
        """Check the signature; raises like `check_head`."""
        if integration.access.authentication is None:
            return
        _refuse(denied_body(self._lock_of(integration), request.headers, body, clock.now()))

    async def check_ping(self, request: web.Request, integration: Integration, limit_bytes: int) -> None:
        """Check a request that need not have a body: what has none is asked for no signature.

        Raises:
            Refused: as `check_head`, and as the reading of a body.
        """
        self.check_head(request, integration)
        found = integration.access.authentication
        if found is not None and found.signature is not None and request.can_read_body:
            body = await read(request, limit_bytes)
            if body:
                self.check_body(request, integration, body)

    def _lock_of(self, integration: Integration) -> Lock:
        found = self._locks.get(integration.id)
        if found is None or found.settings is not integration.access.authentication:
            assert integration.access.authentication is not None
            try:
                found = Lock.opened(integration.access.authentication, self._secrets.decrypt)
            except Permanent as error:
                log.error("secrets.unopened", integration_id=integration.id, reason=error.reason)
                raise Refused(
                    503, "no_secrets", "Not accepted: credentials cannot be checked now."
                ) from error
            self._locks[integration.id] = found
        return found

    def _address_of(self, request: web.Request) -> Address | None:
        return client_address(request.remote, request.headers.getall(FORWARDED, ()), self._trusted)


def _refuse(denial: Denial | None) -> None:
    if denial is not None:
        headers = {"WWW-Authenticate": denial.challenge} if denial.challenge else {}
        raise Refused(denial.status, denial.word, denial.reason, headers=headers)
