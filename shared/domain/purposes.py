"""When a page is still wanted that the chain did not ask for: a direct one, or a reminder of an acknowledge.

What nobody may be sent after an acknowledge was accepted are the chain's pages. A direct page is the one exception:
somebody asked for this person by name, so it holds until he acknowledges himself, is taken off, or it is over.
"""

from __future__ import annotations

from shared.domain.model import Group, State
from shared.events import NotificationRequested

DIRECT = "direct"
REMINDER = "reminder"


def why_unwanted(event: NotificationRequested, group: Group | None) -> str | None:
    """Return why the group, as it is now, no longer wants such a page; None when it does."""
    if group is None or group.deleted_at is not None:
        return "the alert group no longer exists"
    return _direct(event, group) if event.purpose == DIRECT else _reminder(event, group)


def why_over(group: Group) -> str | None:
    """Return why nobody is paged directly for a group any more; None while people are."""
    if group.root_id is not None or group.state is State.RESOLVED:
        return f"the alert group is {group.standing}"
    return None


def _direct(event: NotificationRequested, group: Group) -> str | None:
    over = why_over(group)
    if over is not None:
        return over
    for one in group.responders:
        if one.user_id == event.user_id and one.page_id == event.purpose_id:
            if one.answered_at is not None:
                return "the person has acknowledged"
            return "the person was taken off" if one.removed_at is not None else None
    return "the person was paged anew, or is no responder"


def _reminder(event: NotificationRequested, group: Group) -> str | None:
    reminder = group.reminder
    if group.state is not State.ACKNOWLEDGED or group.run != event.group.run:
        return f"the alert group is {group.standing}"
    if reminder is None or reminder.asked_at is None or str(reminder.count) != event.purpose_id:
        return "the reminder was confirmed, or a newer one went out"
    return None
