"""What an action on a group is decided from, and what it leads to: the frame that every action fits into."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.domain.model import Group, State
from shared.domain.reminding import NEVER, Reminders
from shared.events import ActionRequested, GroupEvent

UNSILENCED: dict[str, Any] = {"silenced_at": None, "silenced_until": None, "silenced_by": None}
UNACKNOWLEDGED: dict[str, Any] = {"acknowledged_at": None, "acknowledged_by": None, "reminder": None}


class Refused(Exception):
    """The action has no place in this state; the message says why."""


@dataclass(frozen=True)
class Circumstances:
    """What counts for an action and stands outside of its group.

    `newer_open` names an open group of the same key that is not this one. `root` is the group to attach to.
    `note_required`: people may resolve only what has a resolution note.
    """

    newer_open: str | None = None
    root: Group | None = None
    reminders: Reminders = NEVER
    note_required: bool = False


NOTHING_BESIDES = Circumstances()


@dataclass(frozen=True)
class Step:
    """What an action does: the fields that change, the fact that is told (None: only the answer is).

    `fields` are the fact's own. `asks` are requests to other groups: the fields of an `action.requested` each.
    """

    changes: dict[str, Any] = field(default_factory=dict)
    fact: type[GroupEvent] | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    asks: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Asked:
    """One action on one group: who asks what, the group as it is, the time, and what counts besides."""

    request: ActionRequested
    group: Group
    now: datetime
    around: Circumstances = NOTHING_BESIDES


Action = Callable[[Asked], Step]


def refuse(group: Group, *states: State) -> None:
    """Check that the group is in none of these states.

    Raises:
        Refused: it is in one.
    """
    if group.state in states:
        raise Refused(f"the group is {group.state}{_whose(group)}")


def need(group: Group, state: State) -> None:
    """Check that the group is in this state.

    Raises:
        Refused: it is in another.
    """
    if group.state is not state:
        raise Refused(f"the group is {group.state}{_whose(group)}, not {state}")


def _whose(group: Group) -> str:
    by = {
        State.RESOLVED: group.resolved_by,
        State.ACKNOWLEDGED: group.acknowledged_by,
        State.SILENCED: group.silenced_by,
    }.get(group.state)
    return f" by {by}" if by is not None else ""
