"""What is watched: only a time in which somebody listened, whose every ping is known by now."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.watching import HOLD, MAX_LAG, Presence, Receiver, Watch, age_s, present, watch
from tests.support.build import NOON


def second(number: float) -> datetime:
    return NOON + timedelta(seconds=number)


def receiver(id: str, since: float, at: float, *, left: bool = False, name: str = "") -> Receiver:
    return Receiver(id=id, name=name or id, since=second(since), at=second(at), has_left=left)


def test_what_one_receiver_watched_is_from_its_first_beat_to_its_newest():
    assert watch([receiver("R1", 0, 100)], second(101)) == Watch(second(0), second(100))


def test_nothing_is_known_without_any_receiver():
    assert watch([], NOON) is None


def test_nothing_is_known_once_the_newest_beat_is_older_than_five_seconds():
    assert watch([receiver("R1", 0, 100)], second(105)) is not None
    assert watch([receiver("R1", 0, 100)], second(105.1)) is None


def test_the_slower_of_two_receivers_decides_how_far_is_known():
    two = [receiver("R1", 0, 100), receiver("R2", 10, 97)]

    assert watch(two, second(101)) == Watch(second(0), second(97))


def test_two_receivers_that_overlap_have_watched_without_a_break():
    two = [receiver("R1", 0, 50, left=True), receiver("R2", 49, 100)]

    assert watch(two, second(100)) == Watch(second(0), second(100))


def test_a_restart_of_the_only_receiver_is_a_break_however_short():
    two = [receiver("R1", 0, 50, left=True), receiver("R2", 50.5, 100)]

    assert watch(two, second(100)) == Watch(second(50.5), second(100))


def test_who_left_in_order_is_not_waited_for():
    assert watch([receiver("R1", 0, 50, left=True), receiver("R2", 0, 52)], second(52)) is not None


def test_who_ended_without_a_word_is_waited_for_and_then_is_a_break_until_he_was_given_up():
    """It may hold pings that nobody else has; and what was sent to it meanwhile may be lost."""
    dead = receiver("R1", 0, 50)

    for at in (56, 70, 80):
        assert watch([dead, receiver("R2", 0, at)], second(at)) is None
    assert watch([dead, receiver("R2", 0, 81)], second(81)) == Watch(second(80), second(81))


def test_who_takes_the_name_of_the_dead_takes_his_place_at_once():
    dead, next_one = receiver("R1", 0, 50, name="pod-0"), receiver("R2", 58, 60, name="pod-0")

    assert watch([dead, next_one, receiver("R3", 0, 60)], second(60)) == Watch(second(58), second(60))


def test_a_receiver_goes_on_with_its_account_until_it_could_not_tell_it_for_ten_seconds():
    before = Presence(second(0), second(40))

    assert present(None, second(5)) == Presence(second(5), second(5))
    assert present(before, second(50)) == Presence(second(0), second(50))
    assert present(before, second(50.1)) == Presence(second(50.1), second(50.1))


def test_a_clock_that_was_set_back_begins_a_new_account():
    assert present(Presence(second(0), second(40)), second(39)) == Presence(second(39), second(39))


def test_a_beat_from_the_future_proves_nothing_and_takes_nobodys_place():
    """A clock that was ten minutes ahead was put right: what it told then must not expire anything now."""
    wrong, right = receiver("R1", 600, 660, name="pod-0"), receiver("R2", 60, 70, name="pod-0")

    assert watch([wrong], second(70)) is None
    assert age_s([wrong], second(70)) is None
    assert watch([wrong, right], second(70)) == Watch(second(60), second(70))
    assert watch([receiver("R3", 0, 74)], second(70)) == Watch(second(0), second(74))


def test_the_age_of_the_news_is_that_of_the_receiver_that_is_waited_for():
    assert age_s([], NOON) is None
    assert age_s([receiver("R1", 0, 90), receiver("R2", 0, 99)], second(100)) == 10
    assert age_s([receiver("R1", 0, 20), receiver("R2", 0, 30, left=True)], second(100)) == 70


receivers = st.lists(
    st.builds(
        lambda id, name, since, length, left: receiver(
            f"R{id}", since, since + length, left=left, name=f"N{name}"
        ),
        st.integers(0, 99),
        st.integers(0, 4),
        st.integers(0, 500),
        st.integers(0, 500),
        st.booleans(),
    ),
    max_size=6,
)


@given(receivers, st.integers(0, 1100))
def test_a_watch_claims_only_instants_in_which_somebody_served(found: list[Receiver], at: int):
    watched = watch(found, second(at))
    if watched is None:
        return
    assert watched.since <= watched.until
    assert second(at) - watched.until <= MAX_LAG
    step = watched.since
    while step <= watched.until:
        assert any(one.since <= step <= one.at for one in found), step
        step += timedelta(seconds=1)


@given(receivers, st.integers(0, 1100))
def test_nobody_who_may_still_hold_pings_is_ahead_of_the_watch(found: list[Receiver], at: int):
    watched = watch(found, second(at))
    if watched is None:
        return
    for one in found:
        replaced = any(other.name == one.name and other.since > one.since for other in found)
        if not one.has_left and not replaced and second(at) - one.at <= HOLD:
            assert one.at >= watched.until
