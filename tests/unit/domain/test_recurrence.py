"""Recurrence by example: local time stays local, and what cannot happen is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.recurrence import next_start, rule_problem, starts

BERLIN = "Europe/Berlin"


def utc(text: str) -> datetime:
    """Return an instant that is written in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def hours(first: str, rule: str, zone: str, after: str, until: str) -> list[str]:
    """Return the starts of a rule as day and hour in UTC."""
    found = starts(utc(first), rule, zone, utc(after), utc(until))
    return [f"{one:%m-%d %H:%M}" for one in found]


def test_two_in_the_morning_stays_two_in_the_morning_when_the_clocks_go_forward_and_back():
    sundays = "FREQ=WEEKLY;BYDAY=SU"

    spring = hours("2026-03-08T01:00", sundays, BERLIN, "2026-03-20T00:00", "2026-04-06T00:00")
    autumn = hours("2026-03-08T01:00", sundays, BERLIN, "2026-10-16T00:00", "2026-11-02T00:00")

    # 29 March is the night in which 02:00 does not exist: it is taken as 03:00, an hour after 01:00.
    assert spring == ["03-22 01:00", "03-29 01:00", "04-05 00:00"]
    assert autumn == ["10-18 00:00", "10-25 00:00", "11-01 01:00"]


def test_a_time_that_comes_twice_is_its_first_and_the_very_first_start_is_exactly_what_was_said():
    night = "2026-10-25T01:30"  # the second 02:30 of that night in Berlin

    assert hours(night, "FREQ=DAILY", BERLIN, "2026-10-24T12:00", "2026-10-26T12:00") == [
        "10-25 01:30",
        "10-26 01:30",
    ]
    assert hours("2026-10-24T00:30", "FREQ=DAILY", BERLIN, "2026-10-24T12:00", "2026-10-25T12:00") == [
        "10-25 00:30"
    ]


def test_without_a_rule_there_is_one_start():
    assert hours("2026-05-04T12:00", "", "UTC", "2026-05-04T11:59", "2027-01-01T00:00") == ["05-04 12:00"]
    assert next_start(utc("2026-05-04T12:00"), "", "UTC", utc("2026-05-04T12:00")) is None


def test_the_next_start_is_found_across_the_change_of_clocks():
    first, rule = utc("2026-01-05T22:30"), "FREQ=MONTHLY;BYDAY=-1SU"

    assert next_start(first, rule, BERLIN, utc("2026-03-01T00:00")) == utc("2026-03-29T21:30")


@pytest.mark.parametrize("until", ["UNTIL=20260506T120000Z", "COUNT=3", "UNTIL=20260506"])
def test_a_rule_may_end(until: str):
    rule = f"FREQ=DAILY;{until}"

    found = starts(utc("2026-05-04T12:00"), rule, "UTC", utc("2026-05-01T00:00"), utc("2026-06-01T00:00"))

    assert len(found) == (2 if until == "UNTIL=20260506" else 3)


def test_what_is_found_day_by_day_is_what_is_found_at_once():
    first, rule = utc("2026-03-27T23:30"), "FREQ=DAILY;INTERVAL=3"
    begin, end = utc("2026-03-20T00:00"), utc("2026-05-01T00:00")

    at_once = starts(first, rule, BERLIN, begin, end)
    hour = timedelta(hours=1)
    steps = [begin + number * hour for number in range(int((end - begin) / hour))]
    by_hour = [one for at in steps for one in starts(first, rule, BERLIN, at, at + hour)]

    assert list(at_once) == by_hour


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("FREQ=SECONDLY", "FREQ must be"),
        ("FREQ=HOURLY", "FREQ must be"),
        ("BYDAY=MO", "FREQ must be"),
        ("FREQ=DAILY;BYHOUR=3", "BYHOUR is not supported"),
        ("nonsense", "Not a recurrence rule"),
        ("FREQ=DAILY;FREQ=DAILY", "stands twice"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL must be"),
        ("FREQ=DAILY;INTERVAL=x", "Not a recurrence rule"),
        ("FREQ=WEEKLY;BYDAY=XX", "Not a recurrence rule"),
        ("FREQ=DAILY;UNTIL=20200101", "never happens"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "never happens"),
        ("FREQ=YEARLY;BYMONTH=2;BYDAY=53MO", "from 1 to 5"),
        ("FREQ=MONTHLY;BYDAY=1MO;BYMONTHDAY=9", "numbered BYDAY"),
        ("FREQ=DAILY;INTERVAL=7;BYDAY=MO", "cannot be combined"),
        ("FREQ=MONTHLY;INTERVAL=12;BYMONTH=3", "cannot be combined"),
        ("FREQ=DAILY;" + "BYMONTH=1;" * 40, "characters"),
    ],
)
def test_a_rule_that_is_none_or_never_comes_true_is_refused_with_the_reason(rule: str, words: str):
    problem = rule_problem(rule, utc("2026-03-22T01:30"), BERLIN)

    assert problem is not None
    assert words in problem


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY",
        "RRULE:FREQ=WEEKLY;BYDAY=SA,SU;WKST=MO",
        "freq=monthly;byday=2tu",
        "FREQ=MONTHLY;BYMONTHDAY=-1",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO",
    ],
)
def test_a_rule_of_the_usual_kinds_is_taken(rule: str):
    assert rule_problem(rule, utc("2026-03-22T01:30"), BERLIN) is None
