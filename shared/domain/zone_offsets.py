"""How far a time zone's clocks are from UTC in a span of time: one offset, and another after each change of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

STEP = timedelta(hours=1)


@dataclass(frozen=True)
class Offset:
    """What is added to UTC from an instant on, in milliseconds."""

    since: datetime
    ms: int


def offsets_in(zone: ZoneInfo, since: datetime, until: datetime) -> tuple[Offset, ...]:
    """Return the offsets that hold between two instants, in order; clocks change on full hours of UTC or half ones.

    Looked at every hour: of a change on a half hour at most half an hour is counted wrongly.
    """
    at = since.astimezone(UTC)
    found = [Offset(at, _ms(zone, at))]
    at = at.replace(minute=0, second=0, microsecond=0) + STEP
    while at < until:
        ms = _ms(zone, at)
        if ms != found[-1].ms:
            found.append(Offset(at, ms))
        at += STEP
    return tuple(found)


def _ms(zone: ZoneInfo, at: datetime) -> int:
    offset = at.astimezone(zone).utcoffset()
    return int(offset.total_seconds() * 1000) if offset is not None else 0
