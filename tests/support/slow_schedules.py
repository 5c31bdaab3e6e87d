"""Who is on call, found the slow and obvious way: every event from the very beginning, looked at one by one.

It shares no arithmetic with the product: periods are walked, clocks are read minute by minute.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from shared.domain.configuration import ConfigSnapshot
from shared.domain.schedules import WEEKDAYS, Shift

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


class SlowEvent(NamedTuple):
    start: datetime
    end: datetime
    shift: Shift
    users: tuple[str, ...]


def slow_on_call(config: ConfigSnapshot, at: datetime, last: datetime) -> set[str]:
    """Return who is on call in schedule S at a moment; `last` is as far as events are followed."""
    on = [one for one in all_events(config, last) if one.start <= at < one.end]
    counting = [one for one in on if one.shift.type == "override"]
    if not counting:
        highest = max((one.shift.level for one in on), default=0)
        counting = [one for one in on if one.shift.level == highest]
    users = [user for one in counting for user in one.users]
    for swap in sorted(config.swaps, key=lambda one: (one.created_at, one.id)):
        if swap.benefactor_id and swap.swap_start <= at < swap.swap_end:
            users = [swap.benefactor_id if user == swap.beneficiary_id else user for user in users]
    return {user for user in users if user in config.user_by_id}


def all_events(config: ConfigSnapshot, last: datetime) -> list[SlowEvent]:
    """Return all events of schedule S that begin before `last`."""
    zone = config.schedules[0].time_zone
    return [one for shift in config.shifts for one in shift_events(shift, zone, last)]


@lru_cache(maxsize=64)
def shift_events(shift: Shift, schedule_zone: str, last: datetime) -> list[SlowEvent]:
    """Return all events of one shift that begin before `last`, within the time of this version of it."""
    low, high = shift.effective_from, shift.ended_at
    found = [
        one._replace(start=max(one.start, low or one.start), end=min(one.end, high or one.end))
        for one in whole_events(shift, schedule_zone, last)
    ]
    return [one for one in found if one.start < one.end]


def whole_events(shift: Shift, schedule_zone: str, last: datetime) -> list[SlowEvent]:
    """Return all events of one shift that begin before `last`, as if it had never been edited."""
    zone = ZoneInfo(shift.time_zone or schedule_zone)
    start, length = datetime.fromisoformat(shift.start), timedelta(seconds=shift.duration)
    if shift.type in ("single_event", "override"):
        return [SlowEvent(moment(start, zone), moment(start + length, zone), shift, everybody(shift))]
    hourly = shift.frequency == "hourly"
    found = list(hourly_starts(shift, zone, last) if hourly else local_starts(shift, zone, last))
    in_effect = moment(datetime.fromisoformat(shift.rotation_start or shift.start), zone)
    if hourly:
        kept = [(turn, at, at) for turn, at in found if at >= in_effect]
    else:
        local_effect = datetime.fromisoformat(shift.rotation_start or shift.start)
        kept = [(turn, at, moment(at, zone)) for turn, at in found if at >= local_effect]
    if not kept:
        return []
    events = []
    by_days = shift.type == "rolling_users" and shift.frequency == "daily" and shift.by_day
    for turn, at, begin in kept:
        index = listed_days(shift, kept[0][1], at) // (shift.interval or 1) if by_days else turn - kept[0][0]
        end = begin + length if hourly else moment(at + length, zone)
        if shift.until is None or is_not_after(at, shift.until, zone, hourly):
            events.append(SlowEvent(begin, end, shift, users_of(shift, index)))
    return events


def listed_days(shift: Shift, first: datetime, at: datetime) -> int:
    """Return how many days of `by_day` lie from the first event's day to before another's."""
    days = (first + number * DAY for number in range((at.date() - first.date()).days))
    return sum(WEEKDAYS[one.weekday()] in shift.by_day for one in days)


def is_not_after(at: datetime, until: str, zone: tzinfo, hourly: bool) -> bool:
    last = datetime.fromisoformat(until)
    return at <= (moment(last, zone) if hourly else last)


def everybody(shift: Shift) -> tuple[str, ...]:
    """Return the users of what happens once; an override may be written as a list of lists."""
    if shift.type == "override" and not shift.users:
        return tuple(one for turn in shift.rolling_users for one in turn)
    return shift.users


def users_of(shift: Shift, turn: int) -> tuple[str, ...]:
    if shift.type == "recurrent_event":
        return shift.users
    return shift.rolling_users[
        ((shift.start_rotation_from_user_index or 0) + turn) % len(shift.rolling_users)
    ]


def hourly_starts(shift: Shift, zone: tzinfo, last: datetime) -> Iterator[tuple[int, datetime]]:
    at, turn = moment(datetime.fromisoformat(shift.start), zone), 0
    while at < last:
        if is_listed(shift, at.astimezone(zone).date()):
            yield turn, at
        at, turn = at + HOUR * (shift.interval or 1), turn + 1


def local_starts(shift: Shift, zone: tzinfo, last: datetime) -> Iterator[tuple[int, datetime]]:
    """Walk period after period, and in each day after day; the number of the period is the turn."""
    start = datetime.fromisoformat(shift.start)
    by_days = shift.type == "rolling_users" and shift.frequency == "daily" and bool(shift.by_day)
    period, turn = first_period(shift, start.date()), 0
    end = (last + 2 * DAY).date()
    while period <= end:
        following = next_period(shift, period)
        day = period
        while day < following:
            if day >= start.date() and is_meant(shift, day, start.date()):
                yield turn, datetime.combine(day, start.time())
            day += DAY
        for _ in range(1 if by_days else shift.interval or 1):
            period = next_period(shift, period)
        turn += 1


def first_period(shift: Shift, day: date) -> date:
    if shift.frequency == "monthly":
        return day.replace(day=1)
    if shift.frequency == "weekly":
        while WEEKDAYS[day.weekday()] != (shift.week_start or "SU"):
            day -= DAY
    return day


def next_period(shift: Shift, period: date) -> date:
    if shift.frequency == "monthly":
        return (period + 32 * DAY).replace(day=1)
    return period + (7 * DAY if shift.frequency == "weekly" else DAY)


def is_meant(shift: Shift, day: date, first: date) -> bool:
    if shift.frequency == "weekly" and not shift.by_day and day.weekday() != first.weekday():
        return False
    if shift.frequency == "monthly" and not shift.by_day and not shift.by_monthday and day.day != first.day:
        return False
    return is_listed(shift, day)


def is_listed(shift: Shift, day: date) -> bool:
    days_in_month = (next_month(day) - day.replace(day=1)).days
    if shift.by_day and WEEKDAYS[day.weekday()] not in shift.by_day:
        return False
    if shift.by_month and day.month not in shift.by_month:
        return False
    monthdays = [one if one > 0 else days_in_month + 1 + one for one in shift.by_monthday]
    return not monthdays or day.day in monthdays


def next_month(day: date) -> date:
    return (day.replace(day=1) + 32 * DAY).replace(day=1)


@lru_cache(maxsize=100_000)
def moment(local: datetime, zone: tzinfo) -> datetime:
    """Return the first moment at which the clock shows `local` or a later time, looked for minute by minute."""
    at = local.replace(tzinfo=UTC) - 27 * HOUR
    # Hour by hour as long as the clock is far behind, which no clock change of these zones can bridge.
    while local - clock(at, zone) > 3 * HOUR:
        at += HOUR
    while clock(at, zone) < local:
        at += MINUTE
    return at


def clock(at: datetime, zone: tzinfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None, fold=0)
