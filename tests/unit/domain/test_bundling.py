"""Pages of one person in a burst: the first at once, the later ones together, none held for ever."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.domain.bundling import (
    FOLLOWS_AFTER,
    LONGEST_IMPORTANT_HOLD,
    Limit,
    Pace,
    Place,
    SentMessage,
    Window,
    bundle_card,
    paces,
    place,
)
from shared.errors import Permanent
from shared.events import NotificationRequested
from tests.support.outgoing import NOON, a_group, page_requested

EVERY = timedelta(seconds=120)
PACE = Pace(EVERY)
# A loaded machine is no fault of the rule.
RELAXED = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
# Three messages in ten minutes, with no interval between them.
LIMITED = Pace(limit=Limit(3, timedelta(minutes=10)))


def a_page(number: int, important: bool = False) -> NotificationRequested:
    return page_requested(channel="sms", part=number, important=important)


def at(second: float) -> datetime:
    return NOON + timedelta(seconds=second)


def placed(times: list[float], pace: Pace = PACE, important: bool = False) -> list[Place]:
    window: Window | None = None
    found = []
    for number, second in enumerate(times):
        window, one = place(window, a_page(number, important), pace, at(second))
        found.append(one)
    return found


def messages_of(places: list[Place]) -> list[datetime]:
    """Return when messages go out: each page that goes alone, and each bundle with its first page."""
    dues: dict[str, list[datetime]] = {}
    for number, one in enumerate(places):
        dues.setdefault(one.bundle or str(number), []).append(one.due_at)
    return sorted(min(due) for due in dues.values())


def test_the_first_page_goes_at_once_and_later_ones_go_together_at_the_end_of_its_window():
    first, second, third = placed([0, 10, 119])

    assert (first.due_at, first.bundle) == (NOON, None)
    assert second.due_at == at(120)
    assert third.due_at == at(120) + FOLLOWS_AFTER
    assert second.bundle == third.bundle is not None


def test_a_message_about_several_opens_the_next_window():
    _, second, third, later = placed([0, 10, 130, 400])

    assert third.due_at == at(240)
    assert third.bundle != second.bundle
    assert (later.due_at, later.bundle) == (at(400), None)


def test_after_a_quiet_time_the_next_page_is_a_first_one():
    assert [one.due_at for one in placed([0, 121])] == [at(0), at(121)]


def test_a_page_that_comes_twice_gets_the_same_place():
    window, first = place(None, a_page(1), PACE, at(0))
    again = place(window, a_page(1), PACE, at(30))
    collecting, second = place(window, a_page(2), PACE, at(40))

    assert again == (window, Place(due_at=at(30)))
    assert first.bundle is None
    assert place(collecting, a_page(2), PACE, at(50)) == (collecting, second)


def test_what_is_above_the_limit_waits_until_another_message_is_within_it_and_goes_as_one():
    *within, fourth, fifth, later = placed([0, 60, 120, 180, 599, 1500], LIMITED)

    assert [(one.due_at, one.bundle) for one in within] == [(at(0), None), (at(60), None), (at(120), None)]
    assert fourth.due_at == at(600)
    assert fifth.due_at == at(600) + FOLLOWS_AFTER
    assert fourth.bundle == fifth.bundle is not None
    assert (later.due_at, later.bundle) == (at(1500), None)


def test_each_page_within_the_limit_gets_the_same_place_when_it_comes_twice():
    window, _ = place(None, a_page(1), LIMITED, at(0))
    window, _ = place(window, a_page(2), LIMITED, at(1))
    window, _ = place(window, a_page(3), LIMITED, at(2))

    assert window.limited
    for number in (1, 2, 3):
        assert place(window, a_page(number), LIMITED, at(3)) == (window, Place(due_at=at(3)))


def test_important_and_default_pages_have_limits_of_their_own():
    """No number of default pages holds back the first important one: they are counted in another window."""
    window, _ = place(None, a_page(1), LIMITED, at(0))
    important, first = place(None, a_page(2, important=True), LIMITED, at(1))

    assert window.id != important.id
    assert first == Place(due_at=at(1))
    assert window.sent == (SentMessage(at=at(0), page_id=a_page(1).id),)


PACES = st.builds(
    Pace,
    st.sampled_from([timedelta(0), timedelta(seconds=45)]),
    st.builds(Limit, st.integers(1, 4), st.sampled_from([timedelta(minutes=1), timedelta(minutes=10)])),
)


@RELAXED
@given(gaps=st.lists(st.floats(0, 200), min_size=1, max_size=40), pace=PACES, important=st.booleans())
def test_a_limit_holds_never_the_first_page_nothing_for_ever_and_is_kept(
    gaps: list[float], pace: Pace, important: bool
):
    assert pace.limit is not None
    times = [sum(gaps[: number + 1]) for number in range(len(gaps))]

    found = placed(times, pace, important)

    first, messages = found[0], messages_of(found)
    assert (first.due_at, first.bundle) == (at(times[0]), None)
    longest = LONGEST_IMPORTANT_HOLD if important else pace.limit.within
    for place_of, second in zip(found, times, strict=True):
        assert place_of.due_at >= at(second) - timedelta(milliseconds=2)
        assert place_of.due_at - at(second) <= max(longest, pace.every) + FOLLOWS_AFTER
    assert all(
        later - sooner >= pace.every - timedelta(milliseconds=2) for sooner, later in pairwise(messages)
    )
    if not important:
        # Of any messages that are one more than allowed, the last is a whole time after the first.
        pairs = zip(messages, messages[pace.limit.messages :], strict=False)
        assert all(later - sooner >= pace.limit.within - timedelta(milliseconds=2) for sooner, later in pairs)


@RELAXED
@given(gaps=st.lists(st.floats(0, 200), min_size=1, max_size=30))
def test_no_page_waits_longer_than_an_interval_and_messages_keep_it(gaps: list[float]):
    times = [sum(gaps[: number + 1]) for number in range(len(gaps))]
    found = placed(times)

    messages = sorted({(one.bundle or str(number), one.due_at) for number, one in enumerate(found)})
    leaders = sorted(
        min(due for name, due in messages if name == wanted) for wanted in {name for name, _ in messages}
    )
    assert all(later - sooner >= EVERY - timedelta(milliseconds=2) for sooner, later in pairwise(leaders))
    assert all(
        one.due_at - at(second) <= EVERY + FOLLOWS_AFTER for one, second in zip(found, times, strict=True)
    )
    assert found[0].bundle is None


def test_one_message_names_its_groups_the_newest_first():
    groups = [
        a_group(key=f"k{number}", number=number, title=f"Disk {number}", opened_at=at(number))
        for number in range(7)
    ]

    sms = bundle_card(groups, "sms", "https://t.example/alert-groups")
    chat = bundle_card(groups, "telegram", "https://t.example/alert-groups")

    assert sms.title.startswith("7 alert groups are firing. Newest: Disk 6 (#6); Disk 5 (#5); ")
    assert sms.title.endswith(", and 2 more")
    assert "Disk 6" in chat.message
    assert "All of them" in chat.message


def test_intervals_and_limits_are_read_from_settings():
    assert paces("sms=120, phone_call = 60,email=0,", "sms=10/30, telegram = 5 / 10,slack=0/10") == {
        "sms": Pace(timedelta(seconds=120), Limit(10, timedelta(minutes=30))),
        "phone_call": Pace(timedelta(seconds=60)),
        "telegram": Pace(limit=Limit(5, timedelta(minutes=10))),
    }


@pytest.mark.parametrize(
    ("intervals", "limits", "reason"),
    [
        ("sms", "", "'sms' is not of the form channel=seconds"),
        ("sms=1/2", "", "'sms=1/2' is not of the form channel=seconds"),
        ("", "sms=10", "'sms=10' is not of the form channel=messages/minutes"),
        ("", "=1/2", "'=1/2' is not of the form channel=messages/minutes"),
        ("", "sms=1/x", "'sms=1/x' is not of the form channel=messages/minutes"),
        ("", "sms=101/5", "sms=101/5 is more than 100 messages: that is no limit"),
    ],
)
def test_a_pace_that_cannot_be_read_says_what_it_should_be(intervals: str, limits: str, reason: str):
    with pytest.raises(Permanent, match=reason):
        paces(intervals, limits)
