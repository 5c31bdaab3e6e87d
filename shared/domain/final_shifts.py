"""The final shifts of a schedule: who is on call from when to when, after levels, overrides and swaps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from heapq import heappop, heappush
from itertools import pairwise
from typing import NamedTuple

from shared.domain.configuration import ConfigSnapshot
from shared.domain.model import Frozen
from shared.domain.ready_schedule import ReadySchedule, ready_schedule, stand_in, winners
from shared.domain.schedules import Swap
from shared.domain.shift_events import Event


class FinalShift(Frozen):
    """One person's time on call without a break, from `start` (inclusive) to `end` (exclusive), in UTC.

    It is a piece of one event of the shift `shift_id` (of an external calendar: the event's uid), which began at
    `event_start`. `level` is the event's, `swapped_with` the user whose place was taken by the swap `swap_id`.
    """

    user_id: str
    start: datetime
    end: datetime
    shift_id: str
    event_start: datetime
    is_override: bool = False
    level: int = 0
    title: str = ""
    swap_id: str | None = None
    swapped_with: str | None = None


class Piece(NamedTuple):
    """What will be a final shift once its end is known: `on_call` is in the place of `user_id`, by `swap`."""

    start: datetime
    event: Event
    user_id: str
    on_call: str
    swap: Swap | None


class Segment(NamedTuple):
    """A stretch of time in which nothing changes; `events` are those that count, none in a gap."""

    start: datetime
    end: datetime
    events: tuple[Event, ...]


def final_shifts(
    config: ConfigSnapshot, schedule_id: str, start: datetime, end: datetime
) -> list[FinalShift]:
    """Return who is on call from `start` to `end`, cut at both, by start and then in the order of the schedule.

    Users who no longer exist are left out. An unknown schedule has no shifts.
    """
    schedule = ready_schedule(config, schedule_id)
    if schedule is None:
        return []
    made: list[FinalShift] = []
    running: dict[tuple[int, str], Piece] = {}
    for segment in segments(schedule, start, end):
        now_on: dict[tuple[int, str], Piece] = {}
        for key, piece in _pieces(config, schedule, segment):
            before = running.get(key)
            # The same person in the same event, and by the same swap: one piece.
            now_on[key] = before if before is not None and before[1:] == piece[1:] else piece
        made += [_shift(one, segment.start) for key, one in running.items() if now_on.get(key) is not one]
        running = now_on
    made += [_shift(one, end) for one in running.values()]
    return sorted(made, key=lambda one: one.start)


def shifts_of_user(
    config: ConfigSnapshot, user_id: str, start: datetime, end: datetime
) -> list[tuple[str, FinalShift]]:
    """Return a user's own final shifts in all schedules, each with the schedule's id, by start."""
    found = [
        (schedule.id, one)
        for schedule in config.schedules
        for one in final_shifts(config, schedule.id, start, end)
        if one.user_id == user_id
    ]
    return sorted(found, key=lambda one: (one[1].start, one[0]))


def segments(schedule: ReadySchedule, start: datetime, end: datetime) -> Iterator[Segment]:
    """Yield the time from `start` to `end` cut at every border of an event or a swap, without holes."""
    found = schedule.events(start, end)
    order = {id(one): number for number, one in enumerate(found)}
    waiting = sorted(found, key=lambda one: one.start)
    borders = (
        {max(one.start, start) for one in waiting} | {min(one.end, end) for one in waiting} | {start, end}
    )
    for swap in schedule.swaps:
        borders |= {one for one in (swap.swap_start, swap.swap_end) if start < one < end}
    ordered = sorted(borders)
    current: list[Event] = []
    ends: list[datetime] = []
    position = 0
    for at, until in pairwise(ordered):
        is_longer = False
        while position < len(waiting) and waiting[position].start <= at:
            current.append(waiting[position])
            heappush(ends, waiting[position].end)
            position += 1
            is_longer = True
        if is_longer:
            current.sort(key=lambda one: order[id(one)])  # whoever is asked first stays so
        if ends and ends[0] <= at:
            while ends and ends[0] <= at:
                heappop(ends)
            current = [one for one in current if one.end > at]
        yield Segment(at, until, tuple(winners(current)))


def _pieces(
    config: ConfigSnapshot, schedule: ReadySchedule, segment: Segment
) -> Iterator[tuple[tuple[int, str], Piece]]:
    swaps = [one for one in schedule.swaps if one.swap_start <= segment.start < one.swap_end]
    for event in segment.events:
        for user_id in event.user_ids:
            on_call, swap = stand_in(user_id, swaps, segment.start) if swaps else (user_id, None)
            if on_call in config.user_by_id:
                yield (id(event), user_id), Piece(segment.start, event, user_id, on_call, swap)


def _shift(piece: Piece, end: datetime) -> FinalShift:
    event, swap = piece.event, piece.swap
    return FinalShift(
        user_id=piece.on_call,
        start=piece.start,
        end=end,
        shift_id=event.source_id,
        event_start=event.start,
        is_override=event.is_override,
        level=event.level,
        title=event.title,
        swap_id=swap.id if swap else None,
        swapped_with=piece.user_id if swap else None,
    )
