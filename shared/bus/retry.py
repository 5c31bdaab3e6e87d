"""The retry ladder: how often and after how long one failed event is tried again."""

from __future__ import annotations

from shared.bus.topology import RUNGS_S

ATTEMPT_HEADER = "x-attempt"
HISTORY_HEADER = "x-history"


def next_rung_s(attempt: int, after_s: float | None = None) -> int | None:
    """Return the seconds to wait before try number `attempt + 1`, None after the last rung.

    `attempt` counts the tries so far, from 1. A wait that was asked for takes the first rung that is long enough.
    """
    if attempt > len(RUNGS_S):
        return None
    rung = RUNGS_S[attempt - 1]
    if after_s is not None and after_s > rung:
        return next((one for one in RUNGS_S if one >= after_s), RUNGS_S[-1])
    return rung
