"""Rotations by example: whose turn it is by the hour, day, week and month, with lists, intervals and ends."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.shift_events import ready
from tests.support.schedules import DAY_S, a_schedule, a_shift, an_override, names, rolling, story, utc


def turns(users: str, days: list[str], **fields: Any) -> str:
    """Return who has the turn at noon of each day, "-" for nobody."""
    config = a_schedule(rolling(users, start="2026-03-02T09:00:00", duration=8 * 3600, **fields))
    return "".join(names(config, f"{day}T12:00") or "-" for day in days)


def march(first: int, last: int) -> list[str]:
    return [f"2026-03-{day:02d}" for day in range(first, last + 1)]


@pytest.mark.parametrize(
    ("users", "fields", "expected"),
    [
        ("A B C", {}, "ABCABCABCABCABC"),
        ("A B C", {"start_rotation_from_user_index": 2}, "CABCABCABCABCAB"),
        ("A B", {"interval": 2}, "A-B-A-B-A-B-A-B"),
        # Turns advance on listed days only: Monday A, Wednesday B, Friday A, Monday B.
        ("A B", {"by_day": ("MO", "WE", "FR")}, "A-B-A--B-A-B--A"),
        ("A B", {"by_day": ("MO", "WE", "FR"), "interval": 2}, "A-A-B--B-A-A--B"),
        ("A B", {"frequency": "weekly", "by_day": ("MO", "TU")}, "AA-----BB-----A"),
        ("A B", {"frequency": "weekly"}, "A------B------A"),
        ("A B", {"frequency": "weekly", "interval": 2}, "A-------------B"),
        ("A B", {"rotation_start": "2026-03-04T00:00:00"}, "--ABABABABABABA"),
        ("A B", {"rotation_start": "2026-03-04T09:00:01"}, "---ABABABABABAB"),
        ("A B", {"until": "2026-03-05T09:00:00"}, "ABAB-----------"),
        ("A B", {"until": "2026-03-05T08:59:59"}, "ABA------------"),
        ("A B", {"by_monthday": (3, 10, -16)}, "-A------B-----B"),
    ],
)
def test_whose_turn_it_is_by_day(users: str, fields: dict[str, Any], expected: str):
    assert turns(users, march(2, 16), **fields) == expected


@pytest.mark.parametrize(
    ("week_start", "expected"),
    [("MO", "BA-----AB"), ("SU", "AA-----BB"), (None, "AA-----BB"), ("TU", "AA-----BB")],
)
def test_a_week_begins_where_the_rotation_says(week_start: str | None, expected: str):
    """Sunday and Monday: with weeks from Sunday on they are one turn, with weeks from Monday on two."""
    config = a_schedule(
        rolling(
            "A B",
            frequency="weekly",
            by_day=("SU", "MO"),
            week_start=week_start,
            start="2026-02-23T09:00:00",
            duration=3600,
        )
    )

    days = ["2026-03-08", "2026-03-09", *[f"2026-03-{day}" for day in range(10, 17)]]
    found = "".join(names(config, f"{day}T09:30") or "-" for day in days)

    assert found == expected


def test_hours_take_turns_and_a_list_of_days_is_read_by_the_local_day():
    config = a_schedule(
        rolling("A B C", frequency="hourly", interval=8, duration=8 * 3600, start="2026-03-02T00:00:00"),
        rolling("D", "L2", frequency="hourly", duration=1800, by_day=("TU",), level=1),
        zone="Asia/Kathmandu",
    )

    assert story(config, "2026-03-02T00:00", "2026-03-03T01:00", "Asia/Kathmandu") == [
        "A 03-02 00:00 to 03-02 08:00",
        "B 03-02 08:00 to 03-02 16:00",
        "C 03-02 16:00 to 03-03 00:00",
        "D 03-03 00:00 to 03-03 00:30",
        "A 03-03 00:30 to 03-03 01:00",
    ]


def test_months_take_turns_and_a_month_without_the_day_has_none():
    monthly = a_schedule(
        rolling("A B", frequency="monthly", start="2026-01-31T09:00:00", duration=3600),
    )
    last_days = a_schedule(
        rolling("A B", frequency="monthly", by_monthday=(-1,), start="2026-01-31T09:00:00", duration=3600)
    )

    assert [one[:7] for one in story(monthly, "2026-01-01", "2026-06-01")] == [
        "A 01-31",
        "A 03-31",
        "A 05-31",
    ]
    assert [one[:7] for one in story(last_days, "2026-01-01", "2026-06-01")] == [
        "A 01-31",
        "B 02-28",
        "A 03-31",
        "B 04-30",
        "A 05-31",
    ]


def test_the_leap_day_comes_in_leap_years_only():
    leap = a_schedule(
        a_shift(frequency="monthly", by_month=(2,), by_monthday=(29,), start="2024-02-29T09:00:00")
    )
    daily = a_schedule(rolling("A B", start="2028-02-28T09:00:00"))

    assert [one[:7] for one in story(leap, "2024-01-01", "2033-01-01")] == ["A 02-29", "A 02-29", "A 02-29"]
    assert "".join(names(daily, f"2028-{day}T12:00") for day in ("02-28", "02-29", "03-01")) == "ABA"


def test_a_rotation_of_weeks_hands_over_at_the_same_weekday_for_years():
    config = a_schedule(
        rolling("A B C", frequency="weekly", duration=7 * DAY_S, start="2020-01-06T09:00:00"),
        zone="Europe/Berlin",
    )

    weeks = (utc("2026-03-02T08:00") - utc("2020-01-06T08:00")).days // 7
    assert names(config, "2026-03-02T08:59", "Europe/Berlin") == "ABC"[(weeks - 1) % 3]
    assert names(config, "2026-03-02T09:00", "Europe/Berlin") == "ABC"[weeks % 3]


def test_one_version_of_a_shift_ends_where_the_next_takes_over_in_the_middle_of_a_turn():
    noon = utc("2026-03-03T12:00")
    config = a_schedule(rolling("A B", ended_at=noon), rolling("C D", "L2", effective_from=noon))

    assert story(config, "2026-03-02T09:00", "2026-03-05T09:00") == [
        "A 03-02 09:00 to 03-03 09:00",
        "B 03-03 09:00 to 03-03 12:00",
        "D 03-03 12:00 to 03-04 09:00",
        "C 03-04 09:00 to 03-05 09:00",
    ]


def test_an_override_may_name_its_people_as_a_list_of_turns():
    config = a_schedule(an_override("2026-03-02T09:00:00", 1, users="", rolling_users=(("A",), ("B", "A"))))

    assert names(config, "2026-03-02T09:30") == "AB"


def test_a_shared_shift_is_on_in_each_schedule_that_refers_to_it():
    shared = a_shift("L9", schedule_id=None)

    assert names(a_schedule(shared, type="calendar", shift_ids=("L9", "gone")), "2026-03-02T10:00") == "A"
    assert names(a_schedule(shared, type="calendar"), "2026-03-02T10:00") == ""


@pytest.mark.parametrize(
    "fields",
    [
        {"start": "nonsense"},
        {"start": "0001-01-01T00:00:00"},
        {"duration": 0},
        {"until": "2026-03-01T00:00:00"},
        {"by_month": (2,), "by_monthday": (30,)},
        {"type": "rolling_users"},
    ],
)
def test_what_can_never_be_on_has_no_events_and_stops_nobody_else(fields: dict[str, Any]):
    broken = a_shift("L9", **fields)

    assert ready(broken, "UTC") is None
    assert names(a_schedule(broken, a_shift()), "2026-03-02T10:00") == "A"


def test_a_zone_that_is_no_longer_known_is_utc_and_the_year_does_not_end_the_world():
    assert names(a_schedule(a_shift(time_zone="Mars/Olympus")), "2026-03-02T10:00") == "A"
    for_ever = a_shift(type="single_event", duration=10**12)

    assert names(a_schedule(for_ever), "2090-03-02T10:00") == "A"
    assert names(a_schedule(rolling("A")), "2998-12-31T10:00") == "A"
