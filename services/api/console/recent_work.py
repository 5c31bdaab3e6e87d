"""What each stage did in the last minutes, read from the journal: how much, and how long events waited and took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.api.trace import source
from shared.store.journal import Journal

WINDOW = timedelta(minutes=5)
PAGES_READ = 500


@dataclass(frozen=True)
class StageWork:
    """One stage in the window: events a minute, the median and the longest wait (ms), the median of work (ms).

    `waited` holds up to 30 waits in the order of time, for a small picture.
    """

    per_minute: float
    waited_ms: float
    longest_wait_ms: float
    worked_ms: float
    instances: int
    waited: tuple[float, ...]


async def recent_work(journal: Journal, now: datetime) -> dict[str, StageWork]:
    """Return the work of every stage that the journal has something of, by its name."""
    envelopes, since = await journal.newest(now - WINDOW, PAGES_READ)
    minutes = max((now - since).total_seconds() / 60, 0.1)
    by_stage: dict[str, list[Mapping[str, Any]]] = {}
    for one in envelopes:
        by_stage.setdefault(source(one)[0], []).append(one)
    return {name: _work(found, minutes) for name, found in by_stage.items()}


def _work(found: Sequence[Mapping[str, Any]], minutes: float) -> StageWork:
    in_order = sorted(found, key=lambda one: str(one.get("time", "")))
    waited = [float(one["waitedms"]) for one in in_order if one.get("waitedms") is not None]
    worked = [float(one["workedms"]) for one in in_order if one.get("workedms") is not None]
    every = max(1, len(waited) // 30)
    return StageWork(
        per_minute=len(found) / minutes,
        waited_ms=_median(waited),
        longest_wait_ms=max(waited, default=0.0),
        worked_ms=_median(worked),
        instances=len({source(dict(one))[1] for one in found}),
        waited=tuple(waited[::every][-30:]),
    )


def _median(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2] if values else 0.0
