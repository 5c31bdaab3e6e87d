"""What the index of days leaves out has no event: a shift or an external event that may be on is always looked at."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.domain.day_index import DayIndex
from shared.domain.schedules import Shift
from shared.domain.shift_events import ready
from shared.domain.shift_reading import days_of
from tests.support.drawn_schedules import ANCHORS, ZONES, shifts
from tests.support.schedules import a_shift, an_override, utc

ANCHOR = datetime.fromisoformat(ANCHORS[0])
FAR = (datetime(2025, 1, 1, tzinfo=UTC), datetime(2027, 6, 1, tzinfo=UTC))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 900), st.integers(0, 900)), max_size=12),
    st.integers(0, 900),
    st.integers(0, 30),
)
def test_exactly_those_stretches_are_found_that_touch(
    stretches: list[tuple[int, int]], first: int, length: int
):
    last = first + length
    touching = [n for n, (low, high) in enumerate(stretches) if low <= high and low <= last and first <= high]

    found = DayIndex(stretches).touching(first, last)

    assert [one for one in found if stretches[one][0] <= stretches[one][1]] == touching


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(shifts(ANCHOR, 0), st.sampled_from(ZONES))
def test_all_events_of_a_shift_lie_within_its_days(shift: Shift, zone: str):
    made, (first, last) = ready(shift, zone), days_of(shift)

    for one in made.events(*FAR) if made is not None else ():
        assert first < one.start.toordinal()
        assert one.end.toordinal() < last


def test_the_days_of_a_shift_are_no_wider_than_they_must():
    first, last = days_of(an_override("2026-03-02T18:00:00", 2))
    begin, end = days_of(a_shift(ended_at=datetime(2026, 4, 2, tzinfo=UTC)))

    assert last - first < 7
    assert end - begin < 40


def test_the_events_of_a_day_that_a_zone_skipped_are_within_its_days():
    """Samoa had no 30 December 2011: an event of that day is found a day away from where it is written."""
    shift = an_override("2011-12-30T01:00:00", 48, time_zone="Pacific/Apia")
    made, (first, last) = ready(shift, "UTC"), days_of(shift)

    assert made is not None
    (found,) = made.events(utc("2011-12-01T00:00"), utc("2012-02-01T00:00"))
    assert first < found.start.toordinal() < found.end.toordinal() < last
