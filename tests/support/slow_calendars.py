"""External calendars for tests: events as facts, the text that says them, and who is on by them, the slow way.

The text is never read here, and rules are followed from their first start.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from tests.support.slow_schedules import moment

WINDOWS = {"W. Europe Standard Time": "Europe/Berlin", "India Standard Time": "Asia/Kolkata"}
WRITTEN = "%Y%m%dT%H%M%S"


@dataclass(frozen=True)
class Fact:
    """An event. `zone`: as the calendar names it; "" floating, "day" of whole days, else a TZID.

    `dropped` and `moved` are numbers among its starts: struck out, or held by somebody else so many hours later
    (None: cancelled). `extra` are hours after the first start.
    """

    user: str
    start: datetime
    length: timedelta
    zone: str
    level: int = 0
    rule: str = ""
    extra: tuple[int, ...] = ()
    dropped: tuple[int, ...] = ()
    moved: tuple[tuple[int, int | None], ...] = ()
    is_cancelled: bool = False

    @property
    def is_of_days(self) -> bool:
        return self.zone == "day"

    def starts(self, last: datetime) -> list[datetime]:
        """Return the local starts that its rule gives until `last`."""
        if not self.rule:
            return [self.start]
        found: list[datetime] = []
        for one in rrulestr(self.rule, dtstart=self.start):
            if one > last:
                break
            found.append(one)
        return found

    def picked(self, numbers: tuple[int, ...], last: datetime) -> list[datetime]:
        starts = self.starts(last)
        return sorted({starts[one % len(starts)] for one in numbers}) if starts else []

    def added(self) -> list[datetime]:
        return [self.start + timedelta(hours=24 * one if self.is_of_days else one) for one in self.extra]


def times(fact: Fact, own_zone: str, last: datetime) -> Iterator[tuple[datetime, datetime, str]]:
    """Yield when a fact is on, and who: every time from the very beginning."""
    zone = ZoneInfo(zone_meant(fact.zone, own_zone))
    local_last = last.replace(tzinfo=None) + timedelta(days=2)
    gone = set(fact.picked(fact.dropped, local_last))
    replaced = {one for number, _ in fact.moved for one in fact.picked((number,), local_last)}
    kept = {one for one in (*fact.starts(local_last), *fact.added()) if one not in gone | replaced}
    found = [(one, fact.user) for one in kept] + list(moved_starts(fact, local_last))
    if not fact.is_cancelled:
        for begin, user in found:
            yield moment(begin, zone), moment(begin + fact.length, zone), user


def moved_starts(fact: Fact, last: datetime) -> Iterator[tuple[datetime, str]]:
    for at, hours in moves(fact, last):
        if hours is not None:
            yield at + timedelta(hours=hours), "F"


def moves(fact: Fact, last: datetime) -> list[tuple[datetime, int | None]]:
    """Return the starts that are moved or cancelled; of two that mean the same one the later counts."""
    found = {one: hours for number, hours in fact.moved for one in fact.picked((number,), last)}
    return sorted(found.items(), key=lambda one: one[0])


def zone_meant(name: str, own_zone: str) -> str:
    if name in ("", "day") or name.startswith("Nowhere"):
        return own_zone
    return WINDOWS.get(name, name)


def text_of(facts: list[Fact], calendar_zone: str, last: datetime) -> str:
    """Return the calendar; `calendar_zone` is its own zone, "" for none."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:test"]
    if calendar_zone:
        lines.append(f"X-WR-TIMEZONE:{calendar_zone}")
    for number, one in enumerate(facts):
        lines += event_lines(f"{number}@test", one, last.replace(tzinfo=None) + timedelta(days=2))
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def event_lines(uid: str, fact: Fact, last: datetime) -> list[str]:
    title = f"[L{fact.level}] user-{fact.user}" if fact.level else f"user-{fact.user}"
    lines = [*opening(uid, fact, fact.start, title)]
    lines += [f"RRULE:{fact.rule}"] if fact.rule else []
    lines += [f"EXDATE{stamp(fact, one)}" for one in fact.picked(fact.dropped, last)]
    lines += [f"RDATE{stamp(fact, one)}" for one in fact.added()]
    lines += ["STATUS:CANCELLED"] if fact.is_cancelled else []
    lines.append("END:VEVENT")
    for at, hours in moves(fact, last):
        lines += opening(uid, fact, at + timedelta(hours=hours or 0), title.replace(fact.user, "F"))
        lines += [f"RECURRENCE-ID{stamp(fact, at)}", "SEQUENCE:1"]
        lines += ["STATUS:CANCELLED"] if hours is None else []
        lines.append("END:VEVENT")
    return lines


def opening(uid: str, fact: Fact, start: datetime, title: str) -> list[str]:
    return [
        "BEGIN:VEVENT",
        f"UID:{uid}",
        f"DTSTART{stamp(fact, start)}",
        f"DTEND{stamp(fact, start + fact.length)}",
        f"SUMMARY:{title}",
    ]


def stamp(fact: Fact, local: datetime) -> str:
    if fact.is_of_days:
        return f";VALUE=DATE:{local:%Y%m%d}"
    written = local.strftime(WRITTEN)
    if fact.zone == "UTC":
        return f":{written}Z"
    return f";TZID={fact.zone}:{written}" if fact.zone else f":{written}"
