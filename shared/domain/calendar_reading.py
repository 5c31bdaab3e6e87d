"""Reads the text of an external calendar into the events that tell who is on call.

Reading is slow (a millisecond an event), so it is done once, where the text is fetched; what was read travels beside
the text. What cannot be understood of an event is told as a fault, and the rest of the calendar counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar as ICalendar
from pydantic import Field

from shared.domain.calendar_rules import rule_cost, rule_fault, with_local_until
from shared.domain.calendar_zones import DEFINITION, definitions, zone_name
from shared.domain.model import Frozen
from shared.domain.wall_time import EARLIEST, LATEST
from shared.errors import Permanent

LIMIT_BYTES, LIMIT_EVENTS, LIMIT_FAULTS = 10 * 2**20, 20_000, 20
LIMIT_SERIES, LIMIT_COST = 2_000, 1_000
FOLD = re.compile(r"\r?\n[ \t]")
# Only what is read here reaches the parser, which is slow by the line.
WANTED = re.compile(
    r"^(?:BEGIN|END|UID|DTSTART|DTEND|DURATION|SUMMARY|DESCRIPTION|ATTENDEE|STATUS|SEQUENCE|RRULE|RDATE|EXDATE"
    r"|RECURRENCE-ID|X-WR-TIMEZONE|VERSION|PRODID)[;:]",
    re.IGNORECASE,
)
ZONE_PARAMETER = re.compile(r';TZID=("[^"\r\n]*"|[^";:,\r\n]*)', re.IGNORECASE)
LEVEL = re.compile(r"^\s*\[L(\d{1,6})\]\s*", re.IGNORECASE)
DAY = timedelta(days=1)
# A component of the parser: its types say of every property that it may hold any of thirty kinds of value.
Component = Any


class ExternalEvent(Frozen):
    """One event of an external calendar, with its repetitions; times are local to `zone`.

    `zone` is "" where the event has none of its own (all day, floating): then it is the schedule's. `names` are what
    may name its people: the summary without its level, the description, the only attendee. `skipped` are starts that
    do not happen, `extra` such as no rule gives.
    """

    uid: str
    title: str = ""
    names: tuple[str, ...] = ()
    level: int = 0
    zone: str = ""
    start: datetime
    length_s: int
    rule: str = ""
    extra: tuple[datetime, ...] = ()
    skipped: tuple[datetime, ...] = ()


class CalendarReading(Frozen):
    """What a calendar's text says. `faults` are sentences about events that do not count, some of them."""

    events: tuple[ExternalEvent, ...] = ()
    faults: tuple[str, ...] = Field(default=())


def read_calendar(text: str) -> CalendarReading:
    """Return what the text of an external calendar says; takes up to seconds for thousands of events.

    Raises:
        Permanent: it is not a calendar, or too large.
    """
    if len(text.encode()) > LIMIT_BYTES:
        raise Permanent(f"The calendar is larger than {LIMIT_BYTES // 2**20} MiB.")
    slim, private = _slim(text.lstrip("\ufeff"))
    if slim.upper().count("BEGIN:VEVENT") > LIMIT_EVENTS:
        raise Permanent(f"The calendar has more than {LIMIT_EVENTS} events.")
    faults: list[str] = []
    slim = _with_known_zones(slim, private, faults)
    try:
        calendars = ICalendar.from_ical(slim, multiple=True)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError) as error:
        raise Permanent(f"The text is not an iCalendar: {str(error)[:200]}") from error
    if not calendars or any(one.name != "VCALENDAR" for one in calendars):
        raise Permanent("The text is not an iCalendar: it does not begin with BEGIN:VCALENDAR.")
    events: list[ExternalEvent] = []
    for calendar in calendars:
        zone = zone_name(str(calendar.get("X-WR-TIMEZONE", "")), private) or ""
        events += _events(calendar, zone, faults)
    series = [one for one in events if one.rule]
    if len(series) > LIMIT_SERIES or sum(rule_cost(one.rule, one.start) for one in series) > LIMIT_COST:
        raise Permanent("The calendar has too many repeating events, or too many with unusual rules.")
    return CalendarReading(events=tuple(events), faults=tuple(dict.fromkeys(faults))[:LIMIT_FAULTS])


def _slim(text: str) -> tuple[str, Mapping[str, str]]:
    """Return the unfolded text without what is not read, and its private time zones."""
    unfolded = FOLD.sub("", text)
    private = definitions(unfolded)
    lines = DEFINITION.sub("", unfolded).splitlines()
    return "\r\n".join(one for one in lines if WANTED.match(one)) + "\r\n", private


def _with_known_zones(text: str, private: Mapping[str, str], faults: list[str]) -> str:
    """Return the text with every TZID as the database names it; an unknown one is taken away."""

    def known(found: re.Match[str]) -> str:
        name = zone_name(found[1], private)
        if name is None:
            faults.append(f"Time zone {found[1][:100]} is not known: the calendar's own is taken.")
            return ""
        return f";TZID={name}"

    return ZONE_PARAMETER.sub(known, text)


def _events(calendar: Component, zone: str, faults: list[str]) -> Iterator[ExternalEvent]:
    """Yield the events of one calendar that were not cancelled; a changed occurrence stands beside its series."""
    series: dict[str, list[Component]] = {}
    for number, one in enumerate(calendar.walk("VEVENT")):
        series.setdefault(str(one.get("UID") or f"event-{number}"), []).append(one)
    for uid, versions in series.items():
        masters = _newest([one for one in versions if "RECURRENCE-ID" not in one])
        changed = _newest_of_each([one for one in versions if "RECURRENCE-ID" in one])
        for one in masters:
            replaced = [at for at in (_replaced(other) for other in changed) if at is not None]
            yield from _read(uid, one, replaced, zone, faults)
        for one in changed:
            if not any(_is_cancelled(master) for master in masters):
                yield from _read(uid, one, [], zone, faults)


def _newest(versions: list[Component]) -> list[Component]:
    """Return those with the highest sequence number; some calendars use one uid for different events."""
    highest = max((_sequence(one) for one in versions), default=0)
    return [one for one in versions if _sequence(one) == highest]


def _newest_of_each(versions: list[Component]) -> list[Component]:
    found: dict[str, Component] = {}
    for one in sorted(versions, key=_sequence):
        found[str(_replaced(one))] = one
    return list(found.values())


def _replaced(event: Component) -> date | datetime | None:
    """Return which start of its series an event stands in for, None when it does not say so clearly."""
    at = getattr(event["RECURRENCE-ID"], "dt", None)
    return at if isinstance(at, date) else None


def _sequence(event: Component) -> int:
    try:
        return int(event.get("SEQUENCE", 0))
    except (TypeError, ValueError):
        return 0


def _is_cancelled(event: Component) -> bool:
    return str(event.get("STATUS", "")).strip().upper() == "CANCELLED"


def _read(
    uid: str, event: Component, replaced: list[date], default_zone: str, faults: list[str]
) -> Iterator[ExternalEvent]:
    """Yield the event, unless it was cancelled or cannot be understood."""
    if _is_cancelled(event):
        return
    title = str(event.get("SUMMARY", "")).strip()
    try:
        if event.errors or "DTSTART" not in event:
            # A series whose rule was not understood must not pass for a single event.
            raise ValueError(
                f"its {event.errors[0][0] or 'text'} is not valid" if event.errors else "it has no start"
            )
        made = _external(uid, event, replaced, default_zone)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError) as error:
        faults.append(f"Event {title[:100] or uid[:100]} does not count: {str(error)[:200]}.")
        return
    if made.length_s > 0:
        yield made


def _external(uid: str, event: Component, replaced: list[date], default_zone: str) -> ExternalEvent:
    if "RECURRENCE-ID" in event and _replaced(event) is None:
        raise ValueError("its RECURRENCE-ID is not valid")
    begins = event["DTSTART"].dt
    zone = _zone_of(begins, default_zone)
    clock = ZoneInfo(zone) if zone else None
    start = _local(begins, clock)
    if not EARLIEST <= start <= LATEST:
        raise ValueError(f"it begins in the year {start.year}")
    length = _length(event, begins, start, clock)
    rule = _rule(event, clock)
    fault = rule_fault(rule, start, length) if rule else None
    if fault is not None:
        raise ValueError(fault)
    level = LEVEL.match(str(event.get("SUMMARY", "")))
    title = LEVEL.sub("", str(event.get("SUMMARY", ""))).strip()
    skipped = [_local(one, clock, start.time()) for one in (*_dates(event, "EXDATE"), *replaced)]
    return ExternalEvent(
        uid=uid,
        title=title,
        names=_names(title, event),
        level=int(level[1]) if level else 0,
        zone=zone,
        start=start,
        length_s=int(length.total_seconds()),
        rule=rule,
        extra=tuple(_local(one, clock, start.time()) for one in _dates(event, "RDATE")),
        skipped=tuple(skipped),
    )


def _names(title: str, event: Component) -> tuple[str, ...]:
    attendees = event.get("ATTENDEE", [])
    attendees = attendees if isinstance(attendees, list) else [attendees]
    attendee = str(attendees[0]).strip() if len(attendees) == 1 else ""
    if attendee.lower().startswith("mailto:"):
        attendee = attendee[len("mailto:") :]
    found = (title, str(event.get("DESCRIPTION", "")).strip(), attendee)
    # A name is short; a description that is a letter is none.
    return tuple(dict.fromkeys(one for one in found if one and len(one) <= 320))


def _zone_of(begins: date | datetime, default_zone: str) -> str:
    zone = begins.tzinfo if isinstance(begins, datetime) else None
    if zone is None:
        return default_zone
    return zone.key if isinstance(zone, ZoneInfo) else "UTC"


def _local(one: date | datetime, clock: tzinfo | None, at: time = time()) -> datetime:
    """Return a moment as the event's local time; of a mere date the time `at`."""
    if not isinstance(one, datetime):
        return datetime.combine(one, at)
    if one.tzinfo is None or clock is None:
        return one.replace(tzinfo=None, fold=0)
    return one.astimezone(clock).replace(tzinfo=None, fold=0)


def _length(event: Component, begins: date | datetime, start: datetime, clock: tzinfo | None) -> timedelta:
    """Return how long it is on the wall's clock; all of its days where it is an event of days."""
    if "DTEND" in event:
        length = _local(event["DTEND"].dt, clock) - start
    elif "DURATION" in event:
        length = event["DURATION"].dt
    else:
        length = timedelta()
    if not isinstance(begins, datetime) and length <= timedelta():
        return DAY
    return min(length, LATEST - start)


def _rule(event: Component, clock: tzinfo | None) -> str:
    found = event.get("RRULE")
    if found is None:
        return ""
    if isinstance(found, list):
        raise ValueError("it has more than one recurrence rule")
    return with_local_until(found.to_ical().decode(), clock)


def _dates(event: Component, name: str) -> Iterator[date | datetime]:
    found = event.get(name, [])
    for part in found if isinstance(found, list) else [found]:
        for one in part.dts:
            yield one.dt[0] if isinstance(one.dt, tuple) else one.dt
