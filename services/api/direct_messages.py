"""make_call and send_sms: plain words to one person, sent by the notifier and answered when they went out."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

from aiohttp import web

from services.api.answers import json_answer, read_json
from services.api.api import API, Api
from services.api.deliveries import publish
from services.api.refusals import Invalid, Refused
from shared import clock
from shared.domain.configuration import User
from shared.domain.delivery import Delivery, DeliveryState
from shared.events import NoticeRequested
from shared.store.deliveries import REACHED, Deliveries

MESSAGE_CHARS = 1024
WAIT_S = 12.0
LOOK_EVERY_S = 0.1
NO_NUMBER = "number-not-verified"
TITLE = "Message"


async def make_call(request: web.Request) -> web.Response:
    """POST: call the user of `email` and say `message`."""
    return await _tell(request, "phone_call")


async def send_sms(request: web.Request) -> web.Response:
    """POST: write `message` to the user of `email`."""
    return await _tell(request, "sms")


async def _tell(request: web.Request, channel: str) -> web.Response:
    api = request.app[API]
    principal = await api.caller(request)
    email, message = _asked(await read_json(request, api.settings.max_body_bytes))
    user = _user_of((await api.configuration.tables()).snapshot().users, email)
    if user is None:
        raise Refused(404, {"error": "user-not-found"})
    if user.contact("phone") is None:
        raise Refused(400, {"error": NO_NUMBER})
    event = NoticeRequested(
        id=str(uuid.uuid4()),
        time=clock.now(),
        user_id=user.id,
        channel=channel,
        title=TITLE,
        text=message,
        config_version=(await api.configuration.tables()).version,
        reason=f"asked for by {principal.actor} through the API",
    )
    await publish(api, event)
    return _answer(await _outcome(api, event.id))


def _answer(row: Delivery | None) -> web.Response:
    """Return 200 when it went out, 503 when it did not, 202 while it is on its way."""
    if row is None:
        return json_answer({"detail": "accepted, not sent yet"}, 202)
    if row.state.value in REACHED:
        return json_answer({"id": row.id})
    if row.state is DeliveryState.PENDING:
        return json_answer({"id": row.id, "detail": f"not sent yet: {row.reason}"}, 202)
    return json_answer({"error": "failed", "detail": row.reason, "id": row.id}, 503)


async def _outcome(api: Api, delivery_id: str) -> Delivery | None:
    """Return the ledger's row when it has ended, or after one failed try; else as it is after 12 s."""
    deliveries = Deliveries.of(api.database)
    until_s = clock.monotonic_s() + WAIT_S
    while True:
        row = await deliveries.get(delivery_id)
        if row is not None and (row.finished_at is not None or row.attempts):
            return row
        if clock.monotonic_s() > until_s:
            return row
        await asyncio.sleep(LOOK_EVERY_S)


def _user_of(users: tuple[User, ...], email: str) -> User | None:
    wanted = email.casefold()
    return next((one for one in users if one.email and one.email.casefold() == wanted), None)


def _asked(body: Any) -> tuple[str, str]:
    """Return address and words.

    Raises:
        Invalid: one of them is missing, no text, or too long.
    """
    errors: dict[str, list[str]] = {}
    found: dict[str, str] = {}
    for name, limit in (("email", 254), ("message", MESSAGE_CHARS)):
        value = body.get(name) if isinstance(body, dict) else None
        if value is None or value == "":
            errors[name] = ["This field is required."]
        elif not isinstance(value, str):
            errors[name] = ["Not a valid string."]
        elif len(value) > limit:
            errors[name] = [f"Ensure this field has no more than {limit} characters."]
        else:
            found[name] = value
    if errors:
        raise Invalid(errors)
    return found["email"].strip(), found["message"]
