"""Wires chatops-publisher: the only writer of `posts`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

from services.chatops_publisher.due import LEASE_S, Publishing, Way
from services.chatops_publisher.handlers import Intake
from services.chatops_publisher.homes import Homes
from shared import clock, events
from shared.channels.registry import CHANNELS
from shared.claiming import Lane, Limits, Work
from shared.config import Settings
from shared.domain import tickets
from shared.domain.posting import Pace
from shared.sending import Outlet
from shared.service import Io, Service
from shared.stage import Handler
from shared.store.posts import Leased, Posts, target_of
from shared.telling import Telling

# One call at a time per channel keeps its messages in order and within the pace that chat products take.
LIMITS = Limits(total=16, per_target=1)


@asynccontextmanager
async def open_service(io: Io) -> AsyncIterator[Handler | None]:
    """Open the ledger and the way to the chat products."""
    posts = Posts(io.store, timedelta(days=io.settings.retention_days))
    telling = Telling(io.bus, posts.collection)
    ways = _ways(io.settings)
    defaults = {medium: str(getattr(way.settings, "default_channel", "")) for medium, way in ways.items()}
    pace = Pace(io.settings.chat_edit_interval_s)
    async with Outlet() as outlet:
        publishing = Publishing(posts, ways, outlet, telling, io.bus)
        publishing.pace = pace
        publishing.public_url = io.settings.public_url
        homes = Homes(ways, outlet)
        publishing.link = homes.link
        if io.secrets.has_key:
            publishing.sign = partial(io.secrets.sign, tickets.PURPOSE)
        lane = _lane(posts, publishing)
        io.spawn("indexes", posts.prepare)
        io.spawn("lane", lane.run)
        io.spawn("homes", homes.run)
        io.spawn("telling", telling.run)
        io.spawn("untold", telling.keep_sweeping)
        io.on_close(telling.flush)
        yield Intake(posts, defaults, pace, lane).handle


def _ways(settings: Settings) -> dict[str, Way]:
    return {
        slug: Way(one, one.chat, one.settings_from(settings))
        for slug, one in CHANNELS.items()
        if one.chat is not None
    }


def _lane(posts: Posts, publishing: Publishing) -> Lane[Leased]:
    async def claim(limit: int, without: frozenset[str]) -> list[Leased]:
        return await posts.lease(limit, without | publishing.pauses.now(), clock.now(), LEASE_S)

    work = Work(claim, posts.put_back, publishing.publish, lambda row: target_of(row.post), publishing.broken)
    return Lane("chat", work, LIMITS)


service = Service(
    name="chatops_publisher",
    consumes=(events.PostRequested, events.GroupWiped, events.GroupDeleted),
    emits=(events.PostDelivered, events.PostFailed, events.StageDecided),
    keeps=frozenset(),
    open=open_service,
)
