"""Turns as stored: the same draw is the same person, whoever asks and whatever was lost in between."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator

import pytest

from shared.domain.steps import Turn
from shared.store.mongo import Database
from shared.store.rotations import Rotations
from tests.support.build import NOON

pytestmark = pytest.mark.integration
PERSONS = ("U1", "U2", "U3")


@pytest.fixture
def mongo(mongo_url: str) -> Iterator[Database]:
    made = Database(mongo_url)
    yield made
    made.close()


def turn(number: int) -> Turn:
    return Turn("E1", f"draw {number}", PERSONS)


async def test_turns_go_round_over_groups_and_instances(mongo: Database):
    one, other = Rotations(mongo), Rotations(mongo)

    drawn = [(await (one, other)[number % 2].draw([turn(number)], NOON))[0] for number in range(4)]

    assert drawn == ["U1", "U2", "U3", "U1"]
    assert await one.last_of(["E1", "E2"]) == {"E1": "U1"}


async def test_a_draw_that_comes_again_however_late_gets_the_same_person_and_takes_no_turn(mongo: Database):
    rotations = Rotations(mongo)
    first = await rotations.draw([turn(1), turn(2)], NOON)
    await rotations.draw([turn(number) for number in range(3, 9)], NOON)

    again = await rotations.draw([turn(1), turn(2)], NOON)

    assert again == first == ["U1", "U2"]
    assert await rotations.draw([turn(9)], NOON) == ["U3"]


async def test_many_instances_at_once_give_everybody_as_many_turns(mongo: Database):
    drawn = await asyncio.gather(*(Rotations(mongo).draw([turn(number)], NOON) for number in range(12)))

    assert Counter(one for (one,) in drawn) == {"U1": 4, "U2": 4, "U3": 4}
