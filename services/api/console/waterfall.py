"""The way of an alert through the stages as a picture: when each began, how long it waited and how long it worked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

# A bar that is too thin to be seen is drawn as wide as this share of the picture.
THINNEST = 0.004
SHOWN = 200


@dataclass(frozen=True)
class Bar:
    """One stage: shares (0 to 1) of the picture's width at which it was queued, and spent waiting and working."""

    stage: str
    words: str
    at: datetime
    left: float
    waited: float
    worked: float
    waited_ms: float
    worked_ms: float
    event_type: str
    instance: str


@dataclass(frozen=True)
class Waterfall:
    """All bars, and how long the picture is."""

    bars: tuple[Bar, ...]
    span: timedelta


def waterfall_of(stages: Sequence[Mapping[str, Any]]) -> Waterfall:
    """Return the picture of a trace's stages; those without a time are left out."""
    known = [(one, datetime.fromisoformat(str(one["at"]))) for one in stages if one["at"]][:SHOWN]
    if not known:
        return Waterfall((), timedelta(0))
    starts = [at - timedelta(milliseconds=_ms(one, "waited_ms") + _ms(one, "worked_ms")) for one, at in known]
    begin, end = min(starts), max(at for _, at in known)
    total_ms = max((end - begin).total_seconds() * 1000, 1.0)
    bars = [
        _bar(one, at, (start - begin).total_seconds() * 1000 / total_ms, total_ms)
        for (one, at), start in zip(known, starts, strict=True)
    ]
    return Waterfall(tuple(bars), end - begin)


def _bar(stage: Mapping[str, Any], at: datetime, left: float, total_ms: float) -> Bar:
    waited_ms, worked_ms = _ms(stage, "waited_ms"), _ms(stage, "worked_ms")
    words = ": ".join(str(stage[name]) for name in ("decision", "reason") if stage[name])
    return Bar(
        stage=str(stage["stage"]),
        words=words,
        at=at,
        left=min(left, 1 - THINNEST),
        waited=waited_ms / total_ms,
        worked=max(worked_ms / total_ms, THINNEST),
        waited_ms=waited_ms,
        worked_ms=worked_ms,
        event_type=str(stage["event_type"]),
        instance=str(stage["instance"]),
    )


def _ms(stage: Mapping[str, Any], name: str) -> float:
    return float(stage[name] or 0.0)
