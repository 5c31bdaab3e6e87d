"""Gaps, empty shifts and the score of a schedule, by example."""

from __future__ import annotations

from datetime import timedelta

from shared.domain.configuration import ConfigSnapshot
from shared.domain.final_shifts import shifts_of_user
from shared.domain.schedule_health import empty_shifts, gaps, quality
from tests.support.schedules import DAY_S, a_schedule, a_shift, an_override, rolling, utc

START = utc("2026-03-02T09:00")


def test_gaps_are_found_thirty_days_ahead_and_two_that_touch_are_one():
    config = a_schedule(rolling("A B"), an_override("2026-03-10T09:00:00", 24, users=""))

    found = gaps(config, "S", START)

    assert [(one.start, one.end) for one in found] == [(utc("2026-03-10T09:00"), utc("2026-03-11T09:00"))]
    assert gaps(a_schedule(), "S", START)[0].end == START + timedelta(days=30)
    assert gaps(ConfigSnapshot(), "unknown", START, START) == []


def test_a_gap_of_nights_is_one_a_night():
    config = a_schedule(a_shift())

    found = gaps(config, "S", START, START + timedelta(days=2))

    assert [f"{one.start:%d %H} {one.end:%d %H}" for one in found] == ["02 17 03 09", "03 17 04 09"]


def test_a_shift_of_somebody_unknown_is_empty_only_where_it_would_count():
    config = a_schedule(
        rolling("A X", duration=DAY_S),
        a_shift(
            "L2", level=1, users=("B",), start="2026-03-03T12:00:00", type="single_event", frequency=None
        ),
    )

    found = empty_shifts(config, "S", START, START + timedelta(days=3))

    # Tuesday's turn is X's: empty before and after B's eight hours, told as one.
    assert [(one.shift_id, one.start, one.end) for one in found] == [
        ("L1", utc("2026-03-03T09:00"), utc("2026-03-04T09:00"))
    ]
    assert empty_shifts(a_schedule(rolling("A B")), "S", START) == []


def test_a_schedule_that_is_covered_and_shared_evenly_has_the_whole_score():
    found = quality(a_schedule(rolling("A B")), "S", START)

    assert (found.score, found.coverage, found.balance) == (100, 100, 100)
    assert found.comments == ("Every hour is covered, and evenly shared.",)


def test_uncovered_hours_and_overloaded_people_lower_the_score_and_are_named():
    config = a_schedule(rolling("A A A B", duration=DAY_S // 2))

    found = quality(config, "S", START)

    assert (found.coverage, found.balance, found.score) == (50, 33, 42)
    assert [(one.user_id, one.percent) for one in found.overloaded] == [("A", 50)]
    assert found.comments == (
        "Nobody is on call for 4,368 hours of the next 52 weeks.",
        "user-A is on call 50 % more than the average.",
    )


def test_a_time_that_somebody_has_twice_is_counted_once():
    both = a_schedule(
        a_shift(duration=DAY_S), a_shift("L2", duration=DAY_S), a_shift("L3", users=("B",), duration=DAY_S)
    )

    assert quality(both, "S", START).balance == 100


def test_a_schedule_without_anybody_has_no_score():
    found = quality(a_schedule(), "S", START)

    assert (found.score, found.comments) == (0, ("Nobody is ever on call in this schedule.",))


def test_a_users_own_shifts_are_those_of_all_schedules_in_order():
    config = a_schedule(rolling("A B"))
    config = ConfigSnapshot(
        users=config.users,
        schedules=(*config.schedules, config.schedules[0].model_copy(update={"id": "S2"})),
        shifts=(*config.shifts, a_shift("L2", schedule_id="S2", start="2026-03-03T10:00:00")),
    )

    found = shifts_of_user(config, "A", START, START + timedelta(days=3))

    assert [(schedule_id, f"{one.start:%d %H}") for schedule_id, one in found] == [
        ("S", "02 09"),
        ("S2", "03 10"),
        ("S", "04 09"),
        ("S2", "04 10"),
    ]
