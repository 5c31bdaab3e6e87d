"""Whom a user group of Slack shall have: everybody who is on call in a schedule that names it.

A group is never emptied: while nobody is on call, or it is not known who is, it stays as it was.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from shared.domain.configuration import ConfigSnapshot
from shared.domain.model import Frozen
from shared.domain.on_call import next_change, on_call_at
from shared.domain.people import UserGroup
from shared.domain.ready_schedule import ready_schedule
from shared.domain.schedule_watch import fingerprint
from shared.domain.schedules import Schedule

LOOK_AGAIN = timedelta(hours=12)


class Wanted(Frozen):
    """What becomes of a user group now: `slack_ids` are all its members, None leaves it as it is.

    `problems` are sentences about what keeps it from being right; `until`: when this may change by itself.
    """

    slack_ids: tuple[str, ...] | None = None
    problems: tuple[str, ...] = ()
    until: datetime


def fingerprints(config: ConfigSnapshot) -> Mapping[str, str]:
    """Return the ids of the groups that schedules name, each with what changes when its members may change."""
    people = _slack_ids(config)
    found = {}
    for group_id, schedules in _schedules_of(config).items():
        row = config.user_group_by_id.get(group_id)
        parts = [people, row.model_dump_json() if row is not None else ""]
        parts += [fingerprint(config, one) for one in schedules]
        found[group_id] = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
    return found


def wanted_at(config: ConfigSnapshot, user_group_id: str, now: datetime) -> Wanted:
    """Return whom a user group shall have at a moment."""
    schedules = _schedules_of(config).get(user_group_id, [])
    changes = (next_change(config, one.id, now) for one in schedules)
    until = min((one for one in changes if one is not None), default=now + LOOK_AGAIN)
    until = min(until, now + LOOK_AGAIN)
    row = config.user_group_by_id.get(user_group_id)
    if row is None:
        why = f"Slack's list has no user group {user_group_id}, which {_names(schedules)} keeps: was it disabled?"
        return Wanted(problems=(why,), until=until)
    unknown = [one for one in schedules if not _is_known(config, one)]
    if unknown:
        why = f"{_names(unknown)}: its calendar was never read, so it is not known who is on call; the group stays"
        return Wanted(problems=(why,), until=until)
    ids, problems = _members(config, schedules, now)
    is_right = not ids or set(ids) == set(row.slack_user_ids)
    return Wanted(slack_ids=None if is_right else ids, problems=problems, until=until)


def where(config: ConfigSnapshot, user_group_id: str) -> str:
    """Return a user group as people know it."""
    row = config.user_group_by_id.get(user_group_id)
    return f"Slack's user group {_handle(row) if row is not None else user_group_id}"


def _handle(row: UserGroup) -> str:
    return f"@{row.handle.removeprefix('@')}" if row.handle else row.name or row.id


def _members(
    config: ConfigSnapshot, schedules: Iterable[Schedule], now: datetime
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the ids in Slack of everybody on call, and a sentence about each who has none."""
    ids: set[str] = set()
    problems: dict[str, str] = {}
    for schedule in schedules:
        for user_id in on_call_at(config, schedule.id, now).user_ids:
            user = config.user_by_id[user_id]
            point = user.contact("slack")
            if point is not None:
                ids.add(point.address)
            else:
                text = f"{user.username} is on call in {schedule.name}, and has no id in Slack"
                problems.setdefault(user_id, text)
    return tuple(sorted(ids)), tuple(problems.values())


def _is_known(config: ConfigSnapshot, schedule: Schedule) -> bool:
    """Whether it can be said who is on call: not while an external calendar was never read."""
    ready = ready_schedule(config, schedule.id)
    return schedule.type != "ical" or (ready is not None and ready.missing is None)


def _schedules_of(config: ConfigSnapshot) -> dict[str, list[Schedule]]:
    found: dict[str, list[Schedule]] = {}
    for one in config.schedules:
        if one.slack_user_group_id:
            found.setdefault(one.slack_user_group_id, []).append(one)
    return found


def _names(schedules: Iterable[Schedule]) -> str:
    return "schedule " + ", ".join(one.name for one in schedules)


def _slack_ids(config: ConfigSnapshot) -> str:
    points = ((one.id, one.contact("slack")) for one in config.users)
    return "\0".join(f"{id} {point.address}" for id, point in points if point is not None)
