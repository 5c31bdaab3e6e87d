"""GET events: the journal as server-sent events, in the order in which it was committed, from a position on.

Every event carries the position behind it: whoever comes again with the last one goes on exactly there
(docs/adr/0050). A reader holds at most a few pages of the journal in memory, and is left when it does not read.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import orjson
import structlog
from aiohttp import web
from multidict import MultiMapping

from services.api.answers import SECURITY_HEADERS
from services.api.api import API
from services.api.event_filter import EventFilter, unknown_type
from services.api.refusals import Invalid, Refused
from shared import clock
from shared.errors import Unavailable
from shared.store.journal_tail import JournalTail, Position, Told, journal_tail
from shared.store.mongo import Lost

log = structlog.get_logger(__name__)
LOOK_EVERY_S = 0.25
BEAT_EVERY_S = 15.0
# Clients come again by themselves, and then show again what they may.
LASTS_S = 600.0
# A reader that takes nothing for so long is left.
SEND_WITHIN_S = 30.0
MOST = 20
NO = ("false", "0", "no")
HEADERS = {**SECURITY_HEADERS, "Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}
BEGINNING = "retry: 3000\n: from here on\n"
BEAT = ": beat\n"
GONE = (
    "The journal cannot be followed from this position any more. Begin without one, and read what was missed "
    "from the alert groups and their timelines."
)


class EventStreams:
    """The streams that this instance serves, which end when it stops."""

    def __init__(self) -> None:
        self.open = 0
        self._closing = asyncio.Event()

    @property
    def is_closing(self) -> bool:
        """Whether the service is about to stop."""
        return self._closing.is_set()

    def close(self) -> None:
        """End every stream; clients come again by themselves."""
        self._closing.set()

    @contextmanager
    def place(self) -> Iterator[None]:
        """Take one of the places for streams while the context lasts.

        Raises:
            Unavailable: all are taken.
        """
        if self.open >= MOST:
            raise Unavailable(f"{MOST} event streams are open")
        self.open += 1
        try:
            yield
        finally:
            self.open -= 1

    async def pause(self) -> None:
        """Wait a moment, or until the service stops."""
        try:
            async with asyncio.timeout(LOOK_EVERY_S):
                await self._closing.wait()
        except TimeoutError:
            return


EVENT_STREAMS = web.AppKey("event_streams", EventStreams)


def open_streams(app: web.Application) -> None:
    """Have the application serve streams until it shuts down."""
    streams = app[EVENT_STREAMS] = EventStreams()

    async def end_streams(_: web.Application) -> None:
        streams.close()

    app.on_shutdown.append(end_streams)


@dataclass(frozen=True)
class Wanted:
    """Which events a client asks for, and whether the answer goes on behind those that are there."""

    filter: EventFilter
    follow: bool

    @classmethod
    def asked(cls, query: MultiMapping[str]) -> Wanted:
        """Return what `type`, `alert_group_id`, `integration_id` and `follow` ask for; all but the last may repeat.

        Raises:
            Invalid: there is no such type of event.
        """
        types = tuple(word for text in query.getall("type", []) for word in text.split(",") if word)
        problem = unknown_type(types)
        if problem is not None:
            raise Invalid.field("type", problem)
        groups, integrations = (
            frozenset(query.getall(name, [])) for name in ("alert_group_id", "integration_id")
        )
        follow = query.get("follow", "").lower() not in NO
        return cls(EventFilter(types, groups, integrations), follow)


async def stream_events(request: web.Request) -> web.StreamResponse:
    """GET: events behind `Last-Event-ID` or `after`, else from now on; `follow=false` ends with what is there."""
    api = request.app[API]
    await api.caller(request)
    wanted, after = Wanted.asked(request.query), _position(request)
    streams = request.app[EVENT_STREAMS]
    with streams.place():
        try:
            async with journal_tail(api.database, after) as tail:
                return await _Stream(request, tail, wanted).send()
        except Lost as lost:
            log.info("events.lost", reason=str(lost)[:200])
            raise Refused.because(410, GONE) from lost


class _Stream:
    """One answer that goes on."""

    def __init__(self, request: web.Request, tail: JournalTail, wanted: Wanted) -> None:
        self._request = request
        self._tail = tail
        self._wanted = wanted
        self._streams = request.app[EVENT_STREAMS]
        self._response = web.StreamResponse(headers=HEADERS)

    async def send(self) -> web.StreamResponse:
        """Send until the client leaves, does not read, has what it wants, or its time is over."""
        await self._response.prepare(self._request)
        try:
            await self._mark(BEGINNING)
            await self._follow()
        except ConnectionResetError:
            log.debug("events.left")
        except TimeoutError:
            log.info("events.not_read")
            self._leave()
        except (Lost, Unavailable) as error:
            # The client comes again with its last position, and is told then what is wrong.
            log.info("events.interrupted", reason=str(error)[:200])
        return self._response

    async def _follow(self) -> None:
        until_s = clock.monotonic_s() + LASTS_S
        beat_at_s = clock.monotonic_s() + BEAT_EVERY_S
        while not self._streams.is_closing and clock.monotonic_s() < until_s:
            told = await self._tail.next()
            for one in told or ():
                if self._wanted.filter.has(one.record):
                    await self._write(_block(one))
            if told is None and not self._wanted.follow:
                await self._mark("")
                return
            if clock.monotonic_s() >= beat_at_s:
                await self._mark(BEAT)
                beat_at_s = clock.monotonic_s() + BEAT_EVERY_S
            if told is None:
                await self._streams.pause()

    async def _mark(self, words: str) -> None:
        """Tell the position alone: what the client did not ask for is behind it, too."""
        await self._write(f"{words}id: {self._tail.position}\n\n".encode())

    async def _write(self, text: bytes) -> None:
        async with asyncio.timeout(SEND_WITHIN_S):
            await self._response.write(text)

    def _leave(self) -> None:
        """Drop the connection: what waits in it will not be read."""
        transport = self._request.transport
        if transport is not None:
            transport.abort()


def _block(told: Told) -> bytes:
    """Return one server-sent event; JSON has no line breaks."""
    head = f"id: {told.position}\nevent: {told.record['type']}\ndata: "
    return head.encode() + orjson.dumps(told.record) + b"\n\n"


def _position(request: web.Request) -> Position | None:
    """Return the position that is asked for; a client that comes again by itself says it in the header.

    Raises:
        Invalid: it is none.
    """
    text = request.headers.get("Last-Event-ID") or request.query.get("after")
    if not text:
        return None
    found = Position.read(text)
    if found is None:
        raise Invalid.field("after", "Must be the id of an event as this endpoint gave it.")
    return found
