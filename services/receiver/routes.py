"""The HTTP side: URLs, checks in their order (token, type, body), and what a sender reads."""

from __future__ import annotations

import html
from collections.abc import Awaitable, Callable, Mapping
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
from shared.errors import Permanent, Transient
from shared.integrations.integration_type import NotAnAlert, Part

log = structlog.get_logger(__name__)
INGEST = "/integrations/v1/{type}/{token}{slash:/?}"
HEARTBEAT = "/integrations/v1/{type}/{token}/heartbeat{slash:/?}"
RETRY_AFTER_S = 5
METHODS = "GET, HEAD, POST"
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title} – Tocsin</title></head>
<body><h1>{title}</h1>
<p>This is the address of an integration of type <b>{type}</b>. Send alerts to it with POST:</p>
<pre>curl -H 'Content-Type: application/json' -d '{{"title": "Test", "state": "alerting"}}' '&lt;this address&gt;'</pre>
<p>Keep the address secret: whoever knows it can send alerts.</p>
</body></html>
"""

Handler = Callable[[web.Request], Awaitable[web.Response]]


class Checks(NamedTuple):
    """What a request must pass, in this order."""

    tokens: Tokens
    gate: Gate
    limits: RateLimits


class Routes:
    """Answers monitoring tools. Status codes: 2xx safe, 4xx mend the sender, 5xx try again."""

    def __init__(
        self, settings: Settings, checks: Checks, acceptance: Acceptance, measures: Measures
    ) -> None:
        self._settings = settings
        self._limits = Limits(settings.max_body_depth, settings.max_body_keys)
        self._checks = checks
        self._acceptance = acceptance
        self._measures = measures

    def add_to(self, app: web.Application) -> None:
        """Serve the ingest and heartbeat URLs on `app`; their final slash may be missing."""
        for path, get, post in (
            (INGEST, self._page, self._alerts),
            (HEARTBEAT, self._heartbeat_get, self._heartbeat_post),
        ):
            resource = app.router.add_resource(path)
            for method, handler in (("GET", get), ("HEAD", get), ("POST", post), ("*", self._no_method)):
                resource.add_route(method, self._guarded(handler))

    def _guarded(self, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
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

    async def _alerts(self, request: web.Request) -> web.Response:
        began_s = clock.monotonic_s()
        integration = await self._integration(request)
        self._checks.gate.check_head(request, integration)
        body = await read(request, self._settings.max_body_bytes)
        self._checks.gate.check_body(request, integration, body)
        payload = parse(body, request.headers.get("Content-Type", ""), self._limits)
        try:
            parts = parts_of(integration, payload, request.query)
        except NotAnAlert as why:
            self._measures.ignored.inc()
            return _json({"detail": why.reason, "ids": []}, 200)
        with self._checks.limits.taken(integration, len(parts)):
            accepted = await self._acceptance.alerts(integration, parts, request.headers)
        self._measures.accepted[accepted.where].inc(len(accepted.ids))
        self._measures.accept_s.observe(clock.monotonic_s() - began_s)
        log.debug("alert.accepted", alert_id=accepted.ids[0], alerts=len(accepted.ids), where=accepted.where)
        return _json(self._receipt(accepted), 200 if accepted.where is Where.BROKER else 202)

    async def _heartbeat_get(self, request: web.Request) -> web.Response:
        await self._ping(request)
        return _json(":)", 200)

    async def _heartbeat_post(self, request: web.Request) -> web.Response:
        await self._ping(request)
        return web.Response()

    async def _ping(self, request: web.Request) -> None:
        integration = await self._integration(request)
        await self._checks.gate.check_ping(request, integration, self._settings.max_body_bytes)
        await self._acceptance.heartbeat(integration)
        self._measures.heartbeats.inc()

    async def _page(self, request: web.Request) -> web.Response:
        integration = await self._integration(request)
        self._checks.gate.check_head(request, integration)
        page = PAGE.format(title=html.escape(integration.name), type=html.escape(integration.type))
        return web.Response(text=page, content_type="text/html")

    async def _no_method(self, request: web.Request) -> web.Response:
        raise Refused(405, "method", f'Method "{request.method}" not allowed.', as_json=True)

    async def _integration(self, request: web.Request) -> Integration:
        """Return the integration whose token is in the URL, when the URL is of its type."""
        found = await self._checks.tokens.integration(request.match_info["token"])
        word = request.match_info["type"]
        if word not in (found.type, integrations.path_word(found.type)):
            raise Refused(
                400, "wrong_type", f"The URL is of type {word}, the integration is of type {found.type}."
            )
        return found

    def _receipt(self, accepted: Accepted) -> dict[str, Any]:
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

    def _refuse(self, request: web.Request, refusal: Refused) -> web.Response:
        self._measures.refused.labels(refusal.word).inc()
        log.info(
            "ingest.refused",
            status=refusal.status,
            why=refusal.word,
            type=request.match_info["type"],
            remote=request.remote,
        )
        return _answer(refusal)


def parts_of(integration: Integration, payload: Any, query: Mapping[str, str]) -> list[Part]:
    """Return the alerts of a body; a type that no longer exists takes the body as one.

    Raises:
        Refused: the type cannot take such a body, or has no URL.
        NotAnAlert: the body is none, and that is fine.
    """
    found = integrations.by_slug(integration.type)
    if found is None:
        return [Part(payload)]
    if found.reads_query and query and isinstance(payload, dict):
        payload = {**query, **payload}
    try:
        parts = found.parts(payload, integration.each_instance)
    except Permanent as error:
        raise Refused(
            400, "wrong_shape", f"This integration cannot read the body: {error.reason}."
        ) from error
    if not parts:
        raise NotAnAlert("The body holds no alerts.")
    return parts


def _json(value: Any, status: int) -> web.Response:
    body = orjson.dumps(value, option=orjson.OPT_UTC_Z)
    return web.Response(body=body, status=status, content_type="application/json")


def _answer(refusal: Refused) -> web.Response:
    answer = (
        _json({"detail": refusal.reason}, refusal.status)
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
