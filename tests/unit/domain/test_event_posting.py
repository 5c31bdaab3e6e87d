"""Posting events: a position is passed by 2xx alone, a repeat is the same request, waits grow and are asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.event_posting import (
    LONGEST_WAIT_S,
    MOST_BYTES,
    Answer,
    EventPosition,
    InHand,
    answered,
    batch_size,
    holding,
    lost,
    moved,
    passed_over,
    wait_s,
)

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
BEFORE = EventPosition(id="V1", position="AA")


def a_record(id: str, minutes_ago: int = 0) -> dict[str, str]:
    return {"id": id, "time": (NOON - timedelta(minutes=minutes_ago)).isoformat()}


def test_a_request_ends_at_its_most_its_bytes_and_where_the_repeated_one_ended():
    ids = ["a", "b", "c", "d"]

    assert batch_size([1, 1, 1, 1], ids, 100, None) == 4
    assert batch_size([1, 1, 1, 1], ids, 3, None) == 3
    assert batch_size([1, 1, 1, 1], ids, 100, "b") == 2
    assert batch_size([1, MOST_BYTES - 1, 1, 1], ids, 100, None) == 2
    assert batch_size([MOST_BYTES + 1, 1, 1, 1], ids, 100, None) == 1


@pytest.mark.parametrize("status", [None, 100, 302, 400, 404, 410, 429, 500, 503])
def test_nothing_but_2xx_passes_a_position(status: int | None):
    held = holding(BEFORE, [a_record("a"), a_record("b")], NOON)

    after, again_in_s = answered(held, Answer(status=status, text="no"), "BB", NOON)

    assert (after.position, after.in_hand, after.failures) == ("AA", held.in_hand, 1)
    assert (after.error, after.failing_since, again_in_s >= 1) == ("no", NOON, True)


@pytest.mark.parametrize("status", [200, 202, 204])
def test_2xx_passes_the_position_and_ends_the_failing(status: int):
    held = holding(BEFORE, [a_record("a", 3), a_record("b", 2)], NOON)
    failed, _ = answered(held, Answer(status=500, text="no"), "BB", NOON)

    after, again_in_s = answered(failed, Answer(status=status), "BB", NOON)

    assert (after.position, after.in_hand, after.posted, again_in_s) == ("BB", None, 2, 0)
    assert (after.failures, after.failing_since, after.error, after.status) == (0, None, None, status)


def test_the_same_events_are_in_hand_until_they_are_taken():
    held = holding(BEFORE, [a_record("a", 3), a_record("b", 5)], NOON)

    assert held.in_hand == InHand(last_id="b", count=2, oldest_at=NOON - timedelta(minutes=5))
    assert held.position == "AA"


def test_the_lag_is_how_long_the_oldest_known_event_waits():
    held = holding(BEFORE, [a_record("a", 3)], NOON)

    assert BEFORE.lag_s(NOON) is None
    assert held.lag_s(NOON + timedelta(minutes=1)) == 240
    assert passed_over(BEFORE, "BB", NOON, is_end=True).lag_s(NOON) == 0
    assert passed_over(BEFORE, "BB", NOON, is_end=False).lag_s(NOON) is None
    assert lost(held, "too old").lag_s(NOON) is None
    assert holding(BEFORE, [{"id": "a", "time": "no time"}], NOON).lag_s(NOON) == 0


def test_waits_double_up_to_five_minutes_and_are_never_shorter_than_asked():
    own = [wait_s(failures, Answer(status=500), NOON) for failures in (1, 2, 3, 9, 10, 10_000)]

    assert own == [1, 2, 4, 256, LONGEST_WAIT_S, LONGEST_WAIT_S]


@pytest.mark.parametrize(
    ("asked", "waited"),
    [
        ("120", 120),
        (" 120 ", 120),
        ("Mon, 05 Jan 2026 12:10:00 GMT", 600),
        ("Mon, 05 Jan 2026 11:00:00 GMT", 1),
        ("999999", 86_400),
        ("-5", 1),
        ("soon", 1),
        ("٣", 1),
        ("", 1),
    ],
)
def test_retry_after_is_heeded_as_seconds_and_as_a_date(asked: str, waited: float):
    answer = Answer(status=503, headers={"retry-after": asked})

    assert wait_s(1, answer, NOON) == waited


def test_a_position_given_by_hand_forgets_what_failed_and_was_lost():
    failed, _ = answered(holding(BEFORE, [a_record("a")], NOON), Answer(status=500, text="no"), "BB", NOON)

    after = moved(lost(failed, "too old"), "CC")

    assert (after.position, after.is_lost, after.failures, after.in_hand) == ("CC", False, 0, None)


def test_at_the_end_of_the_journal_nothing_fails_any_more():
    failed, _ = answered(holding(BEFORE, [a_record("a")], NOON), Answer(status=500, text="no"), "BB", NOON)

    passing, end = (passed_over(failed, "CC", NOON, is_end=one) for one in (False, True))

    assert (passing.position, passing.failures) == ("CC", 1)
    assert (end.failures, end.in_hand, end.error) == (0, None, None)
