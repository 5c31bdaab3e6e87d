"""A sandbox that starts its worker processes when it is asked for the first time: most services never need them."""

from __future__ import annotations

import asyncio

from shared.sandbox import Sandbox


class LazySandbox:
    """One sandbox for all who ask; `limit_s` of CPU time for one template evaluation."""

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._opening = asyncio.Lock()
        self._sandbox: Sandbox | None = None

    async def sandbox(self) -> Sandbox:
        """Return the sandbox, started when it is not yet."""
        async with self._opening:
            if self._sandbox is None:
                self._sandbox = await Sandbox(limit_s=self._limit_s).__aenter__()
            return self._sandbox

    async def close(self) -> None:
        """End its processes."""
        if self._sandbox is not None:
            await self._sandbox.__aexit__(None, None, None)
