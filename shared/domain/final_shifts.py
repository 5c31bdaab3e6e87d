"""The final shifts of a schedule: who is on call from when to when, after levels, overrides and swaps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple

from shared.domain.configuration import ConfigSnapshot
from shared.domain.precedence import Counting, counting
from shared.domain.ready_schedule import ready_schedule
from shared.domain.schedules import Swap
from shared.domain.standing_in import places


class FinalShift(NamedTuple):
    """One person's time on call without a break, from `start` (inclusive) to `end` (exclusive), in UTC.

    It is a piece of one event of the shift `shift_id` (of an external calendar: the event's uid), which began at
    `event_start`, and of one swap: two swaps that follow on each other make two pieces. `level` is the event's,
    `swapped_with` the user whose place was taken by the swap `swap_id`.
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


def final_shifts(
    config: ConfigSnapshot, schedule_id: str, start: datetime, end: datetime
) -> list[FinalShift]:
    """Return who is on call from `start` to `end`, cut at both, by start and then in the order of the schedule.

    Users who no longer exist are left out. An unknown schedule has no shifts.
    """
    schedule = ready_schedule(config, schedule_id)
    if schedule is None:
        return []
    swaps = [one for one in schedule.swaps if one.swap_start < end and start < one.swap_end]
    made = [one for part in counting(schedule, start, end) for one in _shifts(part, swaps)]
    found = [one for one in made if one.user_id in config.user_by_id]
    # Pieces that a swap cuts off begin later than what follows their event.
    return sorted(found, key=attrgetter("start")) if swaps else found


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


def _shifts(part: Counting, swaps: Sequence[Swap]) -> Iterator[FinalShift]:
    """Yield what becomes of one event in the time in which it counts, one person of it after the other."""
    start, end, (event_start, _, user_ids, level, source_id, is_override, title) = part
    within = [one for one in swaps if one.swap_start < end and start < one.swap_end] if swaps else ()
    for user_id in user_ids:
        # Without a swap that this very user asked for nobody takes his place.
        if not within or all(one.beneficiary_id != user_id for one in within):
            yield FinalShift(user_id, start, end, source_id, event_start, is_override, level, title)
            continue
        for begin, until, on_call, swap in places(user_id, within, start, end):
            yield FinalShift(
                user_id=on_call,
                start=begin,
                end=until,
                shift_id=source_id,
                event_start=event_start,
                is_override=is_override,
                level=level,
                title=title,
                swap_id=swap.id if swap else None,
                swapped_with=user_id if swap else None,
            )
