"""Finds, among many things that each lie within a stretch of time, those that may touch another stretch."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Generic, Protocol, TypeVar

# What lasts longer is looked at each time: one such thing would make the index of all others useless.
LONG = timedelta(days=400)


class Bounded(Protocol):
    """Something that lies within `bounds`: from the first (inclusive) to the second (exclusive)."""

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """Return both ends."""


T = TypeVar("T", bound=Bounded)


class TimeIndex(Generic[T]):
    """The things given, in their order; made once, asked often."""

    def __init__(self, things: Iterable[T]) -> None:
        self.things = tuple(things)
        numbered = list(enumerate(self.things))
        short = sorted(
            (one for one in numbered if one[1].bounds[1] - one[1].bounds[0] <= LONG),
            key=lambda one: one[1].bounds[0],
        )
        self._long = [one for one in numbered if one[1].bounds[1] - one[1].bounds[0] > LONG]
        self._short = short
        self._starts = [one.bounds[0] for _, one in short]
        self._latest_ends = list(accumulate((one.bounds[1] for _, one in short), max))

    def touching(self, after: datetime, before: datetime) -> list[T]:
        """Return those that touch the time from `after` to before `before`, in the order in which they were given."""
        begin, end = bisect_right(self._latest_ends, after), bisect_left(self._starts, before)
        found = [
            (number, one)
            for number, one in (*self._long, *self._short[begin:end])
            if one.bounds[0] < before and after < one.bounds[1]
        ]
        return [one for _, one in sorted(found, key=lambda one: one[0])]
