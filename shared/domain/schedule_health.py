"""How good a schedule is: hours that nobody covers, shifts without people, and how evenly the work is shared."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from shared.domain.configuration import ConfigSnapshot
from shared.domain.final_shifts import FinalShift, final_shifts
from shared.domain.model import Frozen
from shared.domain.precedence import counting
from shared.domain.ready_schedule import ready_schedule

CHECK_AHEAD, RATED = timedelta(days=30), timedelta(weeks=52)
# Who has up to a tenth more than the average is not called overloaded.
TOLERANCE_PERCENT = 10


class Gap(Frozen):
    """A stretch of time in which nobody is on call, in UTC."""

    start: datetime
    end: datetime


class EmptyShift(Frozen):
    """An event that is on without anybody known here; it leaves a gap although it has a time."""

    start: datetime
    end: datetime
    shift_id: str
    title: str = ""


class Overloaded(Frozen):
    """A user who is on call more than the average of those in the schedule, and by how many percent."""

    user_id: str
    percent: int


class Quality(Frozen):
    """The score of a schedule, from 0 to 100: the mean of `coverage` and `balance`, both in percent.

    coverage: the share of time in which somebody is on call. balance: how close the users' times are to each other;
    100 where all have the same, and where there is one. `comments` are sentences about what would raise the score.
    """

    score: int
    coverage: int
    balance: int
    comments: tuple[str, ...] = ()
    overloaded: tuple[Overloaded, ...] = ()


def gaps(config: ConfigSnapshot, schedule_id: str, start: datetime, end: datetime | None = None) -> list[Gap]:
    """Return when nobody is on call, for 30 days unless `end` is given; one gap where two touch."""
    end = end or start + CHECK_AHEAD
    return _gaps(final_shifts(config, schedule_id, start, end), start, end)


def empty_shifts(
    config: ConfigSnapshot, schedule_id: str, start: datetime, end: datetime | None = None
) -> list[EmptyShift]:
    """Return the events without a known user that would count if they had one, for 30 days unless `end` is given."""
    end = end or start + CHECK_AHEAD
    schedule = ready_schedule(config, schedule_id)
    if schedule is None:
        return []
    found: dict[tuple[str, datetime], EmptyShift] = {}
    for begin, until, event in counting(schedule, start, end):
        if not any(one in config.user_by_id for one in event.user_ids):
            key = (event.source_id, event.start)
            since = found[key].start if key in found else begin
            found[key] = EmptyShift(start=since, end=until, shift_id=event.source_id, title=event.title)
    return list(found.values())


def quality(config: ConfigSnapshot, schedule_id: str, start: datetime) -> Quality:
    """Return the score of the 52 weeks from `start` on; a schedule without anybody has 0."""
    end = start + RATED
    shifts = final_shifts(config, schedule_id, start, end)
    uncovered = sum((one.end - one.start for one in _gaps(shifts, start, end)), timedelta())
    coverage = 100 - uncovered * 100 / RATED
    times = _times(shifts)
    balance = _balance(list(times.values()))
    overloaded = _overloaded(times)
    return Quality(
        score=round((coverage + balance) / 2),
        coverage=round(coverage),
        balance=round(balance),
        comments=tuple(_comments(config, uncovered, overloaded, bool(times))),
        overloaded=tuple(overloaded),
    )


def _gaps(shifts: Iterable[FinalShift], start: datetime, end: datetime) -> list[Gap]:
    found: list[Gap] = []
    covered = start
    for shift in shifts:
        if shift.start > covered:
            found.append(Gap(start=covered, end=shift.start))
        covered = max(covered, shift.end)
    if covered < end:
        found.append(Gap(start=covered, end=end))
    return found


def _times(shifts: Iterable[FinalShift]) -> dict[str, timedelta]:
    """Return how long each user is on call, a time that he has twice counted once."""
    times: dict[str, timedelta] = {}
    until: dict[str, datetime] = {}
    for one in shifts:
        begin = max(one.start, until.get(one.user_id, one.start))
        times[one.user_id] = times.get(one.user_id, timedelta()) + max(one.end - begin, timedelta())
        until[one.user_id] = max(one.end, begin)
    return times


def _balance(times: list[timedelta]) -> float:
    """Return the mean over all pairs of users of the lesser time in percent of the greater."""
    if not times:
        return 0.0
    ordered = sorted(times)
    pairs = [
        one / other for number, other in enumerate(ordered) for one in ordered[:number] if other > timedelta()
    ]
    return sum(pairs) * 100 / len(pairs) if pairs else 100.0


def _overloaded(times: dict[str, timedelta]) -> list[Overloaded]:
    if len(times) < 2:
        return []
    average = sum(times.values(), timedelta()) / len(times)
    over = [Overloaded(user_id=id, percent=round(one * 100 / average) - 100) for id, one in times.items()]
    return sorted((one for one in over if one.percent > TOLERANCE_PERCENT), key=lambda one: -one.percent)


def _comments(
    config: ConfigSnapshot, uncovered: timedelta, overloaded: Iterable[Overloaded], has_people: bool
) -> Iterable[str]:
    if not has_people:
        yield "Nobody is ever on call in this schedule."
        return
    if uncovered:
        hours = uncovered / timedelta(hours=1)
        yield f"Nobody is on call for {hours:,.0f} hours of the next 52 weeks."
    for one in overloaded:
        name = config.user_by_id[one.user_id].username
        yield f"{name} is on call {one.percent} % more than the average."
    if not uncovered and not overloaded:
        yield "Every hour is covered, and evenly shared."
