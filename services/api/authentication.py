"""Who is asking: the token of a request, and what its owner may do."""

from __future__ import annotations

import re
from dataclasses import dataclass

from aiohttp import web

from services.api.answers import ACTOR
from services.api.permissions import LEVELS, READING, needed
from services.api.rate_limit import ALLOWANCE, Limits
from services.api.refusals import Refused
from shared import clock
from shared.domain.configuration import User
from shared.domain.model import Actor
from shared.domain.people import Role
from shared.secrets import digest
from shared.store.api_tokens import ApiTokens
from shared.store.configuration import ConfigurationStore

TOKEN = re.compile(r"[0-9a-f]{64}")
SCHEMES = ("bearer", "token")
BASE = "/api/v1/"


@dataclass(frozen=True)
class Principal:
    """Who a token acts as."""

    name: str
    scope: str
    user: User | None

    @property
    def actor(self) -> Actor:
        """How timelines and the audit name them."""
        if self.user is not None:
            return Actor(kind="user", id=self.user.id, name=self.user.username)
        return Actor(kind="user", name=self.name)

    def may(self, role: Role, *, writing: bool) -> bool:
        """Whether they may do what needs `role`; a token for reading writes nothing."""
        own = LEVELS["admin"] if self.user is None else LEVELS[self.user.role]
        return own >= LEVELS[role] and not (writing and self.scope == "read")


class Authentication:
    """Finds the principal of a request."""

    def __init__(self, tokens: ApiTokens, configuration: ConfigurationStore, limits: Limits) -> None:
        self._tokens = tokens
        self._configuration = configuration
        self._limits = limits

    async def principal(self, request: web.Request) -> Principal:
        """Return who is asking.

        Raises:
            Refused: 401 without a valid token, 429 when it asks too often, 403 when the table of permissions has
                more for this endpoint.
        """
        token = _token_in(request.headers.get("Authorization", ""))
        if token is None:
            raise Refused.because(401, "Authentication credentials were not provided.")
        found = await self.owner(token)
        if found is None:
            raise Refused.because(401, "Invalid token.")
        request[ACTOR] = str(found.actor)
        self._count(request, token)
        if not found.may(needed(request.method, endpoint_of(request)), writing=request.method not in READING):
            raise Refused.because(403, "You do not have permission to perform this action.")
        return found

    def _count(self, request: web.Request, token: str) -> None:
        allowance = self._limits.take(digest(token), endpoint_of(request), clock.monotonic_s())
        if allowance is None:
            return
        request[ALLOWANCE] = allowance
        if allowance.retry_after_s:
            wait_s = allowance.retry_after_s
            detail = f"Too many requests: try again in {wait_s} seconds."
            raise Refused(429, {"detail": detail}, {"Retry-After": str(wait_s)})

    async def owner(self, token: str) -> Principal | None:
        """Return who a token acts as; None when it is unknown, expired, or its user is gone."""
        if not TOKEN.fullmatch(token):
            return None
        found = await self._tokens.find(token)
        if found is None or not found.is_valid(clock.now()):
            return None
        if found.user_id is None:
            return Principal(found.name, found.scope, None)
        user = (await self._configuration.tables()).of(User).get(found.user_id)
        return Principal(found.name, found.scope, user) if user is not None else None


def endpoint_of(request: web.Request) -> str:
    """Return the template of the path that is asked for, after /api/v1/ and without a last slash."""
    resource = request.match_info.route.resource
    template = resource.canonical if resource is not None else ""
    return template.removeprefix(BASE).removesuffix("{slash}")


def _token_in(header: str) -> str | None:
    """The token of an Authorization header, with or without a scheme word before it."""
    words = header.split()
    if len(words) == 2 and words[0].lower() in SCHEMES:
        return words[1]
    return words[0] if len(words) == 1 else None
