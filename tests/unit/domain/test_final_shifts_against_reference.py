"""Final shifts and who is on call equal what the slow, obvious reference finds, for schedules of every kind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.domain.configuration import ConfigSnapshot
from shared.domain.final_shifts import final_shifts
from shared.domain.on_call import next_change, next_on_call, on_call_at
from shared.domain.schedules import Swap
from tests.support.depth import examples
from tests.support.drawn_schedules import schedules
from tests.support.schedules import a_schedule, a_shift
from tests.support.slow_schedules import all_events, slow_on_call

SPAN = timedelta(days=40)
NIGHT = datetime(2026, 2, 10, tzinfo=UTC)


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
        assert set(on_call_at(config, "S", at).user_ids) == expected, at
        assert {one.user_id for one in found if one.start <= at < one.end} == expected, at
    whose = {
        one: (one.user_id, one.shift_id, one.event_start, one.swap_id, one.swapped_with) for one in found
    }
    touching = {(*whose[one], one.end) for one in found}
    assert not any((*whose[one], one.start) in touching for one in found)


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


def a_swap(id: str, who: tuple[str, str], start_h: int, end_h: int) -> Swap:
    """Return one over hours of the day of `NIGHT`."""
    return Swap(
        id=id,
        schedule_id="S",
        beneficiary_id=who[0],
        benefactor_id=who[1],
        swap_start=NIGHT + timedelta(hours=start_h),
        swap_end=NIGHT + timedelta(hours=end_h),
        created_at=NIGHT - timedelta(days=1),
    )


@pytest.mark.parametrize(
    "swaps",
    [
        pytest.param([("W0", ("A", "C"), 0, 1), ("W1", ("A", "C"), 1, 2)], id="one after the other"),
        pytest.param(
            [("W0", ("B", "D"), 0, 1), ("W1", ("A", "B"), 0, 1), ("W2", ("B", "C"), 0, 2)],
            id="one swap in two people's places, one after the other",
        ),
    ],
)
def test_pieces_of_one_person_that_follow_on_each_other_are_of_another_swap_or_in_another_s_place(
    swaps: list[tuple[str, tuple[str, str], int, int]],
):
    shift = a_shift(duration=7200, start=f"{NIGHT:%Y-%m-%dT%H:%M:%S}", users=("A", "B"))
    config = a_schedule(shift, *(a_swap(*one) for one in swaps))

    hold(config, NIGHT, list(range(0, 120, 10)))

    found = final_shifts(config, "S", NIGHT, NIGHT + timedelta(hours=2))
    ends = {one.end for one in found if one.user_id == "C"}
    assert any(one.start in ends for one in found if one.user_id == "C")


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
@settings(max_examples=examples(1_500, reduced=200), deadline=None, suppress_health_check=SLOW)
@given(schedules(), st.lists(st.integers(0, 10**6), min_size=40, max_size=40))
def test_final_shifts_are_those_of_the_obvious_reference_at_length(
    made: tuple[ConfigSnapshot, datetime], offsets: list[int]
):
    hold(*made, offsets)
    hold_changes(*made)
