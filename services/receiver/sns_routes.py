"""The URL of an integration for Amazon SNS: envelopes in, and nothing before their signature was verified."""

from __future__ import annotations

from aiohttp import web

from services.receiver.door import SLASH, Door, json_answer
from services.receiver.routes import parts_of
from services.receiver.sns import Sns

INGEST = "/integrations/v1/{type:amazon_sns}/{token}" + SLASH


class SnsRoutes:
    """Takes what topics deliver; everything else at that URL (a look, a ping) is as for any integration."""

    def __init__(self, door: Door, sns: Sns) -> None:
        self._door = door
        self._sns = sns

    def add_to(self, app: web.Application) -> None:
        """Serve the URL on `app`; it must come before the URLs of all other types."""
        app.router.add_resource(INGEST).add_route("POST", self._door.guarded(self._alerts))

    async def _alerts(self, request: web.Request) -> web.Response:
        door = self._door
        integration = await door.integration_of(request.match_info["token"], request.match_info["type"])
        door.check_head(request, integration)
        body = await door.body(request)
        door.check_body(request, integration, body)
        opened = await self._sns.open(body, request.headers)
        if opened.note:
            return json_answer({"detail": opened.note, "ids": []}, 200)
        parts = parts_of(integration, opened.body, {})
        return door.answer(await door.accept(integration, parts, opened.headers))
