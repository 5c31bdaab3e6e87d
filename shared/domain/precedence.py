"""Which events of a schedule count when: overrides before all else, then the highest level.

It goes from the first rank down, and asks a lower one only for the time in which nothing of a higher rank is on.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from operator import itemgetter
from typing import NamedTuple

from shared.domain.ready_schedule import ReadySchedule
from shared.domain.shift_events import MOMENT, Event

Stretch = tuple[datetime, datetime]
BY_START = itemgetter(0)


class Counting(NamedTuple):
    """A stretch of time in which an event counts, from `start` (inclusive) to `end` (exclusive)."""

    start: datetime
    end: datetime
    event: Event


def counting(schedule: ReadySchedule, start: datetime, end: datetime) -> list[Counting]:
    """Return when which event counts from `start` to `end`, by start and then in the order of the schedule.

    All that overlap count together. An event that names nobody counts too: it leaves a gap that was meant.
    """
    found: list[Counting] = []
    free: list[Stretch] = [(start, end)] if start < end else []
    for rank in schedule.ranks:
        if not free:
            break
        events = [one for source in rank for one in source.events(free[0][0], free[-1][1])]
        here = sorted(_within(events, free), key=BY_START)
        free = list(_left(free, here))
        found += here
    return sorted(found, key=BY_START)


def counting_at(schedule: ReadySchedule, at: datetime) -> list[Event]:
    """Return the events that count at a moment, in the order of the schedule."""
    for rank in schedule.ranks:
        found = [one for source in rank for one in source.events(at, at + MOMENT)]
        if found:
            return found
    return []


def _within(events: Iterable[Event], free: Sequence[Stretch]) -> Iterator[Counting]:
    """Yield what of the events lies in the free stretches, which are in order and do not touch each other."""
    ends = [one[1] for one in free]
    for event in events:
        for number in range(bisect_right(ends, event.start), len(free)):
            low, high = free[number]
            if low >= event.end:
                break
            yield Counting(max(low, event.start), min(high, event.end), event)


def _left(free: Iterable[Stretch], taken: Sequence[Counting]) -> Iterator[Stretch]:
    """Yield what is left of the free stretches; each of those taken, which are by start, lies within one of them."""
    number = 0
    for low, high in free:
        covered = low
        while number < len(taken) and taken[number].start < high:
            begin, end, _ = taken[number]
            if begin > covered:
                yield covered, begin
            covered = max(covered, end)
            number += 1
        if covered < high:
            yield covered, high
