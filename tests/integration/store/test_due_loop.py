"""A loop over due times sleeps as long as it may: it misses nothing, and costs nothing while nothing is due."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared import clock
from shared.store.due import INDEXES, DueLoop, Pace, earliest, foretell
from shared.store.mongo import Collection, Database, Document
from tests.support.house import until

pytestmark = pytest.mark.integration
NEVER_BY_ITSELF = Pace(0.01, 600.0)


class Waiting:
    """A collection of due times; `done` says when each was worked on, by its id."""

    def __init__(self, collection: Collection) -> None:
        self.collection = collection
        self.done: dict[str, datetime] = {}
        self.looks: list[float] = []

    async def add(self, id: str, due_at: datetime, **fields: Any) -> None:
        await self.collection.insert_one({"_id": id, "due_at": due_at, **fields})

    async def handle(self, documents: list[Document]) -> None:
        for one in documents:
            self.done[one["_id"]] = clock.now()
            await self.collection.delete_one({"_id": one["_id"]})

    async def claim_nothing(self, now: datetime) -> list[Document]:
        self.looks.append(clock.monotonic_s())
        return []

    async def until_done(self, id: str) -> datetime:
        async def is_done() -> bool:
            return id in self.done

        await until(is_done, 30, what=f"{id} is worked on")
        return self.done[id]


class Asked(Collection):
    """Notes when it was asked for one document."""

    def __init__(self, inner: Any) -> None:
        super().__init__(inner)
        self.at_s: list[float] = []

    async def find_one(self, *args: Any, **kwargs: Any) -> Document | None:
        self.at_s.append(clock.monotonic_s())
        return await super().find_one(*args, **kwargs)


@pytest.fixture
async def waiting(mongo_url: str) -> AsyncIterator[Waiting]:
    database = Database(mongo_url)
    collection = database.collection("things")
    await collection.ensure_indexes(INDEXES)
    yield Waiting(collection)
    database.close()


@asynccontextmanager
async def looping(loop: DueLoop) -> AsyncIterator[None]:
    task = asyncio.create_task(loop.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_what_this_process_stores_for_now_is_done_although_the_loop_sleeps(waiting: Waiting):
    async with looping(DueLoop(waiting.collection, waiting.handle, lambda: True, pace=NEVER_BY_ITSELF)):
        for id in ("first", "second", "third"):
            await waiting.add(id, clock.now())
            foretell(waiting.collection, None, clock.now())

            await waiting.until_done(id)


async def test_a_time_that_a_look_saw_coming_is_kept_and_not_before_it_has_come(waiting: Waiting):
    due_at = clock.now() + timedelta(seconds=0.7)
    await waiting.add("coming", due_at)

    async with looping(DueLoop(waiting.collection, waiting.handle, lambda: True, pace=NEVER_BY_ITSELF)):
        assert await waiting.until_done("coming") >= due_at - timedelta(milliseconds=1)


async def test_a_time_that_is_foretold_wins_over_a_later_one_that_is_known(waiting: Waiting):
    await waiting.add("tomorrow", clock.now() + timedelta(days=1))

    async with looping(DueLoop(waiting.collection, waiting.handle, lambda: True, pace=NEVER_BY_ITSELF)):
        sooner = clock.now() + timedelta(seconds=0.3)
        await waiting.add("sooner", sooner)
        foretell(waiting.collection, sooner)

        await waiting.until_done("sooner")

    assert set(waiting.done) == {"sooner"}


async def test_what_another_process_stored_is_found_although_nobody_says_so(waiting: Waiting):
    async with looping(DueLoop(waiting.collection, waiting.handle, lambda: True, pace=Pace(0.01, 0.2))):
        for id in ("first", "second"):
            await waiting.add(id, clock.now())

            await waiting.until_done(id)


async def test_what_a_dead_instance_had_leased_is_done_when_its_lease_has_ended(waiting: Waiting):
    ends_at = clock.now() + timedelta(seconds=0.5)
    await waiting.add("leased", clock.now(), lease_until=ends_at)

    async with looping(DueLoop(waiting.collection, waiting.handle, lambda: True, pace=Pace(0.01, 0.1))):
        assert await waiting.until_done("leased") >= ends_at


async def test_what_is_due_but_may_not_be_claimed_yet_is_asked_for_at_the_least_pace(waiting: Waiting):
    await waiting.add("due", clock.now())
    loop = DueLoop(waiting.collection, waiting.handle, lambda: True, waiting.claim_nothing, Pace(0.1, 600.0))

    async def has_looked() -> bool:
        return len(waiting.looks) >= 4

    async with looping(loop):
        await until(has_looked, 30)

    assert waiting.looks[3] - waiting.looks[0] >= 0.29


async def test_while_nothing_is_due_a_look_is_one_question_and_nothing_is_claimed(waiting: Waiting):
    await waiting.add("tomorrow", clock.now() + timedelta(days=1))
    asked = Asked(waiting.collection._inner)
    loop = DueLoop(asked, waiting.handle, lambda: True, waiting.claim_nothing, Pace(0.01, 0.1))

    async def has_looked() -> bool:
        return len(asked.at_s) >= 4

    async with looping(loop):
        await until(has_looked, 30)

    assert waiting.looks == []
    assert asked.at_s[3] - asked.at_s[0] >= 0.29


async def test_the_earliest_time_is_that_of_what_nobody_works_on(waiting: Waiting):
    now = clock.now().replace(microsecond=0)
    later = now + timedelta(seconds=3)
    await waiting.add("leased", now, lease_until=now + timedelta(seconds=5))
    await waiting.add("free", later)

    assert await earliest(waiting.collection, now, within_s=2.0) is None
    assert await earliest(waiting.collection, now, within_s=5.0) == later
    assert await earliest(waiting.collection, now + timedelta(seconds=6), within_s=0.0) == now
