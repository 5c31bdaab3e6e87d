"""PagerDuty's Events API v2 at `/v2/enqueue`: the routing key is the token of an integration of that type."""

from __future__ import annotations

import uuid
from typing import Any

from aiohttp import web

from services.receiver.door import PREFIX, SLASH, Door, json_answer
from shared.domain.ingest import Refused, alert_id, idempotency_key
from shared.integrations.integration_type import Part
from shared.integrations.pagerduty import TYPE, faults_of

PATHS = ("/v2/enqueue", f"{PREFIX}/v2/enqueue")


class PagerdutyApi:
    """Answers as PagerDuty does: 202 with the dedup key, 400 with a list of errors."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def add_to(self, app: web.Application) -> None:
        """Serve the API on `app`, with and without a token in the path."""
        for path in PATHS:
            app.router.add_resource(path + SLASH).add_route("POST", self._door.guarded(self._enqueue))

    async def _enqueue(self, request: web.Request) -> web.Response:
        """The key may stand in the body, so the body is read before anybody is known."""
        body = await self._door.body(request)
        event = self._door.parsed(request, body)
        token = _token(request, event)
        word = request.match_info.get("type")
        integration = await self._door.integration_of(token, word)
        self._door.check_head(request, integration)
        self._door.check_body(request, integration, body)
        if integration.type != TYPE.slug:
            raise Refused(400, "wrong_type", f"The key is that of an integration of type {integration.type}.")
        faults = faults_of(event)
        if faults:
            return _invalid(faults)
        key = event.get("dedup_key") or _own_key(integration.id, request)
        payload = {name: value for name, value in event.items() if name != "routing_key"}
        accepted = await self._door.accept(
            integration, [Part({**payload, "dedup_key": key})], request.headers
        )
        told = {"status": "success", "message": "Event processed", "dedup_key": key}
        return json_answer({**told, **self._door.receipt(accepted)}, 202)


def _token(request: web.Request, event: Any) -> str:
    """Return the token in the path, in the header `X-Routing-Key`, or in the body as `routing_key`."""
    if not isinstance(event, dict):
        raise Refused(400, "wrong_shape", "The body must be a JSON object.", as_json=True)
    found = (
        request.match_info.get("token") or request.headers.get("X-Routing-Key") or event.get("routing_key")
    )
    if not isinstance(found, str) or not found:
        sentence = "'routing_key' is missing: it is the token at the end of the integration's URL."
        raise Refused(400, "no_token", sentence, as_json=True)
    return found


def _own_key(integration_id: str, request: web.Request) -> str:
    """Return the dedup key of an event that has none; a repeated request with an idempotency key gets the same."""
    key = idempotency_key(request.headers)
    return (alert_id(integration_id, key) if key else str(uuid.uuid4())).replace("-", "")


def _invalid(faults: list[str]) -> web.Response:
    return json_answer(
        {"status": "invalid event", "message": "Event object is invalid", "errors": faults}, 400
    )
