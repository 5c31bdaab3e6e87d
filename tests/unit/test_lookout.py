"""Lanes that rest are looked for together: what is due wakes its lane, and no other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from shared import claiming
from shared.claiming import Lane, Limits
from shared.errors import Unavailable
from shared.lookout import Lookout
from tests.unit.test_claiming import Ledger, Row, until


class Ledgers:
    """Two lanes and what they find; `asked` are the names that each look was for."""

    def __init__(self) -> None:
        self.ledgers = {name: Ledger([]) for name in ("email", "sms")}
        self.lanes = {name: Lane(name, one.work, Limits()) for name, one in self.ledgers.items()}
        self.asked: list[list[str]] = []
        self.is_away = False
        self.lookout = Lookout(list(self.lanes.values()), self.waiting)

    async def waiting(self, names: Sequence[str]) -> list[str]:
        self.asked.append(sorted(names))
        if self.is_away:
            raise Unavailable("database: away")
        return [name for name in names for _ in self.ledgers[name].due]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(lane.run()) for lane in self.lanes.values()]
        try:
            yield
        finally:
            for one in tasks:
                one.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def until_all_rest(self) -> None:
        await until(lambda: all(lane.is_resting for lane in self.lanes.values()))


@pytest.fixture
def ledgers(monkeypatch: pytest.MonkeyPatch) -> Ledgers:
    monkeypatch.setattr(claiming, "IDLE_AFTER_S", -1.0)
    return Ledgers()


async def test_a_due_row_wakes_the_lane_that_it_is_for_and_no_other(ledgers: Ledgers):
    row: Row = ("someone", 1)

    async with ledgers.running():
        await ledgers.until_all_rest()
        claims = ledgers.ledgers["sms"].claims
        ledgers.ledgers["email"].due.append(row)
        await ledgers.lookout.look()
        await until(lambda: ledgers.ledgers["email"].done == [row])

    assert ledgers.asked == [["email", "sms"]]
    assert ledgers.ledgers["sms"].claims == claims


async def test_lanes_that_worked_lately_look_for_themselves():
    ledgers = Ledgers()
    for one in ledgers.ledgers.values():
        one.due.append(("someone", 1))

    async with ledgers.running():
        await until(lambda: all(one.done for one in ledgers.ledgers.values()))
        await until(lambda: all(one.claims > 1 for one in ledgers.ledgers.values()))
        await ledgers.lookout.look()

    assert ledgers.asked == []


async def test_lanes_that_never_had_anything_rest_from_the_beginning():
    ledgers = Ledgers()

    async with ledgers.running():
        await ledgers.until_all_rest()
        await ledgers.lookout.look()

    assert ledgers.asked == [["email", "sms"]]


async def test_a_lane_that_rests_is_woken_by_its_own_process_at_once(ledgers: Ledgers):
    async with ledgers.running():
        await ledgers.until_all_rest()
        ledgers.ledgers["sms"].due.append(("someone", 1))
        ledgers.lanes["sms"].wake()
        await until(lambda: bool(ledgers.ledgers["sms"].done))

    assert ledgers.asked == []


async def test_a_look_that_fails_is_made_again(ledgers: Ledgers):
    async with ledgers.running():
        await ledgers.until_all_rest()
        ledgers.ledgers["email"].due.append(("someone", 1))
        ledgers.is_away = True
        await ledgers.lookout.look()
        ledgers.is_away = False
        await ledgers.lookout.look()
        await until(lambda: bool(ledgers.ledgers["email"].done))
