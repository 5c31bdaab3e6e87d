"""How objects of the configuration are named in a declaration: which names there are, and which tell one from all.

Both ways keep to it: reading a declaration (names to ids) and writing one (ids to names).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from shared.domain.configuration import Chain, Integration, Team, User, UserGroup, Webhook
from shared.domain.model import Frozen
from shared.domain.schedules import Schedule, Shift

R = TypeVar("R", bound=Frozen)
# Kinds whose names are unique within a team only.
OF_TEAM: tuple[type[Frozen], ...] = (Chain, Integration, Schedule, Shift)
Referred = type[User] | type[Webhook] | type[Team] | type[UserGroup] | type[Schedule]
# What the ids in a step's parameter refer to.
STEP_REFERENCES: dict[str, Referred] = {
    "persons_to_notify": User,
    "persons_to_notify_next_each_time": User,
    "action_to_trigger": Webhook,
    "notify_on_call_from_schedule": Schedule,
    "schedule": Schedule,
    "team_to_notify": Team,
    "group_to_notify": UserGroup,
}
# Returns the rows of a kind whose field is a value, texts in any case.
Find = Callable[[type[R], str, Any], Sequence[R]]


def candidates(find: Find[R], model: type[R], name: str) -> list[R]:
    """Return the objects of this name; of a username the case does not matter, of shifts only shared ones count."""
    if model is User:
        return list(find(model, "username", name))
    return [one for one in find(model, "name", name) if vars(one)["name"] == name and is_declared_alone(one)]


def is_declared_alone(row: Frozen) -> bool:
    """Whether an object stands in a declaration by itself; a schedule's own shifts stand inside it."""
    return not isinstance(row, Shift) or (row.schedule_id is None and not row.is_override)
