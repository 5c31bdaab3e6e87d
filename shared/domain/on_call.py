"""Who is on call at a moment, who is next, and when that changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from shared.domain.configuration import ConfigSnapshot
from shared.domain.final_shifts import FinalShift, final_shifts
from shared.domain.model import Frozen
from shared.domain.precedence import counting_at
from shared.domain.ready_schedule import ReadySchedule, ready_schedule
from shared.domain.shift_events import Event
from shared.domain.standing_in import stand_in

FIRST_LOOK, FARTHEST_LOOK = timedelta(days=2), timedelta(days=366)


class OnCall(Frozen):
    """Who is on call; nobody only together with `failure`, a sentence that says why.

    `since` is when they begin, where that was looked for (`next_on_call`).
    """

    user_ids: tuple[str, ...] = ()
    failure: str | None = None
    since: datetime | None = None


def on_call_at(config: ConfigSnapshot, schedule_id: str, at: datetime) -> OnCall:
    """Return who is on call at a moment, past or future, in the order of the schedule's shifts."""
    schedule = ready_schedule(config, schedule_id)
    if schedule is None:
        return OnCall(failure="The schedule does not exist (any more).")
    events = counting_at(schedule, at)
    named = (stand_in(user_id, schedule.swaps, at)[0] for event in events for user_id in event.user_ids)
    user_ids = tuple(dict.fromkeys(one for one in named if one in config.user_by_id))
    return OnCall(user_ids=user_ids, failure=None if user_ids else _why_nobody(schedule, events))


def next_on_call(config: ConfigSnapshot, schedule_id: str, at: datetime) -> OnCall | None:
    """Return the next people, other than those of `at`, and since when they are; None: nobody within a year."""
    return _next(config, schedule_id, at, or_nobody=False)


def next_change(config: ConfigSnapshot, schedule_id: str, at: datetime) -> datetime | None:
    """Return when others, or nobody, will be on call next; None: not within a year."""
    found = _next(config, schedule_id, at, or_nobody=True)
    return found.since if found else None


def _next(config: ConfigSnapshot, schedule_id: str, at: datetime, *, or_nobody: bool) -> OnCall | None:
    if schedule_id not in config.schedule_by_id:
        return None
    present = set(on_call_at(config, schedule_id, at).user_ids)
    begin, length, last = at, FIRST_LOOK, at + FARTHEST_LOOK
    while begin < last:
        end = min(begin + length, last)
        for since, user_ids in _changes(final_shifts(config, schedule_id, begin, end), begin, end):
            if user_ids != present and (user_ids or or_nobody):
                return on_call_at(config, schedule_id, since).model_copy(update={"since": since})
        begin, length = end, length * 2
    return None


def _changes(
    shifts: Iterable[FinalShift], begin: datetime, end: datetime
) -> Iterator[tuple[datetime, set[str]]]:
    """Yield from when on who is on call, beginning with `begin`; what lasts to `end` does not end there."""
    steps: dict[datetime, list[tuple[str, int]]] = {begin: []}
    for one in shifts:
        steps.setdefault(one.start, []).append((one.user_id, 1))
        if one.end < end:
            steps.setdefault(one.end, []).append((one.user_id, -1))
    present: Counter[str] = Counter()
    for at in sorted(steps):
        for user_id, step in steps[at]:
            present[user_id] += step
        yield at, {one for one, times in present.items() if times}


def _why_nobody(schedule: ReadySchedule, events: Iterable[Event]) -> str:
    name = schedule.schedule.name
    empty = next((one.title or one.source_id for one in events), None)
    if empty is not None:
        return f"Nobody is on call in schedule {name}: {empty} is on, but no user of it is known here."
    return schedule.missing or f"Nobody is on call in schedule {name} at this time."
