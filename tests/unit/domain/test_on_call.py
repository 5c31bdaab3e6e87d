"""Who is on call, by example: levels, overrides, gaps, what comes next."""

from __future__ import annotations

from shared.domain.configuration import ConfigSnapshot
from shared.domain.on_call import next_change, next_on_call, on_call_at
from tests.support.schedules import a_schedule, a_shift, a_swap, an_override, names, rolling, story, utc


def test_a_shift_is_on_from_its_start_to_just_before_its_end():
    config = a_schedule(a_shift())

    assert [names(config, f"2026-03-04T{at}") for at in ("08:59:59", "09:00", "16:59:59", "17:00")] == [
        "",
        "A",
        "A",
        "",
    ]


def test_the_highest_level_wins_and_equal_levels_are_on_call_together():
    config = a_schedule(
        a_shift(users=("A",)),
        a_shift("L2", users=("B",), level=1, start="2026-03-02T12:00:00", duration=3600),
        a_shift("L3", users=("C",), level=1, start="2026-03-02T12:30:00", duration=3600),
    )

    assert story(config, "2026-03-03", "2026-03-04") == [
        "A 03-03 09:00 to 03-03 12:00",
        "B 03-03 12:00 to 03-03 13:00",
        "C 03-03 12:30 to 03-03 13:30",
        "A 03-03 13:30 to 03-03 17:00",
    ]
    assert names(config, "2026-03-03T12:45") == "BC"


def test_an_override_replaces_whatever_it_overlaps_and_nothing_else():
    config = a_schedule(a_shift(level=7), an_override("2026-03-03T16:00:00", 4))

    assert story(config, "2026-03-03", "2026-03-04") == [
        "A 03-03 09:00 to 03-03 16:00",
        "F 03-03 16:00 to 03-03 20:00",
    ]


def test_an_empty_event_is_a_gap_although_a_lower_level_has_somebody():
    config = a_schedule(a_shift(), a_shift("L2", level=1, users=("gone",), duration=3600))

    assert names(config, "2026-03-03T09:30") == ""
    failure = on_call_at(config, "S", utc("2026-03-03T09:30")).failure
    assert failure == "Nobody is on call in schedule Primary: L2 is on, but no user of it is known here."


def test_nobody_comes_with_a_reason():
    at = utc("2026-03-03T20:00")

    assert on_call_at(ConfigSnapshot(), "S", at).failure == "The schedule does not exist (any more)."
    assert on_call_at(a_schedule(), "S", at).failure == "Schedule Primary has no shifts."
    assert on_call_at(a_schedule(a_shift()), "S", at).failure == (
        "Nobody is on call in schedule Primary at this time."
    )


def test_the_next_on_call_are_the_next_others_and_a_gap_is_a_change():
    config = a_schedule(rolling("A A B", duration=8 * 3600))
    morning = utc("2026-03-02T10:00")

    later = next_on_call(config, "S", morning)

    assert later is not None
    assert (later.user_ids, later.since) == (("B",), utc("2026-03-04T09:00"))
    assert next_change(config, "S", morning) == utc("2026-03-02T17:00")
    assert next_change(config, "S", utc("2026-03-02T20:00")) == utc("2026-03-03T09:00")


def test_where_nothing_ever_changes_there_is_no_next():
    always = a_schedule(a_shift(duration=86_400))

    assert next_on_call(always, "S", utc("2026-03-03T10:00")) is None
    assert next_change(always, "S", utc("2026-03-03T10:00")) is None
    assert next_change(ConfigSnapshot(), "S", utc("2026-03-03T10:00")) is None


def test_a_taken_swap_puts_the_benefactor_in_the_place_of_the_beneficiary_and_of_nobody_else():
    config = a_schedule(
        rolling("A B"),
        a_swap("2026-03-03T00:00", "2026-03-04T12:00", "A", "C"),
        a_swap("2026-03-03T00:00", "2026-03-09T00:00", "B", None, "open"),
    )

    assert story(config, "2026-03-02T09:00", "2026-03-05T09:00") == [
        "A 03-02 09:00 to 03-03 00:00",
        "C 03-03 00:00 to 03-03 09:00",
        "B 03-03 09:00 to 03-04 09:00",
        "C 03-04 09:00 to 03-04 12:00",
        "A 03-04 12:00 to 03-05 09:00",
    ]


def test_those_who_are_next_stand_in_the_same_order_as_when_they_are_asked_then():
    config = a_schedule(
        a_shift("L1", users=("B",), start="2026-03-02T12:00:00", duration=3600),
        a_shift("L2", users=("A",), start="2026-03-02T09:00:00", duration=8 * 3600),
    )

    later = next_on_call(config, "S", utc("2026-03-03T10:00"))

    assert later is not None
    assert (later.user_ids, later.since) == (("B", "A"), utc("2026-03-03T12:00"))
    assert names(config, "2026-03-03T12:00") == "BA"
