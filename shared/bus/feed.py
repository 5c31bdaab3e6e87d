"""A live feed of messages: begun and ended at any moment, whatever the connection to the broker is doing.

What is wanted and what is open are brought together one step at a time, so that a feed which is begun while the
connection comes up is opened, and one which is ended while it is being opened is closed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

Take = Callable[[bytes], None]
Close = Callable[[], Awaitable[None]]
# Begins to hand over the messages of some keys (patterns) on one connection; closing never fails.
Open = Callable[[Sequence[str], Take], Awaitable[Close]]
Wish = tuple[Sequence[str], Take]


class Feed:
    """At most one feed of one instance. It comes back with a lost connection, without what was told meanwhile."""

    def __init__(self) -> None:
        self._wanted: Wish | None = None
        self._opened: Wish | None = None
        self._open: Open | None = None
        self._close: Close | None = None
        self._settling = asyncio.Lock()

    async def begin(self, keys: Sequence[str], take: Take) -> None:
        """Hand every message of these keys to `take` until `end`: at once, or as soon as there is a connection.

        Raises:
            Unavailable: the broker went away meanwhile; the next connection opens it.
        """
        self._wanted = (keys, take)
        await self._settle()

    async def end(self) -> None:
        """Take nothing more."""
        self._wanted = None
        await self._settle()

    async def connected(self, open: Open) -> None:
        """Go on over a new connection.

        Raises:
            Unavailable: it is lost already.
        """
        self.lost()
        self._open = open
        await self._settle()

    def lost(self) -> None:
        """Forget the connection: what was open on it is gone with it."""
        self._open = self._close = self._opened = None

    async def _settle(self) -> None:
        async with self._settling:
            while self._open is not None and self._opened is not self._wanted:
                if self._close is not None:
                    close, self._close, self._opened = self._close, None, None
                    await close()
                elif self._wanted is not None:
                    await self._begin(self._open, self._wanted)

    async def _begin(self, open: Open, wanted: Wish) -> None:
        close = await open(*wanted)
        # On a connection that was lost meanwhile there is nothing to close.
        if self._open is open:
            self._opened, self._close = wanted, close
