"""A new row begins without a claim when its lane has a place, and never before rows that wait in the ledger."""

from __future__ import annotations

import asyncio

from shared.claiming import Limits
from tests.unit.test_claiming import Ledger, running, until


async def test_a_reserved_row_begins_without_a_claim():
    ledger = Ledger([])
    async with running(ledger, Limits()) as lane:
        await until(lambda: lane.reserve("a"))
        claims = ledger.claims
        assert lane.begin(("a", 1))
        await until(lambda: ledger.done)
        assert ledger.claims == claims


async def test_no_place_is_reserved_before_the_ledger_was_looked_at():
    ledger = Ledger([("a", number) for number in range(10)])
    async with running(ledger, Limits(total=4)) as lane:
        assert not lane.reserve("b")
        await until(lambda: lane.reserve("b"))
        assert len(ledger.due) == 0


async def test_no_more_places_are_reserved_than_there_are():
    ledger = Ledger([])
    async with running(ledger, Limits(total=3)) as lane:
        await until(lambda: lane.reserve("a"))
        assert [lane.reserve("b") for _ in range(3)] == [True, True, False]
        lane.release()
        assert lane.reserve("b")


async def test_reserved_rows_keep_to_their_targets_limit():
    ledger = Ledger([])
    async with running(ledger, Limits(total=10, per_target=2)) as lane:
        await until(lambda: lane.reserve("a"))
        assert all(lane.reserve("a") for _ in range(5))
        assert all(lane.begin(("a", number)) for number in range(6))
        await until(lambda: len(ledger.done) == 6)

    assert ledger.most["a"] == 2


async def test_a_target_that_hangs_takes_no_more_rows_and_leaves_places_to_others():
    ledger = Ledger([])
    ledger.hung["slow"] = asyncio.Event()
    async with running(ledger, Limits(total=10, per_target=2)) as lane:
        await until(lambda: lane.reserve("slow"))
        assert all(lane.reserve("slow") for _ in range(2))
        assert all(lane.begin(("slow", number)) for number in range(3))
        assert not lane.reserve("slow")
        assert lane.reserve("quick")
        assert lane.begin(("quick", 1))
        await until(lambda: ("quick", 1) in ledger.done)
        ledger.hung["slow"].set()
        await until(lambda: len(ledger.done) == 4)


async def test_what_was_stored_without_a_place_goes_first():
    ledger = Ledger([])
    async with running(ledger, Limits()) as lane:
        await until(lambda: lane.reserve("a"))
        lane.release()
        ledger.due.append(("a", 1))
        lane.wake()
        assert not lane.reserve("a")
        await until(lambda: ledger.done == [("a", 1)])


async def test_a_lane_that_has_ended_begins_nothing():
    ledger = Ledger([])
    async with running(ledger, Limits()) as lane:
        await until(lambda: lane.reserve("a"))

    assert not lane.begin(("a", 1))
    assert not lane.reserve("a")
