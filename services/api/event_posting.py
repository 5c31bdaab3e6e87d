"""One turn with one subscription: what is behind its position is posted in order, and the position follows the answers.

Before each request the lease is renewed and the request written down; a process that is killed at any moment leaves
a position that no answer is missing for (docs/adr/0072).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import orjson
import structlog

from services.api.api import Api
from services.api.event_filter import EventFilter
from services.api.event_requests import EventRequests
from shared import clock
from shared.domain.configuration_draft import Draft
from shared.domain.event_posting import answered, batch_size, holding, lost, passed_over
from shared.domain.event_subscription import BEGINNING, EventSubscription
from shared.domain.model import SYSTEM
from shared.errors import Unavailable
from shared.store.event_positions import Claimed, EventPositions
from shared.store.journal_tail import JournalTail, Position, Told, journal_tail
from shared.store.mongo import Lost

log = structlog.get_logger(__name__)
# So long one instance goes on before it gives the subscription to whoever is quickest.
TURN_S = 60.0
LOOK_EVERY_S = 0.5
KEEP_EVERY_S = 5.0
AFTER_OUTAGE_S = 1.0
AFTER_LOSS_S = 5.0


class Posting:
    """Holds the lease of one subscription; whatever it says of the position is written with that lease alone."""

    def __init__(
        self,
        api: Api,
        positions: EventPositions,
        requests: EventRequests,
        claimed: Claimed,
        closing: asyncio.Event,
    ) -> None:
        self._api = api
        self._positions = positions
        self._requests = requests
        self._claimed = claimed
        self._closing = closing
        self._state = claimed.state
        self._is_over = False
        self._again_at: datetime | None = None
        self._kept_at_s = float("-inf")
        self._woken = asyncio.Event()

    def doubt(self) -> None:
        """Ask soon whether the lease is still its own."""
        self._kept_at_s = float("-inf")
        self._woken.set()

    async def run(self) -> None:
        """Take the turn; while the database is away it waits, and knows what was answered meanwhile."""
        while True:
            try:
                await self._turn()
                await self._positions.release(self._claimed, self._state, self._again_at)
                return
            except Unavailable as error:
                log.warning("events.not_posted", subscription_id=self._state.id, reason=error.reason)
                await self._pause(AFTER_OUTAGE_S)
                if self._closing.is_set():
                    return

    async def _turn(self) -> None:
        """Post until the turn is over; `_again_at` says when the next one is."""
        if self._is_over:
            return
        self._again_at = None
        row = (await self._api.configuration.tables()).of(EventSubscription).get(self._state.id)
        if row is None or not row.is_enabled:
            return
        try:
            async with journal_tail(self._api.database, _position(self._state.position)) as tail:
                await self._follow(tail, row)
        except Lost as error:
            self._state = lost(self._state, str(error)[:200])
            if self._state.position == BEGINNING:
                # It moved on while it was looked for.
                self._again_at = clock.now() + timedelta(seconds=AFTER_LOSS_S)
            log.warning("events.lost", subscription_id=row.id, reason=str(error)[:200])

    async def _follow(self, tail: JournalTail, row: EventSubscription) -> None:
        asked = EventFilter(row.types, integration_ids=frozenset(row.integration_ids))
        until_s = clock.monotonic_s() + TURN_S
        expired = self._state.expired
        while not self._is_ended and clock.monotonic_s() < until_s:
            told = await tail.next()
            self._state = self._state.model_copy(update={"expired": expired + tail.expired})
            if told is None:
                await self._rest(str(tail.position))
                continue
            wanted = [one for one in told if asked.has(one.record)]
            if wanted:
                await self._post_all(row, wanted, tail.position)
            else:
                await self._pass(str(tail.position), is_end=False)
        if not self._is_over:
            self._again_at = clock.now()

    @property
    def _is_ended(self) -> bool:
        return self._is_over or self._closing.is_set()

    async def _rest(self, position: str) -> None:
        """Everything is told: note it, and look again a little later."""
        await self._pass(position, is_end=True)
        if not self._is_ended:
            await self._pause(LOOK_EVERY_S)

    async def _pass(self, position: str, *, is_end: bool) -> None:
        was_at_end = self._state.caught_up_at is not None
        self._state = passed_over(self._state, position, clock.now(), is_end=is_end)
        if is_end > was_at_end or clock.monotonic_s() - self._kept_at_s >= KEEP_EVERY_S:
            await self._keep()

    async def _post_all(self, row: EventSubscription, waiting: Sequence[Told], end: Position) -> None:
        bodies = [orjson.dumps(one.record) for one in waiting]
        done = 0
        while done < len(waiting) and not self._is_ended:
            rest = waiting[done:]
            until_id = self._state.in_hand.last_id if self._state.in_hand is not None else None
            sizes = [len(one) for one in bodies[done:]]
            count = batch_size(sizes, [one.record["id"] for one in rest], row.batch_size, until_id)
            done += count
            behind = end if done == len(waiting) else rest[count - 1].position
            await self._post(row, rest[:count], bodies[done - count : done], str(behind))

    async def _post(
        self, row: EventSubscription, told: Sequence[Told], bodies: Sequence[bytes], behind: str
    ) -> None:
        records = [one.record for one in told]
        self._state = holding(self._state, records, clock.now())
        if not await self._keep():
            return
        answer = await self._requests.post(row, records, bodies)
        now = clock.now()
        self._state, again_in_s = answered(self._state, answer, behind, now)
        if answer.is_taken:
            await self._keep()
            return
        self._is_over = True
        self._again_at = now + timedelta(seconds=again_in_s)
        log.warning(
            "events.not_taken", subscription_id=row.id, reason=answer.text, failures=self._state.failures
        )
        if answer.is_gone:
            await self._switch_off(row)

    async def _keep(self) -> bool:
        """Write down how far it is; without the lease, or with another configuration, the turn is over."""
        is_ours = await self._positions.keep(self._claimed, self._state, clock.now())
        self._kept_at_s = clock.monotonic_s()
        if not is_ours:
            self._is_over = True
            self._again_at = clock.now()
        return is_ours

    async def _switch_off(self, row: EventSubscription) -> None:
        """The other side wants no more: it is told nothing until a person switches it on again."""

        def off(draft: Draft) -> None:
            now = draft.get(EventSubscription, row.id)
            if now is not None and now.is_enabled and now.url == row.url:
                draft.put(now.model_copy(update={"is_enabled": False}))

        await self._api.change(off, SYSTEM)
        log.warning("event_subscription.gone", subscription_id=row.id)

    async def _pause(self, for_s: float) -> None:
        self._woken.clear()
        try:
            async with asyncio.timeout(for_s):
                await self._woken.wait()
        except TimeoutError:
            return


def _position(text: str) -> Position:
    """Return a stored position.

    Raises:
        Lost: it is none.
    """
    found = Position.read(text)
    if found is None:
        raise Lost("it is no position")
    return found
