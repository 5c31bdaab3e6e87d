"""Finds, among many stretches of days, those that may touch another: what need not be read is not even looked at."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from datetime import date
from itertools import accumulate

# What lasts longer is looked at each time: one such stretch would make the index of all others useless.
LONG_DAYS = 400
FOREVER = date.max.toordinal()
# Local time against UTC, and what a clock change adds to it, is less than a day; the other day is for the index.
SLACK_DAYS = 2


# A first and a last day as ordinals (`date.toordinal`), both included.
Days = tuple[int, int]


class DayIndex:
    """The stretches given, numbered from 0 in their order; made once, asked often."""

    def __init__(self, stretches: Iterable[Days]) -> None:
        numbered = [(first, last, number) for number, (first, last) in enumerate(stretches)]
        self._long = [one for one in numbered if one[1] - one[0] > LONG_DAYS]
        self._short = sorted(one for one in numbered if one[1] - one[0] <= LONG_DAYS)
        self._firsts = [one[0] for one in self._short]
        self._latest_ends = list(accumulate((one[1] for one in self._short), max))

    def touching(self, first: int, last: int) -> list[int]:
        """Return the numbers of those that touch the days from `first` to `last`, both included, in order."""
        begin, end = bisect_left(self._latest_ends, first), bisect_right(self._firsts, last)
        found = [number for low, high, number in self._long if low <= last and first <= high]
        found += [number for _, high, number in self._short[begin:end] if first <= high]
        found.sort()
        return found
