"""The one door for alerts over HTTP: who sends, whether he may, what the body holds, and what he is answered.

Every way in by HTTP (the ingest URLs, and the APIs of other products) goes through it, so none is held to less.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson
import structlog
from aiohttp import web

from services.receiver.accept import Acceptance, Accepted
from services.receiver.authentication import Gate
from services.receiver.body import read
from services.receiver.commit import Where
from services.receiver.limits import RateLimits
from services.receiver.measures import Measures
from services.receiver.tokens import Tokens
from services.receiver.unread import leave_rest
from shared import clock, integrations
from shared.config import Settings
from shared.domain.configuration import Integration
from shared.domain.ingest import Limits, Refused, parse
from shared.errors import Transient
from shared.integrations.integration_type import Part

log = structlog.get_logger(__name__)
PREFIX = "/integrations/v1/{type}/{token}"
SLASH = "{slash:/?}"
RETRY_AFTER_S = 5
METHODS = "GET, HEAD, POST"

Handler = Callable[[web.Request], Awaitable[web.Response]]


class Checks(NamedTuple):
    """What a request must pass, in this order."""

    tokens: Tokens
    gate: Gate
    limits: RateLimits


class Door:
    """Lets requests in. Status codes: 2xx safe, 4xx mend the sender, 5xx try again."""

    def __init__(
        self, settings: Settings, checks: Checks, acceptance: Acceptance, measures: Measures
    ) -> None:
        self._settings = settings
        self._limits = Limits(settings.max_body_depth, settings.max_body_keys)
        self._checks = checks
        self._acceptance = acceptance
        self.measures = measures

    def guarded(self, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """Turn refusals into answers; nothing a sender does is an error of the server."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            try:
                answer = await handler(request)
            except Refused as refusal:
                answer = self._refuse(request, refusal)
            except Transient as error:
                log.warning("ingest.turned_away", reason=error.reason)
                answer = self._refuse(request, Refused(503, "no_room", "Not accepted, try again later."))
            await leave_rest(request, answer)
            return answer

        return guarded

    async def integration_of(self, token: str, word: str | None = None) -> Integration:
        """Return the integration of a token; `word` is the type in the URL, None where the URL names none.

        Raises:
            Refused: 403 unknown token, 400 the URL is another type's or its type has none, 503 no configuration yet.
        """
        found = await self._checks.tokens.integration(token)
        if word is not None and word not in (found.type, integrations.path_word(found.type)):
            raise Refused(
                400, "wrong_type", f"The URL is of type {word}, the integration is of type {found.type}."
            )
        known = integrations.by_slug(found.type)
        if known is not None and not known.has_url:
            raise Refused(
                400, "no_url", f"An integration of type {found.type} has no URL: nothing is posted to it."
            )
        return found

    def check_head(self, request: web.Request, integration: Integration) -> None:
        """Hold a request to the integration's authentication, as far as its headers tell; raises Refused."""
        self._checks.gate.check_head(request, integration)

    async def body(self, request: web.Request) -> bytes:
        """Return the body, before anybody is known; raises Refused when it is too large or does not come."""
        return await read(request, self._settings.max_body_bytes)

    def check_body(self, request: web.Request, integration: Integration, body: bytes) -> None:
        """Hold a body to the integration's signature; raises Refused."""
        self._checks.gate.check_body(request, integration, body)

    def parsed(self, request: web.Request, body: bytes) -> Any:
        """Return what a body holds; raises Refused."""
        return parse(body, request.headers.get("Content-Type", ""), self._limits)

    async def payload(self, request: web.Request, integration: Integration) -> Any:
        """Check a request wholly and return what its body holds; raises Refused."""
        self.check_head(request, integration)
        body = await self.body(request)
        self.check_body(request, integration, body)
        return self.parsed(request, body)

    async def accept(
        self, integration: Integration, parts: Sequence[Part], headers: Mapping[str, str]
    ) -> Accepted:
        """Accept the alerts of one body, all or none; `headers` may carry an idempotency key.

        Raises:
            Refused: 429, above the rate limit that somebody set for the integration.
            Transient: neither the broker nor the disk has them.
        """
        began_s = clock.monotonic_s()
        with self._checks.limits.taken(integration, len(parts)):
            accepted = await self._acceptance.alerts(integration, parts, headers)
        self.measures.accepted[accepted.where].inc(len(accepted.ids))
        self.measures.accept_s.observe(clock.monotonic_s() - began_s)
        log.debug("alert.accepted", alert_id=accepted.ids[0], alerts=len(accepted.ids), where=accepted.where)
        return accepted

    async def ping(self, request: web.Request, integration: Integration) -> None:
        """Accept one heartbeat ping; raises like `payload` and `accept`."""
        await self._checks.gate.check_ping(request, integration, self._settings.max_body_bytes)
        await self._acceptance.heartbeat(integration)
        self.measures.heartbeats.inc()

    def receipt(self, accepted: Accepted) -> dict[str, Any]:
        """Return what a sender is told of accepted alerts."""
        first = accepted.ids[0]
        return {
            "id": first,
            "alert_id": first,
            "ids": accepted.ids,
            "trace_url": f"{self._settings.public_url.rstrip('/')}/api/v1/alerts/{first}/trace",
            "accepted_at": accepted.at,
            "dedup": accepted.key,
            "spooled": accepted.where is Where.SPOOL,
        }

    def answer(self, accepted: Accepted) -> web.Response:
        """Return the answer of the ingest URLs: 200 safe at the broker, 202 on disk."""
        return json_answer(self.receipt(accepted), 200 if accepted.where is Where.BROKER else 202)

    def _refuse(self, request: web.Request, refusal: Refused) -> web.Response:
        self.measures.refused.labels(refusal.word).inc()
        resource = request.match_info.route.resource
        log.info(
            "ingest.refused",
            status=refusal.status,
            why=refusal.word,
            type=request.match_info.get("type", resource.canonical if resource is not None else ""),
            remote=request.remote,
        )
        return _refusal_answer(refusal)


def json_answer(value: Any, status: int) -> web.Response:
    """Return `value` as JSON."""
    body = orjson.dumps(value, option=orjson.OPT_UTC_Z)
    return web.Response(body=body, status=status, content_type="application/json")


def _refusal_answer(refusal: Refused) -> web.Response:
    answer = (
        json_answer({"detail": refusal.reason}, refusal.status)
        if refusal.as_json
        else web.Response(text=refusal.reason)
    )
    answer.set_status(refusal.status)
    answer.headers.update(refusal.headers)
    if refusal.status == 503:
        answer.headers["Retry-After"] = str(RETRY_AFTER_S)
    if refusal.status == 405:
        answer.headers["Allow"] = METHODS
    return answer
