"""What is asked for while an answer is awaited goes along together, and nobody pays for a neighbour."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from shared.errors import Unavailable
from shared.gathering import Gathering


class Doer:
    """Doubles numbers when it is let; 13 breaks it, and `away` makes it unavailable."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.let = asyncio.Event()
        self.let.set()
        self.away = False

    async def do(self, items: Sequence[int]) -> list[int]:
        self.groups.append(list(items))
        await self.let.wait()
        if self.away:
            raise Unavailable("database: away")
        if 13 in items:
            raise ValueError("a bug")
        return [2 * one for one in items]


async def test_a_lone_item_is_done_at_once():
    doer = Doer()
    gathering = Gathering(doer.do)

    assert await gathering.add(1) == 2
    assert await gathering.add(2) == 4
    assert doer.groups == [[1], [2]]


async def test_what_comes_while_one_is_done_goes_together_and_everybody_gets_his_own_result():
    doer = Doer()
    gathering = Gathering(doer.do, most=3)
    doer.let.clear()
    first = asyncio.create_task(gathering.add(0))
    while not doer.groups:
        await asyncio.sleep(0)
    rest = [asyncio.create_task(gathering.add(number)) for number in range(1, 6)]
    await asyncio.sleep(0)
    doer.let.set()

    assert await asyncio.gather(first, *rest) == [0, 2, 4, 6, 8, 10]
    assert doer.groups == [[0], [1, 2, 3], [4, 5]]


async def test_everybody_hears_that_the_database_is_away_and_it_goes_on_afterwards():
    doer = Doer()
    gathering = Gathering(doer.do)
    doer.away = True

    answers = await asyncio.gather(gathering.add(1), gathering.add(2), return_exceptions=True)
    doer.away = False

    assert [type(one) for one in answers] == [Unavailable, Unavailable]
    assert doer.groups == [[1, 2]]
    assert await gathering.add(3) == 6


async def test_an_item_that_breaks_it_breaks_alone():
    doer = Doer()
    gathering = Gathering(doer.do)

    answers = await asyncio.gather(*map(gathering.add, (1, 13, 2)), return_exceptions=True)

    assert (answers[0], answers[2]) == (2, 4)
    assert isinstance(answers[1], ValueError)


async def test_who_does_not_wait_any_more_holds_nobody_up():
    doer = Doer()
    gathering = Gathering(doer.do)
    doer.let.clear()
    gone, stays = asyncio.create_task(gathering.add(1)), asyncio.create_task(gathering.add(2))
    while not doer.groups:
        await asyncio.sleep(0)
    gone.cancel()
    doer.let.set()

    assert await stays == 4
    with pytest.raises(asyncio.CancelledError):
        await gone
