"""Opsgenie's Alert API v2 at `/v2/alerts`: the API key is the token of an integration of that type."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from services.receiver.alertmanager_api import bearer
from services.receiver.door import SLASH, Door, json_answer
from shared import clock
from shared.domain.configuration import Integration
from shared.domain.ingest import Refused, alert_id, idempotency_key
from shared.errors import Permanent
from shared.integrations.integration_type import Part
from shared.integrations.opsgenie import ACKNOWLEDGED, CLOSED, MAX_ALIAS, TYPE, alerts

SCHEMES = ("geniekey", "bearer")
REQUESTED = "Request will be processed"
Handler = Callable[[web.Request], Awaitable[web.Response]]


class OpsgenieApi:
    """Creates, acknowledges and closes alerts by their alias, and takes heartbeat pings."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def add_to(self, app: web.Application) -> None:
        """Serve the API on `app`."""
        self._add(app, "/v2/alerts", POST=self._create)
        self._add(app, "/v2/alerts/{alias}", DELETE=self._acting("Delete"))
        self._add(app, "/v2/alerts/{alias}/close", POST=self._acting(CLOSED))
        self._add(app, "/v2/alerts/{alias}/acknowledge", POST=self._acting(ACKNOWLEDGED))
        self._add(app, "/v2/heartbeats/{name}/ping", GET=self._ping, POST=self._ping, PUT=self._ping)

    def _add(self, app: web.Application, path: str, **handlers: Handler) -> None:
        resource = app.router.add_resource(path + SLASH)
        for method, handler in handlers.items():
            resource.add_route(method, self._door.guarded(handler))

    async def _create(self, request: web.Request) -> web.Response:
        integration = await self._integration(request)
        payload = await self._door.payload(request, integration)
        try:
            (alert,) = alerts(payload)
        except Permanent as error:
            raise Refused(422, "wrong_shape", error.reason, as_json=True) from error
        key = idempotency_key(request.headers)
        alias = alert.get("alias") or (alert_id(integration.id, key) if key else str(uuid.uuid4()))
        if not isinstance(alias, str) or len(alias) > MAX_ALIAS:
            raise Refused(
                422, "wrong_shape", f"alias: a text of at most {MAX_ALIAS} characters", as_json=True
            )
        return await self._accept(request, integration, {**alert, "alias": alias})

    def _acting(self, action: str) -> Handler:
        """Return the handler that tells of an alert what has become of it."""

        async def act(request: web.Request) -> web.Response:
            integration = await self._integration(request)
            kind = request.query.get("identifierType", "id")
            if kind not in ("alias", "id"):
                sentence = "identifierType: alerts are known by their alias here."
                raise Refused(422, "wrong_shape", sentence, as_json=True)
            body = await self._door.payload(request, integration)
            note = body if isinstance(body, dict) else {}
            alert = {
                "alias": request.match_info["alias"],
                "source": note.get("source"),
                "note": note.get("note"),
            }
            return await self._accept(request, integration, {"action": action, "alert": alert})

        return act

    async def _ping(self, request: web.Request) -> web.Response:
        integration = await self._integration(request)
        await self._door.ping(request, integration)
        return json_answer(
            {"result": "PONG - Heartbeat received", "took": 0.0, "requestId": str(uuid.uuid4())}, 202
        )

    async def _accept(
        self, request: web.Request, integration: Integration, payload: dict[str, Any]
    ) -> web.Response:
        began_s = clock.monotonic_s()
        accepted = await self._door.accept(integration, [Part(payload)], request.headers)
        took_s = round(clock.monotonic_s() - began_s, 3)
        told = {"result": REQUESTED, "took": took_s, "requestId": accepted.ids[0]}
        return json_answer({**told, **self._door.receipt(accepted)}, 202)

    async def _integration(self, request: web.Request) -> Integration:
        found = await self._door.integration_of(bearer(request, *SCHEMES))
        if found.type != TYPE.slug:
            raise Refused(400, "wrong_type", f"The key is that of an integration of type {found.type}.")
        return found
