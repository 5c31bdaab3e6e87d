"""Whom the chain of a group still means to notify, as far as that is certain beforehand."""

from __future__ import annotations

from datetime import datetime

from shared.domain.configuration import ConfigSnapshot, StepConfig, User
from shared.domain.model import Group
from shared.domain.on_call import on_call_at


def to_be_notified(config: ConfigSnapshot, group: Group, now: datetime) -> list[User]:
    """Return the people whom the steps of the group's chain mean now, each once, in the order of the steps.

    They are named there, on call in a schedule at `now`, or members of a team; whose turn it will be is not known
    before. Nobody when the group does not fire: then no step of its chain runs.
    """
    route = config.route_by_id.get(group.route_id or "")
    if route is None or not group.is_firing:
        return []
    found: dict[str, User] = {}
    for step in config.steps_of.get(route.escalation_chain_id or "", ()):
        for id in _meant(step, config, now):
            if id in config.user_by_id:
                found.setdefault(id, config.user_by_id[id])
    return list(found.values())


def _meant(step: StepConfig, config: ConfigSnapshot, now: datetime) -> list[str]:
    match step.type:
        case "notify_on_call_from_schedule":
            schedule_id = str(step.parameters.get(step.type) or "")
            return list(on_call_at(config, schedule_id, now).user_ids)
        case "notify_team_members":
            return [one.id for one in config.members_of(str(step.parameters.get("team_to_notify") or ""))]
        case _:
            return _named(step.parameters.get("persons_to_notify"))


def _named(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list | tuple) else []
