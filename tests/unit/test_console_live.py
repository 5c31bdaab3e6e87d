"""What a page that is looked at is told, and answers that many ask for at once."""

from __future__ import annotations

import asyncio

import pytest

from services.api.console.fresh import Fresh
from services.api.console.live import MAX_IDS, Watcher


def test_changed_groups_and_told_people_are_kept_apart_and_told_once():
    watcher = Watcher()
    watcher.add({"I1"}, {"I2"})
    watcher.add({"I1"}, set())
    assert watcher.woken.is_set()
    assert watcher.take() == {"ids": ["I1"], "told": ["I2"], "more": False}
    assert not watcher.woken.is_set()
    assert watcher.take() == {"ids": [], "told": [], "more": False}


def test_more_groups_than_a_page_shows_are_told_as_more():
    watcher = Watcher()
    watcher.add({f"I{one}" for one in range(MAX_IDS + 1)}, {f"T{one}" for one in range(MAX_IDS + 1)})
    told = watcher.take()
    assert (len(told["ids"]), len(told["told"]), told["more"]) == (MAX_IDS, MAX_IDS, True)


class Counted:
    """Answers with how often it was asked, and fails as often as it is told to."""

    def __init__(self) -> None:
        self.asked = 0
        self.failures = 0

    async def __call__(self) -> int:
        self.asked += 1
        await asyncio.sleep(0)
        if self.failures:
            self.failures -= 1
            raise LookupError
        return self.asked


async def test_everybody_who_asks_at_once_gets_the_one_answer_until_it_is_old_or_renewed():
    counted = Counted()
    fresh, never = Fresh(counted, for_s=3600), Fresh(counted, for_s=0)
    assert await asyncio.gather(*(fresh.get() for _ in range(5))) == [1] * 5
    assert (await fresh.renewed(), await fresh.get()) == (2, 2)
    assert (await never.get(), await never.get()) == (3, 4)


async def test_a_failure_is_told_and_not_kept():
    counted = Counted()
    counted.failures = 1
    fresh = Fresh(counted, for_s=3600)
    with pytest.raises(LookupError):
        await fresh.get()
    assert await fresh.get() == 2
