"""Which time zone an external calendar means: names of the database, of Windows, of vendors, and private definitions.

A private definition (VTIMEZONE) is taken for the zone of the database that keeps the same offsets. So what one
calendar calls "Customized Time Zone" is nothing that another could meet.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from io import StringIO
from zoneinfo import ZoneInfo

from dateutil.tz import tzical
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from shared.domain.recurrence import zone_names

DEFINITION = re.compile(
    r"^BEGIN:VTIMEZONE\r?\n.*?^END:VTIMEZONE[ \t]*\r?\n?", re.MULTILINE | re.DOTALL | re.IGNORECASE
)
TZID = re.compile(r"^TZID(?:;[^:\r\n]*)?:([^\r\n]+)", re.MULTILINE | re.IGNORECASE)
LOCATION = re.compile(r"^X-LIC-LOCATION(?:;[^:\r\n]*)?:([^\r\n]+)", re.MULTILINE | re.IGNORECASE)
# What of a definition is read; its rules must be yearly ones, or following them could take for ever.
LINES = re.compile(
    r"^(?:BEGIN|END|TZID|TZOFFSETFROM|TZOFFSETTO|DTSTART|RRULE|RDATE)[;:][^\r\n]*", re.MULTILINE
)
YEARLY = re.compile(r"RRULE:(?=.*FREQ=YEARLY)(?!.*(?:BYHOUR|BYMINUTE|BYSECOND))[^\r\n]*", re.IGNORECASE)
LIMIT_CHARS = 10_000
# Noon (UTC) of every day of the two years in which offsets are compared.
DAYS = tuple(datetime(2025, 1, 1, 12, tzinfo=UTC) + timedelta(days=number) for number in range(730))
HOUR = timedelta(hours=1)
# Of zones that keep the same offsets today the first of these is meant.
USUAL = (
    *("Europe/Berlin", "Europe/London", "Europe/Athens", "America/New_York", "America/Chicago"),
    *("America/Denver", "America/Los_Angeles", "Asia/Kolkata", "Asia/Tokyo", "Australia/Sydney"),
)
Offsets = tuple[tuple[datetime, timedelta | None], ...]


def definitions(text: str) -> dict[str, str]:
    """Return the private definitions of an unfolded calendar by their TZID."""
    found = {}
    for block in DEFINITION.findall(text):
        name = TZID.search(block)
        if name is not None:
            found[name[1].strip()] = block
    return found


def zone_name(tzid: str, private: Mapping[str, str]) -> str | None:
    """Return the name in the time zone database of what a calendar calls `tzid`, None when it cannot be told."""
    tzid = tzid.strip().strip('"')
    known = _by_name(tzid)
    if known is not None or tzid not in private:
        return known
    return _named_by(private[tzid])


@lru_cache(maxsize=1_024)
def _by_name(tzid: str) -> str | None:
    parts = tzid.strip("/").split("/")
    if tzid.strip("/") in WINDOWS_TO_OLSON:
        return WINDOWS_TO_OLSON[tzid.strip("/")]
    endings = ("/".join(parts[start:]) for start in range(len(parts)))
    return next((one for one in endings if one in zone_names()), None)


@lru_cache(maxsize=256)
def _named_by(block: str) -> str | None:
    place = LOCATION.search(block)
    if place is not None and place[1].strip() in zone_names():
        return place[1].strip()
    lines = LINES.findall(block)
    rules = [one for one in lines if one.upper().startswith("RRULE")]
    if len(block) > LIMIT_CHARS or not all(YEARLY.fullmatch(one) for one in rules):
        return None
    try:
        zone = tzical(StringIO("\n".join(lines) + "\n")).get()
        offsets = None if zone is None else _offsets(zone)
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, AttributeError):
        return None
    return None if offsets is None else _zones_by_offsets().get(offsets)


@lru_cache(maxsize=1)
def _zones_by_offsets() -> dict[Offsets, str]:
    """Return one zone for each way of keeping offsets, of those by which Windows names the areas of the world.

    Takes a good part of a second, once.
    """
    known = sorted(set(WINDOWS_TO_OLSON.values()) & zone_names())
    found: dict[Offsets, str] = {}
    for name in (*USUAL, *known):
        found.setdefault(_offsets(ZoneInfo(name)), name)
    return found


def _offsets(zone: tzinfo) -> Offsets:
    """Return the offset of the first day, and each later one with the hour since which it holds."""
    before = DAYS[0].astimezone(zone).utcoffset()
    found = [(DAYS[0], before)]
    for day in DAYS[1:]:
        if day.astimezone(zone).utcoffset() != before:
            hours = (day - 23 * HOUR + number * HOUR for number in range(24))
            since = next(one for one in hours if one.astimezone(zone).utcoffset() != before)
            before = since.astimezone(zone).utcoffset()
            found.append((since, before))
    return tuple(found)
