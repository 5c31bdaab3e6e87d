"""What every channel says of an alert group's state: its colour, who brought it there, what can be done now."""

from __future__ import annotations

from shared.channels.answers import line
from shared.domain.model import Actor, Group, State
from shared.domain.reminding import is_asked

COLOURS = {
    State.FIRING: "#a30200",
    State.SILENCED: "#dddddd",
    State.ACKNOWLEDGED: "#daa038",
    State.RESOLVED: "#2eb886",
}
ACTIONS = {
    State.FIRING: ("acknowledge", "resolve", "silence"),
    State.SILENCED: ("acknowledge", "resolve", "unsilence"),
    State.ACKNOWLEDGED: ("unacknowledge", "resolve"),
    State.RESOLVED: ("unresolve",),
}
_NAME_LIMIT = 100


def actions_of(group: Group) -> tuple[str, ...]:
    """Return what buttons offer now; a confirm only while an acknowledge reminder waits for one."""
    return (*(("confirm",) if is_asked(group) else ()), *ACTIONS[group.state])


def count(group: Group) -> str:
    """Return how many alerts a group has, in words."""
    return "1 alert" if group.alerts_count == 1 else f"{group.alerts_count} alerts"


def changed_by(group: Group) -> Actor | None:
    """Return who brought the group into its state; None while it fires."""
    return {
        State.ACKNOWLEDGED: group.acknowledged_by,
        State.RESOLVED: group.resolved_by,
        State.SILENCED: group.silenced_by,
    }.get(group.state)


def state_words(group: Group) -> str:
    """Return count and state in one plain line."""
    by = changed_by(group)
    until = (
        f" until {group.silenced_until:%Y-%m-%d %H:%M} UTC"
        if group.state is State.SILENCED and group.silenced_until
        else ""
    )
    return f"{count(group)}, {group.state.value}" + (f" by {line(by, _NAME_LIMIT)}" if by else "") + until
