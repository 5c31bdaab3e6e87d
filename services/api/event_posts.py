"""Posts the events of the journal to every subscription in order, none of them waiting for another's endpoint.

A subscription is leased by one instance at a time, for as long as that goes on renewing the lease (docs/adr/0072).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from services.api.api import Api
from services.api.event_posting import Posting
from services.api.event_requests import EventRequests
from services.api.following import Following
from services.api.subscription_measures import SubscriptionMeasures
from services.api.subscription_positions import arrange
from shared import clock
from shared.claiming import Lane, Limits, Work
from shared.domain.event_posting import Answer, answered
from shared.http import HttpClient
from shared.service import Io
from shared.store.event_positions import Claimed, EventPositions

log = structlog.get_logger(__name__)
LIMITS = Limits(total=20, per_target=1)


class EventPosts:
    """Takes what is due and lets each subscription have its turn."""

    def __init__(self, api: Api, http: HttpClient) -> None:
        self._api = api
        self.requests = EventRequests(http, api.secrets)
        self.positions = EventPositions(api.database)
        self._closing = asyncio.Event()
        work = Work(self._claim, self._put_back, self._take_turn, _id_of, self._broken)
        self._lane = Lane("event_subscriptions", work, LIMITS)
        self._postings: set[Posting] = set()
        self.positions.collection.watchers.append(self._foretold)

    def spawn(self, io: Io) -> None:
        """Begin to post."""
        io.spawn("event_position_indexes", self.positions.prepare)
        io.spawn("event_posts", self.run)
        following = Following(io.config, self._api.configuration, lambda _: arrange(self._api))
        io.spawn("event_subscriptions_edited", following.run)
        measures = SubscriptionMeasures(self._api.configuration, self.positions, io.metrics)
        io.spawn("event_subscription_measures", measures.run)

    async def run(self) -> None:
        """Post for ever; cancelled, it ends what is in hand and gives the rest back."""
        lane = asyncio.ensure_future(self._lane.run())
        try:
            await asyncio.shield(lane)
        except asyncio.CancelledError:
            self._closing.set()
            for one in self._postings:
                one.doubt()
            lane.cancel()
            await asyncio.wait({lane})
            raise

    def _foretold(self, _: datetime) -> None:
        """Something was edited or moved here, or its turn is over: whoever has a turn asks whether it is still his."""
        for one in self._postings:
            one.doubt()
        self._lane.wake()

    async def _claim(self, limit: int, left_out: frozenset[str]) -> Sequence[Claimed]:
        return await self.positions.claim(clock.now(), limit, left_out)

    async def _put_back(self, claimed: Sequence[Claimed]) -> None:
        for one in claimed:
            await self.positions.release(one, one.state, clock.now())

    async def _take_turn(self, claimed: Claimed) -> None:
        posting = Posting(self._api, self.positions, self.requests, claimed, self._closing)
        self._postings.add(posting)
        try:
            await posting.run()
        finally:
            self._postings.discard(posting)

    async def _broken(self, claimed: Claimed, error: BaseException) -> None:
        """Look at it again later: after a bug nobody knows what it would do at once."""
        stored = (await self.positions.of([claimed.state.id])).get(claimed.state.id)
        if stored is None:
            return
        now = clock.now()
        reason = Answer(status=None, text=f"a fault of Tocsin itself: {type(error).__name__}")
        state, again_in_s = answered(stored.state, reason, stored.state.position, now)
        await self.positions.release(claimed, state, now + timedelta(seconds=again_in_s))


def _id_of(claimed: Claimed) -> str:
    return claimed.state.id
