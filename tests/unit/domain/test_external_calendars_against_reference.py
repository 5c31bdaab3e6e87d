"""Who is on call by external calendars equals what the slow, obvious reference finds, for events of every kind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from shared.domain.external_events import faults_of, fetched_calendar
from shared.domain.final_shifts import final_shifts
from shared.domain.on_call import on_call_at
from tests.support.depth import examples
from tests.support.schedules import MADE_AT, a_schedule
from tests.support.slow_calendars import Fact, text_of, times

# Around clock changes of the north and the south, Ramadan in Casablanca, a leap day, a turn of the year.
ANCHORS = ("2026-03-20", "2026-10-20", "2026-02-10", "2026-03-30", "2026-09-01", "2028-02-20", "2026-12-26")
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Pacific/Auckland",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Africa/Casablanca",
)
NAMED = ("", "day", "Nowhere/City", "W. Europe Standard Time", "India Standard Time", *ZONES)
SPAN = timedelta(days=30)
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@st.composite
def rules(draw: Any, start: datetime) -> str:
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts = [f"FREQ={frequency}", f"INTERVAL={draw(st.integers(1, 3))}"]
    if frequency == "WEEKLY" and draw(st.booleans()):
        days = draw(st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=3, unique=True))
        parts += [f"BYDAY={','.join(days)}", f"WKST={draw(st.sampled_from(['MO', 'SU', 'WE']))}"]
    if frequency == "MONTHLY" and draw(st.booleans()):
        by = ["BYMONTHDAY=-1", "BYMONTHDAY=29,30,31", "BYDAY=MO", "BYDAY=2TU", "BYDAY=MO,TU;BYSETPOS=-1"]
        parts.append(draw(st.sampled_from(by)))
    if frequency == "YEARLY" and draw(st.booleans()):
        parts.append(draw(st.sampled_from(["BYMONTH=2;BYMONTHDAY=29", "BYMONTH=3,10;BYDAY=-1SU"])))
    if draw(st.integers(0, 3)) == 0:
        parts.append(f"COUNT={draw(st.integers(1, 30))}")
    elif draw(st.integers(0, 2)) == 0:
        until = start + timedelta(days=draw(st.integers(0, 90)), hours=draw(st.integers(0, 5)))
        parts.append(f"UNTIL={until:%Y%m%dT%H%M%S}")
    return ";".join(parts)


@st.composite
def facts(draw: Any, anchor: datetime) -> Fact:
    zone = draw(st.sampled_from(NAMED))
    start = anchor + timedelta(days=draw(st.one_of(st.integers(0, 25), st.integers(-60, 25))))
    hours = draw(st.sampled_from([24, 48, 168] if zone == "day" else [1, 2, 8, 12, 24, 36]))
    if zone != "day":
        start += timedelta(minutes=draw(st.sampled_from([0, 60, 90, 120, 150, 540, 1410])))
    rule = draw(st.one_of(st.just(""), rules(start), rules(start)))
    few = st.lists(st.integers(0, 40), max_size=2).map(tuple)
    later = st.sampled_from([None, 24, 48] if zone == "day" else [None, 1, 3, -5, 26])
    return Fact(
        user=draw(st.sampled_from("ABCX")),
        start=start,
        length=timedelta(hours=hours),
        zone=zone,
        level=draw(st.integers(0, 2)),
        rule=rule,
        extra=draw(few) if rule else (),
        dropped=draw(few) if rule else (),
        moved=tuple(draw(st.lists(st.tuples(st.integers(0, 40), later), max_size=2))) if rule else (),
        is_cancelled=draw(st.sampled_from([False] * 9 + [True])),
    )


@st.composite
def calendars(draw: Any) -> tuple[list[Fact], list[Fact], str, str, datetime]:
    """Return the events of a primary and an overrides calendar, the calendars' zone, the schedule's, and when."""
    anchor = datetime.fromisoformat(draw(st.sampled_from(ANCHORS)))
    primary = draw(st.lists(facts(anchor), min_size=1, max_size=4))
    overrides = draw(st.lists(facts(anchor), max_size=1))
    calendar_zone = draw(st.sampled_from(["", "", *ZONES]))
    return primary, overrides, calendar_zone, draw(st.sampled_from(ZONES)), anchor.replace(tzinfo=UTC)


def hold(made: tuple[list[Fact], list[Fact], str, str, datetime], offsets: list[int]) -> None:
    """Compare at borders, just before them, and at random moments."""
    primary, overrides, calendar_zone, zone, anchor = made
    end = anchor + SPAN
    rows = [
        fetched_calendar("S", which, text_of(facts, calendar_zone, end), MADE_AT)
        for which, facts in (("primary", primary), ("overrides", overrides))
    ]
    assert not [fault for row in rows for fault in faults_of(row) if "not known" not in fault]
    config = a_schedule(*rows, type="ical", zone=zone)
    own = calendar_zone or zone
    known = [
        (start, stop, user, 1_000_000 if is_override else one.level)
        for is_override, facts in ((False, primary), (True, overrides))
        for one in facts
        for start, stop, user in times(one, own, end)
        if start < stop
    ]
    found = final_shifts(config, "S", anchor, end)
    borders = sorted(edge for one in known for edge in one[:2] if anchor <= edge < end)
    moments = {borders[one % len(borders)] for one in offsets} if borders else set()
    moments |= {one - timedelta(seconds=1) for one in moments if one > anchor}
    moments |= {anchor + timedelta(minutes=one % (30 * 1440)) for one in offsets}
    for at in moments:
        on = [one for one in known if one[0] <= at < one[1]]
        highest = max((one[3] for one in on), default=0)
        expected = {one[2] for one in on if one[3] == highest} - {"X"}
        note(f"at {at}: {expected}")
        assert set(on_call_at(config, "S", at).user_ids) == expected
        assert {one.user_id for one in found if one.start <= at < one.end} == expected


SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large)


@settings(max_examples=25, deadline=None, suppress_health_check=SLOW)
@given(calendars(), st.lists(st.integers(0, 10**6), min_size=8, max_size=8))
def test_who_is_on_call_by_a_calendar_is_what_the_obvious_reference_finds(
    made: tuple[list[Fact], list[Fact], str, str, datetime], offsets: list[int]
):
    hold(made, offsets)


@pytest.mark.deep
@settings(max_examples=examples(1_500, reduced=200), deadline=None, suppress_health_check=SLOW)
@given(calendars(), st.lists(st.integers(0, 10**6), min_size=30, max_size=30))
def test_who_is_on_call_by_a_calendar_is_what_the_obvious_reference_finds_at_length(
    made: tuple[list[Fact], list[Fact], str, str, datetime], offsets: list[int]
):
    hold(made, offsets)
