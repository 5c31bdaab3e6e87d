"""Attached groups: they follow their root's state, and nobody is paged for them.

Each side is a document of its own. The attached group has the last word on whether it is attached; the root's list
follows by `adopt` and `disown`, the root's state by `follow`, which carries the version that it was true for. So
whatever is repeated or overtaken, both sides agree when no request is under way any more; see the property tests.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from shared.domain.action import UNACKNOWLEDGED, UNSILENCED, Asked, Refused, Step, refuse
from shared.domain.model import Actor, Group, RootState, State
from shared.events import (
    ActionRequested,
    Due,
    Event,
    GroupAcknowledged,
    GroupAttached,
    GroupEvent,
    GroupResolved,
    GroupSilenced,
    GroupUnacknowledged,
    GroupUnattached,
    GroupUnresolved,
    GroupUnsilenced,
)

MAX_ATTACHED = 200
TAKEN_OVER = ("acknowledged_at", "acknowledged_by", "silenced_at", "silenced_until", "silenced_by")


def root_state(group: Group) -> RootState:
    """Return what attached groups take over of a group."""
    names = (*TAKEN_OVER, "resolved_at", "resolved_by")
    return RootState(id=group.id, version=group.version, **{one: getattr(group, one) for one in names})


def cascade(before: Group, after: Group, cause: Event | Due, now: datetime, by: Actor) -> list[Event]:
    """Ask the attached groups to follow a change of state; other changes are none of theirs."""
    if not after.attached:
        return []
    state = root_state(after)
    if root_state(before).model_copy(update={"version": after.version}) == state:
        return []
    asks = [follow_ask(one, state) for one in after.attached]
    return [asked(cause, one, now, by) for one in asks]


def asked(cause: Event | Due, fields: dict[str, Any], now: datetime, by: Actor) -> ActionRequested:
    """Return a request from one group to another; its id follows from what it follows from."""
    return ActionRequested.following(
        cause,
        part=f"{fields['action']}:{fields['group_id']}",
        time=now,
        subject=fields["group_id"],
        actor=by,
        source="attached",
        lane="",
        # Not the cause's: that alert is the other group's.
        alert_id=None,
        **fields,
    )


def follow_ask(member_id: str, state: RootState) -> dict[str, Any]:
    """Return what asks an attached group to follow."""
    return {"group_id": member_id, "action": "follow", "root_id": state.id, "root": state}


def attach(asked: Asked) -> Step:
    """Attach the group to another one, whose acknowledge and silence it takes over.

    Raises:
        Refused: one of the two is in the wrong state for it; the message says which and why.
    """
    group, root = asked.group, asked.around.root
    refuse(group, State.RESOLVED)
    if group.root_id is not None:
        raise Refused(f"the group is attached to {group.root_id} already")
    if group.attached:
        raise Refused(f"{len(group.attached)} groups are attached to it: unattach them first")
    if root is None or root.deleted_at is not None:
        raise Refused(f"there is no alert group {asked.request.root_id} to attach it to")
    if root.id == group.id:
        raise Refused("a group cannot be attached to itself")
    if (why := _unfit(root)) is not None:
        raise Refused(why)
    changes = {one: getattr(root, one) for one in TAKEN_OVER}
    changes |= {"root_id": root.id, "root_version": root.version, "reminder": None}
    ask = {"group_id": root.id, "action": "adopt", "member_id": group.id}
    return Step(changes, GroupAttached, asks=(ask,))


def unattach(asked: Asked) -> Step:
    """Let the group stand for itself again: a new run begins."""
    group = asked.group
    if group.root_id is None:
        raise Refused("the group is not attached to another one")
    ask = {"group_id": group.root_id, "action": "disown", "member_id": group.id}
    return Step(_let_go(group), GroupUnattached, asks=(ask,))


def release(asked: Asked) -> Step:
    """Let go a group whose root was deleted, or could not take it in."""
    group = asked.group
    if group.root_id != asked.request.root_id:
        return Step()
    return Step(_let_go(group), GroupUnattached)


def adopt(asked: Asked) -> Step:
    """Take an attached group into the root's list and have it follow; a root that is unfit by now lets it go."""
    group, member_id = asked.group, asked.request.member_id or ""
    if member_id not in group.attached and _unfit(group) is not None:
        return Step(asks=({"group_id": member_id, "action": "release", "root_id": group.id},))
    attached = tuple(dict.fromkeys((*group.attached, member_id)))
    state = root_state(group).model_copy(update={"version": group.version + 1})
    return Step({"attached": attached}, asks=(follow_ask(member_id, state),))


def disown(asked: Asked) -> Step:
    """Take a group off the root's list; should it be attached again by now, it says so."""
    group, member_id = asked.group, asked.request.member_id or ""
    attached = tuple(one for one in group.attached if one != member_id)
    ask = {"group_id": member_id, "action": "rejoin", "root_id": group.id}
    return Step({"attached": attached}, asks=(ask,))


def rejoin(asked: Asked) -> Step:
    """Have the root take the group in (again), if it is attached to it."""
    group = asked.group
    if group.root_id is None or group.root_id != asked.request.root_id:
        return Step()
    return Step(asks=({"group_id": group.root_id, "action": "adopt", "member_id": group.id},))


def follow(asked: Asked) -> Step:
    """Take over the root's state, unless a younger one is known."""
    group, root = asked.group, asked.request.root
    if root is None or group.root_id != root.id:
        ask = {"group_id": asked.request.root_id, "action": "disown", "member_id": group.id}
        return Step(asks=(ask,) if asked.request.root_id else ())
    if root.version <= group.root_version:
        return Step()
    changes: dict[str, Any] = {"root_version": root.version}
    if group.resolved_with_root and root.resolved_at is None:
        if asked.around.newer_open is not None:
            raise Refused(f"a newer group of the same key is open: {asked.around.newer_open}")
        changes |= reopened(asked.now) | {"resolved_with_root": False}
    elif not group.is_open:
        return Step(changes)
    changes |= {one: getattr(root, one) for one in TAKEN_OVER}
    if root.resolved_at is not None:
        changes |= {
            **UNSILENCED,
            "resolved_at": root.resolved_at,
            "resolved_by": root.resolved_by,
            "resolved_through": max(asked.now, group.resolved_through or asked.now),
            "resolved_with_root": True,
        }
    return Step(changes, _fact(group, group.model_copy(update=changes)))


def reopened(now: datetime) -> dict[str, Any]:
    """Return the changes that withdraw a resolve: only a younger one counts again."""
    gone = {"resolved_at": None, "resolved_by": None, "resolved_through": None, "resolved_through_id": ""}
    return {**UNSILENCED, **UNACKNOWLEDGED, **gone, "last_fired_at": now, "last_fired_id": ""}


def _unfit(root: Group) -> str | None:
    if root.deleted_at is not None or not root.is_open:
        return f"alert group {root.id} is {'deleted' if root.deleted_at else 'resolved'}"
    if root.root_id is not None:
        return f"alert group {root.id} is attached to {root.root_id} itself"
    if len(root.attached) >= MAX_ATTACHED:
        return f"{MAX_ATTACHED} groups are attached to {root.id} already"
    return None


def _let_go(group: Group) -> dict[str, Any]:
    return {"root_id": None, "root_version": 0, "resolved_with_root": False, "run": group.run + 1}


def _fact(before: Group, after: Group) -> type[GroupEvent] | None:
    """Return what is told of a group that followed: its most telling change."""
    if before.is_open != after.is_open:
        return GroupUnresolved if after.is_open else GroupResolved
    if before.acknowledged_at != after.acknowledged_at:
        return GroupAcknowledged if after.acknowledged_at else GroupUnacknowledged
    if (before.silenced_at, before.silenced_until) != (after.silenced_at, after.silenced_until):
        return GroupSilenced if after.silenced_at else GroupUnsilenced
    return None
