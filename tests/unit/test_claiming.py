"""A lane's limits: a slow target holds nobody else, and a busy one costs no claims."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from shared.claiming import IDLE_AFTER_S, IDLE_LOOK_EVERY_S, LOOK_EVERY_S, Lane, Limits, Work, pause_s

Row = tuple[str, int]


class Ledger:
    """Due rows (target, number), claimed in order; rows of a hung target end when it is released."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.due = list(rows)
        self.done: list[Row] = []
        self.running: dict[str, int] = defaultdict(int)
        self.most: dict[str, int] = defaultdict(int)
        self.claims = 0
        self.returned: list[Row] = []
        self.broken: list[Row] = []
        self.hung: dict[str, asyncio.Event] = {}

    async def claim(self, limit: int, without: frozenset[str]) -> list[Row]:
        self.claims += 1
        taken = [row for row in self.due if row[0] not in without][:limit]
        self.due = [row for row in self.due if row not in taken]
        return taken

    async def put_back(self, rows: Sequence[Row]) -> None:
        self.returned += rows
        self.due += rows

    async def do(self, row: Row) -> None:
        target = row[0]
        self.running[target] += 1
        self.most[target] = max(self.most[target], self.running[target])
        if target in self.hung:
            await self.hung[target].wait()
        await asyncio.sleep(0)
        self.running[target] -= 1
        if target == "bug":
            raise ValueError("a bug")
        self.done.append(row)

    async def note_broken(self, row: Row, error: BaseException) -> None:
        self.broken.append(row)

    @property
    def work(self) -> Work[Row]:
        return Work(self.claim, self.put_back, self.do, lambda row: row[0], self.note_broken)


@asynccontextmanager
async def running(ledger: Ledger, limits: Limits) -> AsyncIterator[Lane[Row]]:
    lane = Lane("test", ledger.work, limits)
    task = asyncio.create_task(lane.run())
    try:
        yield lane
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(condition) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.001)


async def test_all_rows_are_done_within_the_limits():
    ledger = Ledger([(target, number) for number in range(100) for target in ("a", "b")])

    async with running(ledger, Limits(total=10, per_target=3)):
        await until(lambda: len(ledger.done) == 200)

    assert max(ledger.most.values()) == 3
    assert len(set(ledger.done)) == 200


async def test_a_busy_target_costs_few_claims():
    """Rows above the limit wait in hand for the next free place; they are not claimed again and again."""
    ledger = Ledger([("a", number) for number in range(1000)])

    async with running(ledger, Limits(total=50, per_target=5)):
        await until(lambda: len(ledger.done) == 1000)

    assert ledger.claims < 100
    assert ledger.returned == []


async def test_a_hung_target_holds_no_other():
    ledger = Ledger([("hung", number) for number in range(100)] + [("a", number) for number in range(100)])
    ledger.hung["hung"] = asyncio.Event()

    async with running(ledger, Limits(total=10, per_target=2)):
        await until(lambda: len(ledger.done) == 100)
        assert ledger.running["hung"] == 2
        ledger.hung["hung"].set()
        await until(lambda: len(ledger.done) == 200)


async def test_a_woken_lane_looks_at_once():
    ledger = Ledger([])

    async with running(ledger, Limits()) as lane:
        await until(lambda: ledger.claims)
        ledger.due.append(("a", 1))
        lane.wake()
        await until(lambda: ledger.done)

    assert ledger.claims <= 4


async def test_a_stopped_lane_gives_back_what_waits_and_ends_what_runs():
    ledger = Ledger([("hung", number) for number in range(10)])
    ledger.hung["hung"] = asyncio.Event()

    async with running(ledger, Limits(total=10, per_target=2)):
        await until(lambda: ledger.running["hung"] == 2)
        asyncio.get_running_loop().call_later(0.02, ledger.hung["hung"].set)

    assert len(ledger.returned) == 8
    assert len(ledger.done) == 2


async def test_a_bug_in_one_row_is_told_and_stops_no_other():
    ledger = Ledger([("bug", 1), ("a", 1), ("bug", 2), ("a", 2)])

    async with running(ledger, Limits()):
        await until(lambda: len(ledger.done) == 2 and len(ledger.broken) == 2)


def test_only_a_lane_that_had_nothing_for_a_minute_looks_less_often():
    assert pause_s(0.0) == pause_s(IDLE_AFTER_S) == LOOK_EVERY_S
    assert pause_s(IDLE_AFTER_S + 1) == IDLE_LOOK_EVERY_S
