"""What is done with an event subscription besides changing it: moved, tried out, given a new signing secret."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from aiohttp import web

from services.api.answers import json_answer, read_json
from services.api.api import API, Api
from services.api.authentication import Principal
from services.api.event_requests import EventRequests
from services.api.group_shapes import instant
from services.api.objects import Objects
from services.api.refusals import Refused
from services.api.resources.desk import Body, Desk, parse, required
from services.api.resources.event_subscriptions import EVENT_SUBSCRIPTIONS
from services.api.resources.webhooks import sign_with
from services.api.subscription_positions import move_to
from services.api.webhooks import RotateSecretBody
from shared import clock
from shared.domain.event_subscription import EventSubscription
from shared.domain.webhook_signature import NEW_BYTES, secret_of
from shared.store.configuration_audit import ConfigurationAudit

# The name under which the audit has positions that somebody moved.
POSITIONS = "event_positions"
EVENT_REQUESTS = web.AppKey("event_requests", EventRequests)


class PositionBody(Body):
    """Where a subscription goes on: `now`, `beginning`, or a position that was told."""

    position: str | None = None


async def move(request: web.Request) -> web.Response:
    """POST: 200 with the subscription, which goes on from another position."""
    api = request.app[API]
    principal = await api.caller(request)
    body = parse(PositionBody, await read_json(request, api.settings.max_body_bytes))
    id = request.match_info["id"]
    await moved_by(api, principal, id, required(body.position, "position"))
    return json_answer(await Objects(api, principal, EVENT_SUBSCRIPTIONS).read(id))


async def try_out(request: web.Request) -> web.Response:
    """POST: 200 with what the other side answered to an event that says nothing; the position stays."""
    api = request.app[API]
    await api.caller(request)
    row = await existing_subscription(api, request.match_info["id"])
    return json_answer(await tried_out(request.app[EVENT_REQUESTS], row))


async def rotate_secret(request: web.Request) -> web.Response:
    """POST: 200 with a new signing secret, shown this once; the former one signs too for a while."""
    api = request.app[API]
    principal = await api.caller(request)
    body = parse(RotateSecretBody, await read_json(request, api.settings.max_body_bytes))
    keep_for = timedelta(seconds=body.keep_old_for)
    return json_answer(await with_new_secret(api, principal, request.match_info["id"], keep_for))


async def moved_by(api: Api, principal: Principal, id: str, position: str) -> None:
    """Have a subscription go on from another position, in somebody's name.

    Raises:
        Refused: 404, or `Invalid`: it is no position, or none that can be followed.
    """
    await existing_subscription(api, id)
    before, after = await move_to(api, id, position)
    change = ({"position": before}, {"position": after})
    await ConfigurationAudit(api.database).record(POSITIONS, id, change, principal.actor, clock.now())


async def tried_out(requests: EventRequests, row: EventSubscription) -> dict[str, Any]:
    """Return what the other side answered to an event that says nothing."""
    answer = await requests.try_out(row)
    return {"is_taken": answer.is_taken, "status_code": answer.status, "answer": answer.text}


async def with_new_secret(api: Api, principal: Principal, id: str, keep_for: timedelta) -> dict[str, Any]:
    """Give a subscription a new signing secret and return it, this once.

    Raises:
        Refused: 404.
    """
    secret = secret_of(secrets.token_bytes(NEW_BYTES))

    def change(desk: Desk) -> EventSubscription:
        row = desk.draft.get(EventSubscription, id)
        if row is None:
            raise Refused.not_found()
        after = row.model_copy(update=sign_with(desk, row, secret, keep_for))
        desk.draft.put(after)
        return after

    after = (await api.edit(principal, change)).result
    return {"signing_secret": secret, "former_valid_until": instant(after.former_signing_secret_until)}


async def existing_subscription(api: Api, id: str) -> EventSubscription:
    """Return a subscription.

    Raises:
        Refused: 404.
    """
    row = (await api.configuration.tables()).of(EventSubscription).get(id)
    if row is None:
        raise Refused.not_found()
    return row
