"""Where chat products show their messages: asked in the background, so that no post waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import structlog

from services.chatops_publisher.due import Way
from shared.errors import Permanent, Transient, Unanswered
from shared.sending import Outlet

log = structlog.get_logger(__name__)
AGAIN_S = 60.0


class Homes:
    """The addresses that were told so far; until then messages have no permalink, and get it with their next edit."""

    def __init__(self, ways: Mapping[str, Way], outlet: Outlet) -> None:
        self._ways = ways
        self._outlet = outlet
        self._known: dict[str, str] = {}

    def link(self, medium: str, handle: str) -> str | None:
        """Return where a message is seen in a browser; None where that is not known."""
        way, address = self._ways.get(medium), self._known.get(medium)
        if way is None or way.chat.home is None or not address or not handle:
            return None
        return way.chat.home.link(address, handle)

    async def run(self) -> None:
        """Ask every product that has to be asked until it has answered."""
        waiting = [slug for slug, way in self._ways.items() if _has_to_be_asked(way)]
        while waiting:
            for slug in waiting:
                await self._ask(slug, self._ways[slug])
            waiting = [slug for slug in waiting if slug not in self._known]
            if waiting:
                await asyncio.sleep(AGAIN_S)

    async def _ask(self, slug: str, way: Way) -> None:
        home = way.chat.home
        assert home is not None
        try:
            told = home.read(await self._outlet.perform(home.call(way.settings)))
        except (Transient, Permanent, Unanswered) as error:
            log.warning("home.not_told", medium=slug, reason=error.reason)
            return
        if isinstance(told, str):
            self._known[slug] = told
            log.info("home.told", medium=slug, address=told)
        else:
            log.warning("home.not_told", medium=slug, reason=told.reason)


def _has_to_be_asked(way: Way) -> bool:
    return way.chat.home is not None and way.channel.unready(way.settings) is None
