"""The retry ladder: how long one failed event waits, and when it is set aside."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from shared.bus.retry import next_rung_s
from shared.bus.topology import RUNGS_S


def test_an_event_climbs_the_ladder_and_is_then_set_aside():
    assert [next_rung_s(attempt) for attempt in range(1, 7)] == [1, 5, 30, 120, 600, None]


def test_the_rungs_rise():
    assert all(lower < higher for lower, higher in pairwise(RUNGS_S))


def test_a_wait_that_was_asked_for_is_kept_at_least():
    assert next_rung_s(1, after_s=20) == 30


def test_a_wait_that_was_asked_for_never_shortens_the_ladders_own():
    assert next_rung_s(4, after_s=0.5) == 120


def test_a_wait_longer_than_every_rung_takes_the_last():
    assert next_rung_s(1, after_s=86_400) == RUNGS_S[-1]


@given(st.integers(1, 20), st.none() | st.floats(0, 1e6))
def test_a_wait_is_always_a_rung_that_exists_and_asking_never_makes_more_tries(
    attempt: int, after_s: float | None
):
    rung_s = next_rung_s(attempt, after_s)

    assert (rung_s is None) == (attempt > len(RUNGS_S))
    assert rung_s is None or rung_s in RUNGS_S
