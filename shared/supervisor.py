"""Background tasks that must not die quietly."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from shared import clock

log = structlog.get_logger(__name__)
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 10.0
AGAIN_S = 12.0  # longer than what is in hand may take to end (store/due.py, claiming.py)
HEALTHY_S = 60.0  # a task that ran for so long has got over its last failure


class Supervisor:
    """Keeps tasks going: one that fails is logged and begun again after a pause that grows to 10 s."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []

    def spawn(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        """Begin a task; it ends when `run` returns, or with `close`."""
        self._tasks.append(asyncio.create_task(self._keep(name, run), name=name))

    async def close(self) -> None:
        """Cancel all tasks and wait for them; one that goes on is cancelled again.

        A client library may lose a cancellation that comes together with an answer or an error of its server.
        """
        left, self._tasks = set(self._tasks), []
        while left:
            for task in left:
                task.cancel()
            ended, left = await asyncio.wait(left, timeout=AGAIN_S)
            await asyncio.gather(*ended, return_exceptions=True)
            if left:
                log.warning("task.goes_on", tasks=sorted(one.get_name() for one in left))

    async def _keep(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        pause_s = FIRST_PAUSE_S
        while True:
            began_s = clock.monotonic_s()
            try:
                await run()
            except Exception as error:
                if clock.monotonic_s() - began_s > HEALTHY_S:
                    pause_s = FIRST_PAUSE_S
                log.error(
                    "task.failed", task=name, error=str(error)[:300], again_in_s=pause_s, exc_info=error
                )
                await asyncio.sleep(pause_s)
                pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
            else:
                return
