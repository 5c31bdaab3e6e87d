"""Says every few seconds that this receiver serves, and has told all that it accepted: silence is then a tool's own.

A beat is never spooled: told later it would lie. While the spool holds anything there is none, because a ping may
be in it.
"""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass

import structlog

from services.receiver.commit import Broker, Committer
from services.receiver.spools import Spools
from shared import clock
from shared.bus.publisher import Publisher
from shared.domain.watching import Presence, present
from shared.errors import Transient, Unavailable
from shared.events import BeatSent
from shared.live_configuration import LiveConfiguration

log = structlog.get_logger(__name__)
TIMEOUT_S = 2.0


@dataclass(frozen=True)
class Sources:
    """Where a beat's truth comes from."""

    broker: Broker
    committer: Committer
    spools: Spools
    config: LiveConfiguration


class Beats:
    """Tells beats of one receiver process. `run` is its task."""

    def __init__(self, bus: Publisher, sources: Sources, every_s: float) -> None:
        self._bus = bus
        self._sources = sources
        self._every_s = every_s
        self._id = ""
        self._presence: Presence | None = None
        self._is_broken = False

    async def run(self) -> None:
        """Tell a beat every `every_s` seconds, as long as nothing stands in the way."""
        while True:
            await self.beat()
            await asyncio.sleep(self._every_s)

    def break_off(self) -> None:
        """Begin anew with the next beat: a ping that was sent here was turned away."""
        self._is_broken = True

    async def beat(self) -> bool:
        """Tell one beat, whose time is from before all that it vouches for; return whether it was confirmed."""
        if not self._may_speak():
            return False
        presence = self._next()
        try:
            await self._sources.committer.settled()
        except Transient:
            return False
        return self._may_speak() and await self._tell(presence)

    async def farewell(self) -> None:
        """Tell that this receiver leaves in order, after its last request was settled."""
        if self._presence is not None and not self._is_broken and self._may_speak():
            await self._tell(self._next(), is_last=True)

    def _may_speak(self) -> bool:
        sources = self._sources
        return sources.broker.is_there and sources.config.has_any and not sources.spools.count

    def _next(self) -> Presence:
        if self._is_broken:
            self._is_broken, self._presence = False, None
        presence = present(self._presence, clock.now())
        if presence.since == presence.at:
            # Somebody else, for all that others can tell: what the one before said stays true of its time.
            self._id = uuid.uuid4().hex
        return presence

    async def _tell(self, presence: Presence, *, is_last: bool = False) -> bool:
        beat = BeatSent(
            id=str(uuid.uuid4()),
            time=presence.at,
            subject=self._id,
            config_version=self._sources.config.current.version,
            receiver_id=self._id,
            instance=self._bus.instance,
            since=presence.since,
            is_last=is_last,
        )
        try:
            await self._bus.publish_encoded([self._bus.encode(beat)], timeout_s=TIMEOUT_S)
        except Unavailable as error:
            log.info("beat.untold", reason=error.reason)
            return False
        self._presence = presence
        return True
