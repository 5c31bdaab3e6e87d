"""A live feed: whatever is begun and ended in whatever moment, what is open in the end is what is wanted."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from shared.bus.feed import Close, Feed, Take
from shared.errors import Unavailable

KEYS = ("group.#",)


class Connection:
    """A connection on which opening waits until it is let."""

    def __init__(self, *, slow: bool = False, broken: bool = False) -> None:
        self.open_now: list[Sequence[str]] = []
        self.asked = asyncio.Event()
        self.may_open = asyncio.Event()
        self._broken = broken
        if not slow:
            self.may_open.set()

    async def open(self, keys: Sequence[str], _: Take) -> Close:
        self.asked.set()
        await self.may_open.wait()
        if self._broken:
            raise Unavailable("broker: away")
        self.open_now.append(keys)

        async def close() -> None:
            self.open_now.remove(keys)

        return close


def take(_: bytes) -> None:
    pass


async def test_what_is_begun_before_there_is_a_connection_is_opened_with_it():
    feed, connection = Feed(), Connection()
    await feed.begin(KEYS, take)

    await feed.connected(connection.open)

    assert connection.open_now == [KEYS]


async def test_what_is_begun_as_soon_as_the_connection_is_told_is_opened_at_once():
    feed, connection = Feed(), Connection()
    await feed.connected(connection.open)

    await feed.begin(KEYS, take)
    assert connection.open_now == [KEYS]

    await feed.end()
    assert connection.open_now == []


async def test_what_is_ended_while_it_is_being_opened_is_closed():
    feed, connection = Feed(), Connection(slow=True)
    await feed.connected(connection.open)
    beginning = asyncio.create_task(feed.begin(KEYS, take))
    await connection.asked.wait()
    ending = asyncio.create_task(feed.end())
    connection.may_open.set()

    await asyncio.gather(beginning, ending)

    assert connection.open_now == []


async def test_two_who_begin_at_once_open_it_once():
    feed, connection = Feed(), Connection(slow=True)
    connecting = asyncio.create_task(feed.connected(connection.open))
    beginning = asyncio.create_task(feed.begin(KEYS, take))
    await connection.asked.wait()
    connection.may_open.set()

    await asyncio.gather(connecting, beginning)

    assert connection.open_now == [KEYS]


async def test_it_comes_back_with_the_next_connection_also_when_it_was_lost_while_opening():
    feed, first, second = Feed(), Connection(slow=True), Connection()
    await feed.connected(first.open)
    beginning = asyncio.create_task(feed.begin(KEYS, take))
    await first.asked.wait()
    feed.lost()
    reconnecting = asyncio.create_task(feed.connected(second.open))
    first.may_open.set()
    await asyncio.gather(beginning, reconnecting)
    assert second.open_now == [KEYS]

    feed.lost()
    third = Connection()
    await feed.connected(third.open)
    assert third.open_now == [KEYS]


async def test_a_broker_that_goes_away_is_told_and_the_wish_stays():
    feed, first, second = Feed(), Connection(broken=True), Connection()
    await feed.connected(first.open)
    with pytest.raises(Unavailable):
        await feed.begin(KEYS, take)

    await feed.connected(second.open)

    assert second.open_now == [KEYS]
