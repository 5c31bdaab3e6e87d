"""Rules are followed as dateutil follows them from their start; no text of a stranger breaks the reading."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.calendar_reading import read_calendar
from shared.domain.calendar_rules import pattern_of_rule, rule_fault, rule_starts
from shared.domain.external_events import fetched_calendar
from shared.domain.final_shifts import final_shifts
from shared.domain.schedules import WEEKDAYS
from shared.errors import Permanent
from tests.support.schedules import MADE_AT, a_schedule, utc

HOUR = timedelta(hours=1)
DAYS = st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=3, unique=True).map(",".join)
NUMBERED = st.sampled_from(["1MO", "-1FR", "2SU,4SU", "5WE", "MO,-1TU"])


@st.composite
def rules(draw: Any) -> str:
    """Return a rule that this product follows."""
    frequency = draw(st.sampled_from(["HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts = [f"FREQ={frequency}"]
    if draw(st.booleans()):
        parts.append(f"INTERVAL={draw(st.integers(1, 5))}")
    if draw(st.booleans()):
        numbered = frequency in ("MONTHLY", "YEARLY") and draw(st.booleans())
        parts.append(f"BYDAY={draw(NUMBERED if numbered else DAYS)}")
    if draw(st.integers(0, 2)) == 0:
        parts.append(f"BYMONTH={draw(st.sampled_from(['1', '2,3', '6,7,8,12']))}")
    if draw(st.integers(0, 2)) == 0 and frequency != "WEEKLY":
        parts.append(f"BYMONTHDAY={draw(st.sampled_from(['1', '15,29', '-1', '31,-2']))}")
    if draw(st.integers(0, 3)) == 0 and len(parts) > 1 and frequency in ("WEEKLY", "MONTHLY", "YEARLY"):
        parts += [f"BYSETPOS={draw(st.sampled_from(['1', '-1', '2']))}"] if "BY" in parts[-1] else []
    if frequency in ("DAILY", "MONTHLY") and draw(st.integers(0, 3)) == 0:
        parts.append("BYHOUR=8,20")
    parts += draw(st.sampled_from([[], [], ["WKST=SU"], ["UNTIL=20260914T083000"], ["COUNT=37"]]))
    return ";".join(parts)


@settings(max_examples=60, deadline=None)
@given(rules(), st.integers(0, 900), st.integers(0, 700), st.integers(1, 60))
def test_starts_of_a_rule_are_those_that_following_it_from_its_start_gives(
    rule: str, begun: int, distance: int, length: int
):
    start = datetime.fromisoformat("2024-01-31T08:30:00") + timedelta(days=begun)
    first = start + timedelta(days=distance)
    last = first + timedelta(days=length)
    assert rule_fault(rule, start, HOUR) is None

    expected = rrulestr(rule, dtstart=start).between(first, last, inc=True)

    assert list(rule_starts(rule, start, first, last)) == expected
    pattern = pattern_of_rule(rule, start.date())
    if pattern is not None and "UNTIL" not in rule:
        days = list(pattern.days(first.toordinal(), last.toordinal()))
        assert days == [one.toordinal() for one in expected]


LINES = st.one_of(
    st.sampled_from(
        [
            "BEGIN:VCALENDAR",
            "END:VCALENDAR",
            "BEGIN:VEVENT",
            "END:VEVENT",
            "BEGIN:VTIMEZONE",
            "END:VTIMEZONE",
            "TZID:Own",
            "UID:1",
            "DTSTART:20260302T090000Z",
            "DTSTART;TZID=Own:20260302T090000",
            "DTSTART;VALUE=DATE:20260302",
            "DTEND:20260302T170000",
            "DTEND;VALUE=DATE:20260304",
            "DURATION:-P1W",
            "RRULE:FREQ=DAILY;UNTIL=2026",
            "RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=5",
            "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
            "RECURRENCE-ID:20260302T090000Z",
            "RECURRENCE-ID;RANGE=THISANDFUTURE:20260309",
            "EXDATE;VALUE=DATE:20260303,20260304",
            "RDATE;VALUE=PERIOD:20260305T090000Z/PT1H",
            "SEQUENCE:many",
            "SUMMARY:[L99999999] user-A",
            "ATTENDEE:mailto:a@x.org",
            "STATUS:CANCELLED",
            "X-WR-TIMEZONE:Nowhere",
        ]
    ),
    st.text(max_size=30),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(LINES, max_size=14), st.booleans())
def test_whatever_the_text_it_is_read_or_refused_and_what_was_read_can_be_asked(
    lines: list[str], framed: bool
):
    if framed:
        lines = ["BEGIN:VCALENDAR", "BEGIN:VEVENT", *lines, "END:VEVENT", "END:VCALENDAR"]
    text = "\n".join(lines) + "\n"
    try:
        reading = read_calendar(text)
    except Permanent:
        return

    config = a_schedule(fetched_calendar("S", "primary", text, MADE_AT), type="ical", zone="Europe/Berlin")
    found = final_shifts(config, "S", utc("2026-02-01T00:00"), utc("2026-06-01T00:00"))
    assert len(reading.faults) <= 20
    assert all(one.start < one.end for one in found)
