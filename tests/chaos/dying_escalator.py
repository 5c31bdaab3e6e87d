"""An escalator in a hurry that is killed in the middle of a repair: what test_watchdog_deaths.py runs.

    python -m tests.chaos.dying_escalator begun|mended

`begun`: the repair is written down and nothing is done. `mended`: it is done, and nobody was told.
SIGUSR1 puts it in a hurry: before that, on a busy machine, a group whose event still waits would look broken.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from services.escalator import walking, watchdog
from services.escalator.mending import Mending
from services.escalator.service import service
from shared.config import Settings
from shared.service import run_all


async def die(*_: Any) -> None:
    """End as by kill -9: nothing is caught or finished."""
    os.kill(os.getpid(), signal.SIGKILL)


def hurry(patch: Any = setattr) -> None:
    """Walk, look again and give up leases within a moment."""
    patch(watchdog, "TICK_S", 0.05)
    patch(watchdog, "WALK_EVERY_S", 0.2)
    patch(watchdog, "CONFIRM_AFTER_S", 0.3)
    patch(watchdog, "HOLD_EVERY_S", 0.2)
    patch(watchdog, "LEASE_S", 1.0)
    patch(walking, "PAUSE_S", 0.0)


def main() -> None:
    """Live until the first repair."""
    signal.signal(signal.SIGUSR1, lambda *_: hurry())
    setattr(Mending, {"begun": "_mend", "mended": "_finish"}[sys.argv[1]], die)
    run_all([(service, Settings())])


if __name__ == "__main__":
    main()
