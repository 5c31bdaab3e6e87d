"""How many requests a token may make."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.api import rate_limit
from services.api.rate_limit import Limits, RateLimit


def test_a_minutes_requests_go_at_once_and_the_next_one_waits_for_its_share():
    limit = RateLimit(60)

    taken = [limit.take("a", 0.0) for _ in range(61)]

    assert [one.retry_after_s for one in taken if one] == [0] * 60 + [1]
    assert (taken[0].remaining, taken[59].remaining, taken[60].remaining) == (59, 0, 0)
    assert limit.take("a", 1.0).retry_after_s == 0


def test_each_token_has_a_bucket_of_its_own():
    limit = RateLimit(1)

    assert limit.take("a", 0.0).retry_after_s == 0
    assert limit.take("a", 0.0).retry_after_s == 60
    assert limit.take("b", 0.0).retry_after_s == 0


def test_no_limit_counts_nothing():
    assert RateLimit(0).take("a", 0.0) is None


def test_only_so_many_buckets_are_kept(monkeypatch):
    monkeypatch.setattr(rate_limit, "MOST_TOKENS", 2)
    limit = RateLimit(1)

    for key in "abcabc":
        allowed = limit.take(key, 0.0)
        # Whoever asked longest ago is forgotten, which never makes a limit tighter.
        assert allowed is not None
        assert allowed.retry_after_s == 0


@given(st.integers(1, 200), st.lists(st.floats(0, 30), max_size=60))
def test_never_more_than_the_limit_and_its_share_of_the_time_is_let_in(per_minute: int, pauses: list[float]):
    limit, now_s, let_in = RateLimit(per_minute), 0.0, 0
    for pause_s in pauses:
        now_s += pause_s
        allowance = limit.take("a", now_s)
        assert allowance is not None
        let_in += allowance.retry_after_s == 0
        if allowance.retry_after_s:
            # Who waits as long as was said is let in.
            now_s += allowance.retry_after_s
            assert limit.take("a", now_s).retry_after_s == 0
            let_in += 1

    assert let_in <= per_minute + now_s * per_minute / 60 + 1e-6


def test_calls_and_messages_have_a_tighter_limit_beside_that_of_all_requests():
    limits = Limits(RateLimit(10), RateLimit(1, "messages"))

    told = [limits.take("a", endpoint, 0.0) for endpoint in ("send_sms", "make_call", "users")]

    assert [(one.policy, one.retry_after_s > 0) for one in told if one] == [
        ("messages", False),
        ("messages", True),
        ("token", False),
    ]
    assert told[2] is not None
    assert told[2].remaining == 7
