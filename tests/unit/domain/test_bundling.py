"""Pages of one person in a burst: the first at once, the later ones together, none held for ever."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.bundling import FOLLOWS_AFTER, Place, Window, bundle_card, intervals, place
from shared.errors import Permanent
from shared.events import NotificationRequested
from tests.support.outgoing import NOON, a_group, page_requested

EVERY = timedelta(seconds=120)


def a_page(number: int) -> NotificationRequested:
    return page_requested(channel="sms", part=number)


def at(second: float) -> datetime:
    return NOON + timedelta(seconds=second)


def placed(times: list[float]) -> list[Place]:
    window: Window | None = None
    found = []
    for number, second in enumerate(times):
        window, one = place(window, a_page(number), EVERY, at(second))
        found.append(one)
    return found


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
    window, first = place(None, a_page(1), EVERY, at(0))
    again = place(window, a_page(1), EVERY, at(30))
    collecting, second = place(window, a_page(2), EVERY, at(40))

    assert again == (window, Place(due_at=at(30)))
    assert first.bundle is None
    assert place(collecting, a_page(2), EVERY, at(50)) == (collecting, second)


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


def test_intervals_are_read_from_a_setting():
    assert intervals("sms=120, phone_call = 60,email=0,") == {
        "sms": timedelta(seconds=120),
        "phone_call": timedelta(seconds=60),
    }
    with pytest.raises(Permanent, match="'sms' is not of the form channel=seconds"):
        intervals("sms")
