"""Who is on call at a moment, who is next, and when that changes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from shared.domain.configuration import ConfigSnapshot
from shared.domain.final_shifts import segments
from shared.domain.model import Frozen
from shared.domain.ready_schedule import ReadySchedule, ready_schedule, stand_in, winners
from shared.domain.shift_events import MOMENT, Event

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
    events = winners(schedule.events(at, at + MOMENT))
    user_ids = _users(config, schedule, events, at)
    return OnCall(user_ids=user_ids, failure=None if user_ids else _why_nobody(schedule, events))


def next_on_call(config: ConfigSnapshot, schedule_id: str, at: datetime) -> OnCall | None:
    """Return the next people, other than those of `at`, and since when they are; None: nobody within a year."""
    return _next(config, schedule_id, at, or_nobody=False)


def next_change(config: ConfigSnapshot, schedule_id: str, at: datetime) -> datetime | None:
    """Return when others, or nobody, will be on call next; None: not within a year."""
    found = _next(config, schedule_id, at, or_nobody=True)
    return found.since if found else None


def _next(config: ConfigSnapshot, schedule_id: str, at: datetime, *, or_nobody: bool) -> OnCall | None:
    schedule = ready_schedule(config, schedule_id)
    if schedule is None:
        return None
    present = set(on_call_at(config, schedule_id, at).user_ids)
    begin, length, last = at, FIRST_LOOK, at + FARTHEST_LOOK
    while begin < last:
        end = min(begin + length, last)
        for segment in segments(schedule, begin, end):
            user_ids = _users(config, schedule, segment.events, segment.start)
            if set(user_ids) != present and (user_ids or or_nobody):
                failure = None if user_ids else _why_nobody(schedule, segment.events)
                return OnCall(user_ids=user_ids, failure=failure, since=segment.start)
        begin, length = end, length * 2
    return None


def _users(
    config: ConfigSnapshot, schedule: ReadySchedule, events: Iterable[Event], at: datetime
) -> tuple[str, ...]:
    found = (stand_in(user_id, schedule.swaps, at)[0] for event in events for user_id in event.user_ids)
    return tuple(dict.fromkeys(one for one in found if one in config.user_by_id))


def _why_nobody(schedule: ReadySchedule, events: Iterable[Event]) -> str:
    name = schedule.schedule.name
    empty = next((one.title or one.source_id for one in events), None)
    if empty is not None:
        return f"Nobody is on call in schedule {name}: {empty} is on, but no user of it is known here."
    return schedule.missing or f"Nobody is on call in schedule {name} at this time."
