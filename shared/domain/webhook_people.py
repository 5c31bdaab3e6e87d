"""Whom the chain of a group still means to notify, as far as that is certain beforehand."""

from __future__ import annotations

from shared.domain.configuration import ConfigSnapshot, User
from shared.domain.model import Group


def to_be_notified(config: ConfigSnapshot, group: Group) -> list[User]:
    """Return the people whom the steps of the group's chain name, each once, in the order of the steps.

    Nobody when the group does not fire: then no step of its chain runs.
    """
    route = config.route_by_id.get(group.route_id or "")
    if route is None or not group.is_firing:
        return []
    found: dict[str, User] = {}
    for step in config.steps_of.get(route.escalation_chain_id or "", ()):
        for id in _named(step.parameters.get("persons_to_notify")):
            if id in config.user_by_id:
                found.setdefault(id, config.user_by_id[id])
    return list(found.values())


def _named(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list | tuple) else []
