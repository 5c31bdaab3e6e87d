"""Group commit for whoever asks: what is asked for while an answer is awaited goes along together, next time.

There is no timer: a lone item is done at once.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

from shared.errors import Transient

MOST_AT_ONCE = 32

Item = TypeVar("Item")
Result = TypeVar("Result")


class _Waiting(NamedTuple, Generic[Item, Result]):
    item: Item
    done: asyncio.Future[Result]


class Gathering(Generic[Item, Result]):
    """Does items together, one group of them at a time; `do(items)` returns one result per item, in order.

    `do` must bear to be asked again: when an item breaks it, each is tried alone, so that the others go on.
    """

    def __init__(
        self, do: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]], most: int = MOST_AT_ONCE
    ) -> None:
        self._do = do
        self._most = most
        self._waiting: deque[_Waiting[Item, Result]] = deque()
        self._working: asyncio.Task[None] | None = None

    async def add(self, item: Item) -> Result:
        """Have the item done with its neighbours and return its result.

        Raises:
            Unavailable: as `do` raised it; everybody who went along hears it.
        """
        one = _Waiting[Item, Result](item, asyncio.get_running_loop().create_future())
        self._waiting.append(one)
        if self._working is None:
            self._working = asyncio.create_task(self._work(), name="gathering")
        return await one.done

    async def _work(self) -> None:
        try:
            while self._waiting:
                count = min(len(self._waiting), self._most)
                await self._settle([self._waiting.popleft() for _ in range(count)])
        finally:
            self._working = None

    async def _settle(self, some: Sequence[_Waiting[Item, Result]]) -> None:
        doing = asyncio.ensure_future(self._do([one.item for one in some]))
        await asyncio.wait({doing})
        error = doing.exception()
        if error is None:
            for one, result in zip(some, doing.result(), strict=True):
                if not one.done.done():
                    one.done.set_result(result)
        elif len(some) == 1 or isinstance(error, Transient):
            for one in some:
                if not one.done.done():
                    one.done.set_exception(error)
        else:
            for one in some:
                await self._settle([one])
