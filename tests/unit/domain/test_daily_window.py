"""A time of day in a time zone: inside or outside, when it begins next, and on the days that have no such time."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.daily_window import WEEKDAYS, DailyWindow, Weekday, as_time

BERLIN, LORD_HOWE, CHATHAM = "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Chatham"


def window(begins: str, ends: str, zone: str = "UTC", *weekdays: Weekday) -> DailyWindow:
    """Return a window by its words."""
    return DailyWindow(time.fromisoformat(begins), time.fromisoformat(ends), ZoneInfo(zone), weekdays)


def utc(text: str) -> datetime:
    """Return an instant."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-05-04 08:59:59", "2026-05-04 09:00:00"),
        ("2026-05-04 09:00:00", None),
        ("2026-05-04 16:59:59", None),
        ("2026-05-04 17:00:00", "2026-05-05 09:00:00"),
    ],
)
def test_it_begins_at_its_begin_and_is_over_at_its_end(at: str, until: str | None):
    assert window("09:00", "17:00").waits_until(utc(at)) == (utc(until) if until else None)


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-05-04 21:59", "2026-05-04 22:00"),
        ("2026-05-04 23:30", None),
        ("2026-05-05 05:59", None),
        ("2026-05-05 06:00", "2026-05-05 22:00"),
    ],
)
def test_it_may_go_over_midnight(at: str, until: str | None):
    assert window("22:00", "06:00").waits_until(utc(at)) == (utc(until) if until else None)


def test_equal_ends_are_that_instant_alone():
    noon = window("12:00", "12:00")

    assert noon.waits_until(utc("2026-05-04 12:00:00")) is None
    assert noon.waits_until(utc("2026-05-04 12:00:01")) == utc("2026-05-05 12:00")


def test_weekdays_are_those_on_which_it_begins():
    friday_night = window("22:00", "06:00", "UTC", "FR")

    assert friday_night.waits_until(utc("2026-05-09 03:00")) is None  # a Saturday
    assert friday_night.waits_until(utc("2026-05-09 22:30")) == utc("2026-05-15 22:00")


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2027-03-27 07:00", "2027-03-27 08:00"),  # the day before summer time: 09:00 is 08:00 UTC
        ("2027-03-28 06:30", "2027-03-28 07:00"),  # the day itself: 09:00 is 07:00 UTC
        ("2026-10-25 07:30", "2026-10-25 08:00"),  # back again
    ],
)
def test_nine_o_clock_stays_nine_o_clock_over_a_daylight_saving_change(at: str, until: str):
    assert window("09:00", "17:00", BERLIN).waits_until(utc(at)) == utc(until)


def test_a_begin_that_the_clocks_skip_is_as_much_later_as_they_skip():
    """In Berlin 02:30 does not exist on 28 March 2027: it is the instant that is 03:30."""
    assert window("02:30", "05:00", BERLIN).waits_until(utc("2027-03-28 00:00")) == utc("2027-03-28 01:30")


def test_half_an_hour_of_lord_howe_is_half_an_hour():
    """Clocks go from 02:00 to 02:30 on 4 October 2026: 09:00 is +11:00 from then on, +10:30 before."""
    nine = window("09:00", "17:00", LORD_HOWE)

    assert nine.waits_until(utc("2026-10-02 22:00")) == utc("2026-10-02 22:30")
    assert nine.waits_until(utc("2026-10-03 21:30")) == utc("2026-10-03 22:00")


def test_a_time_that_comes_twice_begins_with_the_first_and_ends_with_the_second():
    night = window("01:00", "02:30", BERLIN)

    assert night.waits_until(utc("2026-10-25 00:29")) is None  # 02:29 for the first time
    assert night.waits_until(utc("2026-10-25 01:29")) is None  # 02:29 for the second time
    assert night.waits_until(utc("2026-10-25 01:30")) == utc("2026-10-26 00:00")


times = st.times().map(lambda one: one.replace(microsecond=0, fold=0))
zones = st.sampled_from(["UTC", BERLIN, LORD_HOWE, CHATHAM, "America/New_York"])
instants = st.integers(0, 2 * 365 * 86_400).map(lambda one: utc("2026-01-01") + timedelta(seconds=one))


@given(times, times, zones, st.sets(st.sampled_from(WEEKDAYS)), instants)
def test_whoever_waits_is_inside_when_the_wait_is_over(
    begins: time, ends: time, zone: str, weekdays: set[Weekday], now: datetime
):
    some = DailyWindow(begins, ends, ZoneInfo(zone), tuple(weekdays))

    until = some.waits_until(now)

    if until is not None:
        assert now < until <= now + timedelta(days=9)
        assert some.waits_until(until) is None
        assert some.waits_until(until - timedelta(seconds=1)) == until


@pytest.mark.parametrize("text", ["09:00:00", "9:00:00Z", "25:00:00Z", "09:00Z", "nine"])
def test_utc_is_written_as_clients_write_it(text: str):
    with pytest.raises(ValueError, match=r"09:00:00Z|no time of day"):
        as_time(text, is_local=False)


def test_a_local_time_says_nothing_of_utc():
    assert as_time("09:30", is_local=True) == as_time("09:30:00Z", is_local=False) == time(9, 30)
    with pytest.raises(ValueError, match="time_zone is set"):
        as_time("09:30:00Z", is_local=True)
