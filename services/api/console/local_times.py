"""Times in forms: what a field of date and time means in a zone, and what stands in it for an instant."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from zoneinfo import available_timezones

from services.api.refusals import Invalid
from services.api.resources.maintenance_windows import EARLIEST, LATEST
from shared.domain.wall_time import instant, wall


def read_local(text: str, zone: tzinfo, field: str) -> datetime:
    """Return the instant (UTC) that a field of date and time means in a zone.

    Raises:
        Invalid: it is no such time, or one of another century.
    """
    try:
        local = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise Invalid.field(field, "Must be a date and a time, such as 2026-12-06T09:00.") from error
    if local.tzinfo is not None:
        raise Invalid.field(field, "Must be a local time, without an offset.")
    if not EARLIEST <= local.replace(tzinfo=UTC) <= LATEST:
        raise Invalid.field(field, "Must be between the years 2000 and 2100.")
    return instant(local, zone)


def local_text(at: datetime, zone: tzinfo) -> str:
    """Return what a field of date and time shows of an instant."""
    return f"{wall(at, zone):%Y-%m-%dT%H:%M}"


@lru_cache(maxsize=1)
def zone_names() -> tuple[str, ...]:
    """Return the names of all time zones that have a place in them, and UTC."""
    return ("UTC", *sorted(one for one in available_timezones() if "/" in one and not one.startswith("Etc/")))
