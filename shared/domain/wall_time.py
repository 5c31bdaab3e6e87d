"""Local time and instants: which moment a clock on the wall of a time zone means.

A time that a clock change skips is the moment of the change; one that comes twice is its first. So the end of one
shift and the start of the next, written as the same local time, are always the same instant, and order is kept.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

SECOND = timedelta(seconds=1)
# Beyond these years nothing is computed: arithmetic on later or earlier times could leave what a datetime holds.
EARLIEST, LATEST = datetime(1900, 1, 1), datetime(2999, 1, 1)  # noqa: DTZ001


@lru_cache(maxsize=1024)
def zone_of(name: str | None) -> tzinfo:
    """Return the time zone of that name; UTC for none, or for one that the database no longer knows."""
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def wall(at: datetime, zone: tzinfo) -> datetime:
    """Return what a clock on the wall shows at an instant, as a time without a zone."""
    return at.astimezone(zone).replace(tzinfo=None, fold=0)


def instant(local: datetime, zone: tzinfo) -> datetime:
    """Return the instant (UTC) at which a clock on the wall shows `local`, by the rules above."""
    if zone is UTC:
        return local.replace(tzinfo=UTC)
    found = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == local:
        return found
    return _change_near(local, zone)


def _change_near(local: datetime, zone: tzinfo) -> datetime:
    """Return the moment at which the clock jumps over `local`.

    Read with the offset after the change a skipped time lies before it, with the offset before the change after it.
    """
    low = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    high = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    before = low.astimezone(zone).utcoffset()
    while high - low > SECOND:
        middle = low + (high - low) // 2
        middle = middle.replace(microsecond=0) if middle.replace(microsecond=0) > low else middle
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)
