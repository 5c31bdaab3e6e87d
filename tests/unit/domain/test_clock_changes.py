"""Local time is local time: shifts across clock changes on both hemispheres, by an hour and by half an hour."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from shared.domain.final_shifts import final_shifts
from shared.domain.wall_time import instant
from tests.support.schedules import a_schedule, a_shift, an_override, local, names, rolling, story, utc

# The zone, the day before its clock goes forward, and the day before it goes back.
CHANGES = [
    ("Europe/Berlin", "2026-03-28", "2026-10-24"),
    ("America/New_York", "2026-03-07", "2026-10-31"),
    ("Australia/Lord_Howe", "2026-10-03", "2026-04-04"),
    ("America/Santiago", "2026-09-05", "2026-04-04"),
    ("Pacific/Auckland", "2026-09-26", "2026-04-04"),
]
BOTH = [(zone, day) for zone, *days in CHANGES for day in days]


@pytest.mark.parametrize(("zone", "day"), BOTH)
def test_nine_to_five_stays_nine_to_five(zone: str, day: str):
    config = a_schedule(a_shift(start="2026-01-01T09:00:00"), zone=zone)
    begin = local(f"{day}T00:00", zone)

    found = final_shifts(config, "S", begin, begin + timedelta(days=3, hours=2))

    clock = ZoneInfo(zone)
    assert len(found) == 3
    for one in found:
        assert f"{one.start.astimezone(clock):%H:%M} {one.end.astimezone(clock):%H:%M}" == "09:00 17:00"


@pytest.mark.parametrize(("zone", "day"), BOTH)
@pytest.mark.parametrize("handover", ["00:00", "01:30", "02:00", "02:15", "02:30", "03:00", "09:00"])
def test_at_the_hand_over_there_is_neither_gap_nor_overlap(zone: str, day: str, handover: str):
    """Two 12 h layers and a daily rotation hand over at a time that the change may skip or repeat."""
    evening = f"{(int(handover[:2]) + 12) % 24:02d}{handover[2:]}"
    halves = a_schedule(
        a_shift("L1", users=("A",), start=f"2026-01-01T{handover}:00", duration=12 * 3600),
        a_shift("L2", users=("B",), start=f"2025-12-31T{evening}:00", duration=12 * 3600),
        zone=zone,
    )
    turns = a_schedule(rolling("A B C", start=f"2026-01-01T{handover}:00"), zone=zone)
    begin = local(f"{day}T00:00", zone) - timedelta(days=1)

    for config in (halves, turns):
        found = final_shifts(config, "S", begin, begin + timedelta(days=4))
        ends = [one.end for one in found]
        assert [one.start for one in found] == [begin, *ends[:-1]]
        assert ends[-1] == begin + timedelta(days=4)


def test_a_time_that_does_not_exist_is_the_end_of_the_gap_and_one_that_comes_twice_its_first():
    berlin, lord_howe = ZoneInfo("Europe/Berlin"), ZoneInfo("Australia/Lord_Howe")
    texts = {
        "2026-03-29T01:59": utc("2026-03-29T00:59"),
        "2026-03-29T02:00": utc("2026-03-29T01:00"),
        "2026-03-29T02:30": utc("2026-03-29T01:00"),
        "2026-03-29T03:00": utc("2026-03-29T01:00"),
        "2026-10-25T02:30": utc("2026-10-25T00:30"),
        "2026-10-25T03:00": utc("2026-10-25T02:00"),
    }
    for text, expected in texts.items():
        assert instant(utc(text).replace(tzinfo=None), berlin) == expected, text
    assert instant(utc("2026-10-04T02:10").replace(tzinfo=None), lord_howe) == utc("2026-10-03T15:30")


def test_a_shift_that_lies_within_the_hour_that_is_skipped_does_not_happen_that_day():
    config = a_schedule(a_shift(start="2026-03-27T02:00:00", duration=3600), zone="Europe/Berlin")

    assert [one[2:7] for one in story(config, "2026-03-27", "2026-03-31", "Europe/Berlin")] == [
        "03-27",
        "03-28",
        "03-30",
    ]


def test_hourly_turns_are_hours_that_pass_also_in_the_night_of_the_change():
    config = a_schedule(
        rolling("A B", frequency="hourly", duration=3600, start="2026-10-24T12:00:00"), zone="Europe/Berlin"
    )
    night = utc("2026-10-24T22:00")

    found = final_shifts(config, "S", night, night + timedelta(hours=6))

    assert [one.user_id for one in found] == ["A", "B", "A", "B", "A", "B"]
    assert all(one.end - one.start == timedelta(hours=1) for one in found)


def test_each_shift_keeps_the_local_time_of_its_own_zone():
    config = a_schedule(
        a_shift("L1", time_zone="America/New_York", users=("A",)),
        a_shift("L2", time_zone=None, users=("B",)),
        an_override("2026-03-10T08:00:00", 1, time_zone="Asia/Kathmandu"),
        zone="Europe/Berlin",
    )

    assert story(config, "2026-03-10", "2026-03-11") == [
        "F 03-10 02:15 to 03-10 03:15",
        "B 03-10 08:00 to 03-10 16:00",
        "A 03-10 13:00 to 03-10 21:00",
    ]


def test_a_zone_that_left_out_a_whole_day_has_no_shift_on_it():
    """Samoa went from 29 to 31 December 2011."""
    config = a_schedule(a_shift(start="2011-12-28T09:00:00"), zone="Pacific/Apia")

    found = story(config, "2011-12-28", "2012-01-02", "Pacific/Apia")

    assert [one[2:7] for one in found] == ["12-28", "12-29", "12-31", "01-01"]
    assert names(config, "2011-12-31T10:00", "Pacific/Apia") == "A"
