"""A router whose process ends at the sight of poison, and is started again at once: what test_poison.py runs.

    python -m tests.chaos.poisoned_stage

Each life is a fork of a process that has imported everything, so that twenty deaths take seconds.
"""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from types import FrameType

from shared import clock
from shared.config import Settings
from shared.events import AlertReceived, AlertRouted, Event
from shared.service import Io, Service, run_all
from shared.stage import Done, Handled, Handler

POISON = "poison"
DEATH = 86


async def handle(events: Sequence[Event]) -> Handled:
    """Route everything; die over poison as a crash of the interpreter would: nothing is caught or finished."""
    alerts = [one for one in events if isinstance(one, AlertReceived)]
    if any(one.alert.payload == POISON for one in alerts):
        os._exit(DEATH)
    now = clock.now()
    return Handled(
        [Done((AlertRouted.following(one, time=now, alert=one.alert, key="0" * 32),)) for one in alerts]
    )


@asynccontextmanager
async def opened(_: Io) -> AsyncIterator[Handler]:
    """Nothing to open."""
    yield handle


SERVICE = Service(
    name="router",
    open=opened,
    consumes=(AlertReceived,),
    emits=(AlertRouted,),
    needs_database=False,
    keeps=frozenset(),
)


def main() -> None:
    """Live, die and live again until SIGTERM."""
    child = 0

    def stop(*_: int | FrameType | None) -> None:
        if child:
            os.kill(child, signal.SIGKILL)
        os._exit(0)

    signal.signal(signal.SIGTERM, stop)
    while True:
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            run_all([(SERVICE, Settings())])
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.waitstatus_to_exitcode(status) != DEATH:
            os._exit(1)


if __name__ == "__main__":
    main()
