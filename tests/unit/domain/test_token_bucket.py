"""A bucket lets through what its limit says, whole bodies only, and says when there is room again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.access import RateLimit
from shared.domain.token_bucket import Bucket

LIMIT = RateLimit(alerts_per_minute=60, burst=10)
LIMITS = st.builds(RateLimit, alerts_per_minute=st.integers(1, 10_000), burst=st.integers(1, 500))
STEPS = st.lists(st.tuples(st.floats(0, 120), st.integers(1, 600)), max_size=40)


def test_a_burst_passes_at_once_and_then_one_a_second() -> None:
    bucket = Bucket.full(LIMIT, 0.0)
    assert [bucket.take(1, LIMIT, 0.0) for _ in range(10)] == [0.0] * 10
    assert bucket.take(1, LIMIT, 0.0) == 1.0
    assert bucket.take(1, LIMIT, 1.0) == 0.0
    assert bucket.take(2, LIMIT, 2.0) == 1.0
    assert bucket.take(2, LIMIT, 3.0) == 0.0


def test_a_body_larger_than_the_burst_passes_when_the_bucket_is_full_and_the_next_waits_longer() -> None:
    bucket = Bucket.full(LIMIT, 0.0)
    assert bucket.take(25, LIMIT, 0.0) == 0.0
    assert bucket.take(1, LIMIT, 0.0) == 16.0
    assert bucket.take(1, LIMIT, 16.0) == 0.0


def test_what_is_given_back_can_be_taken_again_and_never_more_than_the_burst() -> None:
    bucket = Bucket.full(LIMIT, 0.0)
    bucket.take(10, LIMIT, 0.0)
    bucket.give_back(10, LIMIT)
    bucket.give_back(10, LIMIT)
    assert bucket.take(10, LIMIT, 0.0) == 0.0
    assert bucket.take(1, LIMIT, 0.0) > 0


@given(LIMITS, STEPS)
def test_no_more_passes_than_burst_and_rate_allow_but_for_one_large_body(
    limit: RateLimit, steps: list[tuple[float, int]]
) -> None:
    bucket, now_s, passed, largest = Bucket.full(limit, 0.0), 0.0, 0, 0
    for pause_s, alerts in steps:
        now_s += pause_s
        if not bucket.take(alerts, limit, now_s):
            passed += alerts
            largest = max(largest, alerts)
    allowed = limit.burst + now_s * limit.alerts_per_minute / 60
    assert passed <= allowed + max(0, largest - limit.burst) + 1e-3


@given(LIMITS, STEPS, st.integers(1, 600))
def test_after_the_wait_that_was_told_the_body_is_taken(
    limit: RateLimit, steps: list[tuple[float, int]], alerts: int
) -> None:
    bucket, now_s = Bucket.full(limit, 0.0), 0.0
    for pause_s, some in steps:
        now_s += pause_s
        bucket.take(some, limit, now_s)
    wait_s = bucket.take(alerts, limit, now_s)
    if wait_s:
        level = bucket.level
        assert bucket.take(alerts, limit, now_s + wait_s) == 0.0
        assert level < alerts
