"""Deliveries in the public API: what became of every page, call and notice, and settling those of which nobody knows.

The api reads the notifier's ledger and never writes it: an operator's word is a request that the notifier applies.
"""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from services.api.answers import Handler, json_answer
from services.api.api import API, Api
from services.api.delivery_shapes import delivery_shape
from services.api.idempotency import request_id
from services.api.paging import asked_page, page_body
from services.api.refusals import Invalid, Refused
from shared import clock
from shared.domain.delivery import Delivery, DeliveryState
from shared.domain.delivery_reports import why_not_settled
from shared.errors import Unavailable
from shared.events import DeliveryAction, DeliveryActionRequested, Event
from shared.store.deliveries import Deliveries

PAGE_SIZE = 50
TAKES_EFFECT_S = 3.0
LOOK_EVERY_S = 0.05
CONFIRM_TIMEOUT_S = 2.0
FILTERS = {"user_id": "subject_id", "channel": "channel", "alert_group_id": "group_id", "kind": "kind"}
NOT_CONFIRMED = "The broker did not confirm the request. It was not accepted; try again."
NOT_YET = "The request is accepted but has not taken effect yet."


async def list_deliveries(request: web.Request) -> web.Response:
    """GET: deliveries, newest first; `state` may name several, comma-separated."""
    api = request.app[API]
    await api.caller(request)
    query: dict[str, Any] = {
        field: request.query[name] for name, field in FILTERS.items() if name in request.query
    }
    if "state" in request.query:
        query["state"] = {"$in": _states(request.query["state"])}
    deliveries = Deliveries.of(api.database)
    count = await deliveries.collection.count(query)
    page = asked_page(request, PAGE_SIZE).within(count)
    found = await deliveries.find(query, page.size, page.skip)
    users = (await api.configuration.tables()).snapshot().user_by_id
    return json_answer(page_body(request, page, count, [delivery_shape(one, users) for one in found]))


async def read_delivery(request: web.Request) -> web.Response:
    """GET of one delivery."""
    api = request.app[API]
    await api.caller(request)
    return json_answer(await _shown(api, await _existing(api, request.match_info["id"])))


def settling(action: DeliveryAction) -> Handler:
    """Return the handler of a POST of mark_sent, resend or give_up."""

    async def settle(request: web.Request) -> web.Response:
        return await _settle(request, action)

    return settle


async def _settle(request: web.Request, action: DeliveryAction) -> web.Response:
    """Answer 200 with the delivery as it is then, 400 refused, 202 not yet, 503 not accepted."""
    api = request.app[API]
    principal = await api.caller(request)
    row = await _existing(api, request.match_info["id"])
    asked = DeliveryActionRequested(
        id=request_id(request, principal, row.id, action),
        time=clock.now(),
        subject=row.group_id,
        delivery_id=row.id,
        action=action,
        actor=principal.actor,
    )
    if asked.id not in row.settled_by:
        refused = why_not_settled(row, action)
        if refused is not None:
            raise Refused.because(400, refused)
        await publish(api, asked)
    after = await _settled(api, asked)
    if after is None:
        return json_answer({"detail": NOT_YET}, 202)
    return json_answer(await _shown(api, after))


async def publish(api: Api, event: Event) -> None:
    """Ask for something.

    Raises:
        Refused: 503, the broker did not confirm it.
    """
    try:
        await api.bus.publish([event], timeout_s=CONFIRM_TIMEOUT_S)
    except Unavailable as error:
        raise Refused(503, {"detail": NOT_CONFIRMED, "reason": error.reason}, {"Retry-After": "2"}) from error


async def _settled(api: Api, asked: DeliveryActionRequested) -> Delivery | None:
    """Return the row once the request took effect; None when it does not within 3 s."""
    until_s = clock.monotonic_s() + TAKES_EFFECT_S
    while True:
        row = await _existing(api, asked.delivery_id)
        if asked.id in row.settled_by:
            return row
        if clock.monotonic_s() > until_s:
            return None
        await asyncio.sleep(LOOK_EVERY_S)


async def _existing(api: Api, delivery_id: str) -> Delivery:
    row = await Deliveries.of(api.database).get(delivery_id)
    if row is None:
        raise Refused.not_found()
    return row


async def _shown(api: Api, row: Delivery) -> dict[str, Any]:
    return delivery_shape(row, (await api.configuration.tables()).snapshot().user_by_id)


def _states(text: str) -> list[str]:
    states = [one.strip() for one in text.split(",")]
    known = [one.value for one in DeliveryState]
    if any(one not in known for one in states):
        raise Invalid.field("state", f"Must be some of {', '.join(known)}, comma-separated.")
    return states
