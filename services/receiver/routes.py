"""The ingest URLs: alerts by POST, heartbeat pings, and a page that tells what an address is for."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from services.receiver.door import PREFIX, SLASH, Door, json_answer
from shared import integrations
from shared.domain.configuration import Integration
from shared.domain.ingest import Refused
from shared.errors import Permanent
from shared.integrations.integration_type import NotAnAlert, Part

INGEST = PREFIX + SLASH
HEARTBEAT = f"{PREFIX}/heartbeat{SLASH}"
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title} – Tocsin</title></head>
<body><h1>{title}</h1>
<p>This is the address of an integration of type <b>{type}</b>. Send alerts to it with POST:</p>
<pre>curl -H 'Content-Type: application/json' -d '{{"title": "Test", "state": "alerting"}}' '&lt;this address&gt;'</pre>
<p>Keep the address secret: whoever knows it can send alerts.</p>
</body></html>
"""

# The address is a secret: no page that is gone to from here, and no frame around it, may learn it.
PAGE_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Routes:
    """Answers monitoring tools at the URLs of their integrations."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def add_to(self, app: web.Application) -> None:
        """Serve the ingest and heartbeat URLs on `app`; their final slash may be missing."""
        for path, get, post in (
            (INGEST, self._page, self._alerts),
            (HEARTBEAT, self._heartbeat_get, self._heartbeat_post),
        ):
            resource = app.router.add_resource(path)
            for method, handler in (("GET", get), ("HEAD", get), ("POST", post), ("*", no_method)):
                resource.add_route(method, self._door.guarded(handler))

    async def _alerts(self, request: web.Request) -> web.Response:
        integration = await self._integration(request)
        payload = await self._door.payload(request, integration)
        try:
            parts = parts_of(integration, payload, request.query)
        except NotAnAlert as why:
            self._door.measures.ignored.inc()
            told = {"detail": why.reason, "ids": []} if why.answer is None else why.answer
            return json_answer(told, 200)
        return self._door.answer(await self._door.accept(integration, parts, request.headers))

    async def _heartbeat_get(self, request: web.Request) -> web.Response:
        await self._door.ping(request, await self._integration(request))
        return json_answer(":)", 200)

    async def _heartbeat_post(self, request: web.Request) -> web.Response:
        await self._door.ping(request, await self._integration(request))
        return web.Response()

    async def _page(self, request: web.Request) -> web.Response:
        integration = await self._integration(request)
        self._door.check_head(request, integration)
        page = PAGE.format(title=html.escape(integration.name), type=html.escape(integration.type))
        return web.Response(text=page, content_type="text/html", headers=PAGE_HEADERS)

    async def _integration(self, request: web.Request) -> Integration:
        return await self._door.integration_of(request.match_info["token"], request.match_info["type"])


async def no_method(request: web.Request) -> web.Response:
    """Refuse a method that an address does not have."""
    raise Refused(405, "method", f'Method "{request.method}" not allowed.', as_json=True)


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
