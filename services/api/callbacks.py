"""Callbacks of the products that messages went to: verified, read by their channel, done, and answered in its way."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast

import structlog
from aiohttp import web

from services.api.acting import NOT_ACCEPTED, Acting, Way
from services.api.answers import read_body
from services.api.api import API, Api
from services.api.refusals import Refused
from services.api.verification import confirm_link
from shared import clock
from shared.channels.callback import Callbacks, Heard, Incoming, Text, Told
from shared.channels.channel import Channel
from shared.channels.registry import CHANNELS
from shared.domain.contacts import Kind
from shared.errors import Permanent, Unavailable
from shared.events import DeliveryReported, NoticeRequested, derived_id

log = structlog.get_logger(__name__)
CONFIRM_TIMEOUT_S = 2.0


def called_back() -> dict[str, Channel[Any, Any]]:
    """Return the channels that products call back about, by the first step of their path."""
    return {one.provider or one.slug: one for one in CHANNELS.values() if one.callbacks is not None}


def handler(name: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Return what serves the callbacks of one product: 403 if it did not send them, 400 if they cannot be read."""
    channel = called_back()[name]
    callbacks = channel.callbacks
    assert callbacks is not None

    async def serve(request: web.Request) -> web.Response:
        api = request.app[API]
        incoming = await _incoming(api, request)
        settings = channel.settings_from(api.settings)
        has_ticket = not callbacks.is_ticketed or _has_ticket(api, request)
        if not has_ticket or not callbacks.is_authentic(incoming, settings):
            log.warning("callback.refused", product=name, part=incoming.part)
            raise Refused.because(403, "The signature does not fit.")
        try:
            heard = callbacks.hear(incoming)
        except Permanent as error:
            raise Refused.because(400, error.reason) from error
        words = await _done(api, heard, Way(name, channel.kind))
        await _report(api, name, heard.reports)
        if heard.texts and callbacks.texts_answered_by:
            await _answer_texts(api, heard.texts, words, callbacks.texts_answered_by)
        return _response(callbacks, incoming, words)

    return serve


def _has_ticket(api: Api, request: web.Request) -> bool:
    try:
        Acting(api).ticket(request.query.get("ticket", ""))
    except Permanent:
        return False
    return True


async def _incoming(api: Api, request: web.Request) -> Incoming:
    body = await read_body(request, api.settings.max_body_bytes)
    headers = {name.lower(): value for name, value in request.headers.items()}
    # As the product called it, not as a proxy passed it on.
    url = api.settings.public_url.rstrip("/") + request.raw_path
    return Incoming(request.method, url, request.match_info.get("part", ""), headers, body, clock.now())


async def _done(api: Api, heard: Heard, way: Way) -> str:
    """Do everything that a callback asks for; return the sentences for the person."""
    acting = Acting(api)
    words = []
    try:
        words += [await acting.press(one, way) for one in heard.presses]
        words += [await acting.text(one, way) for one in heard.texts]
        words += [
            await confirm_link(api, cast("Kind", way.kind), one.code, one.address) for one in heard.codes
        ]
    except Unavailable as error:
        log.warning("callback.not_accepted", product=way.source, reason=error.reason)
        words.append(NOT_ACCEPTED)
    return " ".join(words)


async def _report(api: Api, name: str, told: Sequence[Told]) -> None:
    """Tell the notifier what became of its messages.

    Raises:
        Unavailable: the broker did not confirm: the product is answered 503 and may say it again.
    """
    events = [_reported(name, one) for one in told]
    if events:
        await api.bus.publish(events, timeout_s=CONFIRM_TIMEOUT_S)


async def _answer_texts(api: Api, texts: Sequence[Text], words: str, channel: str) -> None:
    """Have the notifier send the words to whoever wrote."""
    now = clock.now()
    notices = [
        NoticeRequested(
            id=derived_id("answer", channel, one.id),
            time=now,
            channel=channel,
            address=one.sender,
            title="Tocsin",
            text=words,
        )
        for one in texts
    ]
    await api.bus.publish(notices, timeout_s=CONFIRM_TIMEOUT_S)


def _reported(name: str, told: Told) -> DeliveryReported:
    same = (
        (told.request_id or told.handle, told.report.state)
        if told.request_id or told.handle
        else (uuid.uuid4(),)
    )
    return DeliveryReported(
        id=derived_id("reported", name, *same),
        time=clock.now(),
        channel=name,
        state=told.report.state,
        reason=told.report.reason,
        request_id=told.request_id or None,
        handle=told.handle or None,
    )


def _response(callbacks: Callbacks[Any], incoming: Incoming, words: str) -> web.Response:
    made = callbacks.answer(incoming, words)
    return web.Response(status=made.status, body=made.body, content_type=made.content_type, charset="utf-8")
