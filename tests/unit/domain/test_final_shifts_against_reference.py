"""Final shifts and who is on call equal what the slow, obvious reference finds, for schedules of every kind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from shared.domain.configuration import ConfigSnapshot
from shared.domain.final_shifts import final_shifts
from shared.domain.on_call import next_change, next_on_call, on_call_at
from shared.domain.schedules import WEEKDAYS, Shift, Swap
from tests.support.schedules import a_schedule, a_shift
from tests.support.slow_schedules import all_events, slow_on_call

ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Santiago",
    "Asia/Kathmandu",
    "Pacific/Auckland",
    "Africa/Casablanca",
)
# Around the clock changes of these zones, a leap day, and a turn of the year.
ANCHORS = (
    "2026-03-27",
    "2026-10-23",
    "2026-03-06",
    "2026-04-02",
    "2026-09-04",
    "2028-02-26",
    "2026-12-29",
)
CLOCKS = ("00:00:00", "01:30:00", "02:00:00", "02:30:00", "03:00:00", "09:00:00", "23:30:00")
HOURS = (0.5, 1, 2, 8, 12, 23, 24, 36, 48, 168)
SPAN = timedelta(days=40)


def written(day: datetime, clock: str) -> str:
    return f"{day:%Y-%m-%d}T{clock}"


@st.composite
def shifts(draw: Any, anchor: datetime, number: int) -> Shift:
    kind = draw(
        st.sampled_from(["recurrent_event", "rolling_users", "rolling_users", "single_event", "override"])
    )
    frequency = draw(st.sampled_from(["hourly", "daily", "weekly", "monthly"]))
    by_day = tuple(sorted(draw(st.sets(st.sampled_from(WEEKDAYS), max_size=4))))
    most = len(by_day) if kind == "rolling_users" and frequency == "daily" and by_day else 3
    begin = anchor - timedelta(days=draw(st.integers(0, 70)))
    clock = draw(st.sampled_from(CLOCKS))
    effect = draw(st.one_of(st.none(), st.integers(0, 60)))
    until = draw(st.one_of(st.none(), st.none(), st.integers(0, 110)))
    people = st.lists(st.sampled_from("ABCDX"), min_size=0, max_size=2, unique=True).map(tuple)
    turns = tuple(draw(st.lists(people, min_size=1, max_size=4)))

    def later(days: int | None) -> str | None:
        if days is None:
            return None
        return written(begin + timedelta(days=days), draw(st.sampled_from([clock, *CLOCKS])))

    return a_shift(
        f"L{number}",
        type=kind,
        level=draw(st.integers(0, 2)),
        time_zone=draw(st.sampled_from([None, None, *ZONES])),
        start=written(begin, clock),
        rotation_start=later(effect),
        until=later(until),
        duration=int(draw(st.sampled_from(HOURS)) * 3600),
        frequency=frequency,
        interval=draw(st.one_of(st.none(), st.integers(1, most))),
        week_start=draw(st.sampled_from([None, "MO", "SU", "WE"])),
        by_day=by_day,
        by_month=tuple(draw(st.sets(st.integers(1, 12), max_size=6))) if draw(st.booleans()) else (),
        by_monthday=tuple(draw(st.sets(st.sampled_from([1, 15, 28, 29, 30, 31, -1, -2]), max_size=3)))
        if draw(st.integers(0, 3)) == 0
        else (),
        users=draw(people),
        rolling_users=turns,
        start_rotation_from_user_index=draw(st.integers(0, len(turns) - 1)),
    )


@st.composite
def schedules(draw: Any) -> tuple[ConfigSnapshot, datetime]:
    anchor = datetime.fromisoformat(draw(st.sampled_from(ANCHORS)))
    parts: list[Any] = [draw(shifts(anchor, number)) for number in range(draw(st.integers(1, 4)))]
    for number in range(draw(st.integers(0, 2))):
        begin = anchor.replace(tzinfo=UTC) + timedelta(hours=draw(st.integers(0, 400)))
        users = draw(st.permutations("ABCD"))
        parts.append(
            Swap(
                id=f"W{number}",
                schedule_id="S",
                swap_start=begin,
                swap_end=begin + timedelta(hours=draw(st.integers(1, 200))),
                beneficiary_id=users[0],
                benefactor_id=draw(st.sampled_from([users[1], users[1], None])),
                created_at=anchor.replace(tzinfo=UTC) - timedelta(days=number),
            )
        )
    return a_schedule(*parts, zone=draw(st.sampled_from(ZONES))), anchor.replace(tzinfo=UTC)


def hold(config: ConfigSnapshot, anchor: datetime, offsets: list[int]) -> None:
    """Compare at borders (and just before them) and at random moments; then what final shifts say of the same."""
    end = anchor + SPAN
    found = final_shifts(config, "S", anchor, end)
    assert all(anchor <= one.start < one.end <= end for one in found)
    borders = {edge for one in all_events(config, end) for edge in (one.start, one.end)}
    borders |= {edge for one in config.swaps for edge in (one.swap_start, one.swap_end)}
    ordered = sorted(one for one in borders if anchor <= one < end)
    moments = {ordered[one % len(ordered)] for one in offsets} if ordered else set()
    moments |= {one - timedelta(seconds=1) for one in moments if one > anchor}
    moments |= {anchor + timedelta(minutes=one % (40 * 1440)) for one in offsets}
    for at in moments:
        expected = slow_on_call(config, at, end)
        note(f"at {at}: {expected}")
        assert set(on_call_at(config, "S", at).user_ids) == expected
        assert {one.user_id for one in found if one.start <= at < one.end} == expected
    touching = {(one.user_id, one.shift_id, one.event_start, one.swapped_with, one.end) for one in found}
    assert not any(
        (one.user_id, one.shift_id, one.event_start, one.swapped_with, one.start) in touching for one in found
    )


def hold_changes(config: ConfigSnapshot, anchor: datetime) -> None:
    """What comes next is what final shifts say: nothing changes before, and then others are on call."""
    present = set(on_call_at(config, "S", anchor).user_ids)
    change, later = next_change(config, "S", anchor), next_on_call(config, "S", anchor)
    if change is not None:
        assert set(on_call_at(config, "S", change).user_ids) != present
        assert set(on_call_at(config, "S", change - timedelta(seconds=1)).user_ids) == present
    if later is not None and later.since is not None:
        assert on_call_at(config, "S", later.since).user_ids == later.user_ids
        assert change is not None
        assert change <= later.since


SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large)


@settings(max_examples=25, deadline=None, suppress_health_check=SLOW)
@given(schedules(), st.lists(st.integers(0, 10**6), min_size=12, max_size=12))
def test_final_shifts_are_those_of_the_obvious_reference(
    made: tuple[ConfigSnapshot, datetime], offsets: list[int]
):
    hold(*made, offsets)


@settings(max_examples=20, deadline=None, suppress_health_check=SLOW)
@given(schedules())
def test_what_comes_next_is_the_next_thing_that_differs(made: tuple[ConfigSnapshot, datetime]):
    hold_changes(*made)


@pytest.mark.deep
@settings(max_examples=1500, deadline=None, suppress_health_check=SLOW)
@given(schedules(), st.lists(st.integers(0, 10**6), min_size=40, max_size=40))
def test_final_shifts_are_those_of_the_obvious_reference_at_length(
    made: tuple[ConfigSnapshot, datetime], offsets: list[int]
):
    hold(*made, offsets)
    hold_changes(*made)
