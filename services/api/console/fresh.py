"""An answer that costs something, found once for everybody who asks at about the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from shared import clock

T = TypeVar("T")


class Fresh(Generic[T]):
    """The answer of `find`, found again when it is older than `for_s` seconds."""

    def __init__(self, find: Callable[[], Awaitable[T]], for_s: float) -> None:
        self._find = find
        self._for_s = for_s
        self._finding = asyncio.Lock()
        self._found: tuple[float, T] | None = None

    async def get(self) -> T:
        """Return the answer; whatever `find` raises is raised, and nothing is kept of it."""
        async with self._finding:
            if self._found is None or clock.monotonic_s() - self._found[0] >= self._for_s:
                return await self._find_again()
            return self._found[1]

    async def renewed(self) -> T:
        """Return an answer that is found from now on, for whoever has just changed it."""
        async with self._finding:
            return await self._find_again()

    async def _find_again(self) -> T:
        answer = await self._find()
        self._found = (clock.monotonic_s(), answer)
        return answer
