"""The words of notices about schedules: who is on call now and next, who is about to be, who asks for a swap."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from shared.domain.configuration import ConfigSnapshot, User
from shared.domain.on_call import next_on_call, on_call_at
from shared.domain.schedules import Schedule, Swap
from shared.domain.wall_time import wall, zone_of

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
EVERYBODY = "!channel"


class Said(NamedTuple):
    """One notice; `reason` tells the timeline why it was sent.

    `mentions` are ids of people in Slack who are called by it, or the word for everybody in the channel.
    """

    title: str
    text: str
    reason: str
    mentions: tuple[str, ...] = ()


def change_of_shift(
    config: ConfigSnapshot, schedule: Schedule, before: Iterable[str], now_on: Iterable[str], now: datetime
) -> Said:
    """Return what the schedule's channel is told of a change."""
    now_on = tuple(now_on)
    if not now_on:
        return _nobody(config, schedule, before, now)
    lines = [f"On call now in {schedule.name}: {_names(config, now_on)}."]
    mentions = _slack_ids(config, now_on) if schedule.mention_oncall_start else ()
    coming = next_on_call(config, schedule.id, now)
    if coming is not None and coming.since is not None:
        lines.append(f"Next: {_names(config, coming.user_ids)}, from {_local(coming.since, schedule)}.")
        mentions += _slack_ids(config, coming.user_ids) if schedule.mention_oncall_next else ()
    mentions = tuple(dict.fromkeys(mentions))
    return Said(f"{schedule.name}: change of shift", "\n".join(lines), "the people on call changed", mentions)


def reminder(schedule: Schedule, user: User, start: datetime, now: datetime) -> Said:
    """Return what a person is told before going on call, in the person's own time zone."""
    when = wall(start, zone_of(user.timezone))
    text = f"You go on call in {schedule.name} in {length(start - now)}, at {when:%Y-%m-%d %H:%M} ({user.timezone})."
    return Said(f"You go on call in {length(start - now)}", text, "the user asked to be reminded")


def swap_asked(config: ConfigSnapshot, schedule: Schedule, swap: Swap) -> Said:
    """Return what the channel is told of a new request."""
    text = f"{_who(config, swap.beneficiary_id)} asks for somebody to take {_span(schedule, swap)}."
    return Said(f"{schedule.name}: swap asked for", _with_words(text, swap), "a swap was asked for")


def swap_still_open(config: ConfigSnapshot, schedule: Schedule, swap: Swap, now: datetime) -> Said:
    """Return what the channel is told of a request that nobody has taken."""
    left = length(swap.swap_start - now)
    text = f"Nobody has taken the shift of {_who(config, swap.beneficiary_id)} yet: {_span(schedule, swap)}, in {left}."
    return Said(f"{schedule.name}: swap still open", _with_words(text, swap), "a swap is still open")


def swap_taken(config: ConfigSnapshot, schedule: Schedule, swap: Swap) -> Said:
    """Return what the channel is told of a request that somebody took."""
    who = _who(config, swap.benefactor_id or "")
    text = f"{who} stands in for {_who(config, swap.beneficiary_id)}: {_span(schedule, swap)}."
    return Said(f"{schedule.name}: swap taken", text, "a swap was taken")


def length(time: timedelta) -> str:
    """Return a length of time in words: minutes below an hour and a half, then hours, then days."""
    if time < 1.5 * HOUR:
        number, unit = max(round(time / MINUTE), 1), "minute"
    elif time < 36 * HOUR:
        number, unit = round(time / HOUR), "hour"
    else:
        number, unit = round(time / (24 * HOUR)), "day"
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def _nobody(config: ConfigSnapshot, schedule: Schedule, before: Iterable[str], now: datetime) -> Said:
    calls = {"all": (EVERYBODY,), "previous": _slack_ids(config, before), "no_one": ()}
    why = on_call_at(config, schedule.id, now).failure or "Nobody is on call."
    title = f"{schedule.name}: nobody is on call"
    return Said(title, why, "nobody is on call", calls[schedule.notify_empty_oncall])


def _names(config: ConfigSnapshot, user_ids: Iterable[str]) -> str:
    return ", ".join(_who(config, one) for one in user_ids)


def _who(config: ConfigSnapshot, user_id: str) -> str:
    user = config.user_by_id.get(user_id)
    return "somebody who was deleted" if user is None else user.name or user.username


def _slack_ids(config: ConfigSnapshot, user_ids: Iterable[str]) -> tuple[str, ...]:
    users = (config.user_by_id.get(one) for one in user_ids)
    points = [user.contact("slack") for user in users if user is not None]
    return tuple(one.address for one in points if one is not None)


def _span(schedule: Schedule, swap: Swap) -> str:
    return f"{_local(swap.swap_start, schedule)} to {_local(swap.swap_end, schedule)}"


def _local(at: datetime, schedule: Schedule) -> str:
    return f"{wall(at, zone_of(schedule.time_zone)):%Y-%m-%d %H:%M} ({schedule.time_zone})"


def _with_words(text: str, swap: Swap) -> str:
    return f"{text}\n{swap.description}" if swap.description else text
