"""What people (and due times) may do to a group, and what comes of it: the alert-group state machine."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from shared.domain.instances import next_end
from shared.domain.model import SYSTEM, ActionRecord, Actor, Group, State
from shared.events import (
    ActionApplied,
    ActionRefused,
    ActionRequested,
    Due,
    Event,
    GroupAcknowledged,
    GroupEvent,
    GroupResolved,
    GroupSilenced,
    GroupUnacknowledged,
    GroupUnresolved,
    GroupUnsilenced,
)

REMEMBERED_ACTIONS = 20
_UNSILENCED = {"silenced_at": None, "silenced_until": None, "silenced_by": None}
_UNACKNOWLEDGED = {"acknowledged_at": None, "acknowledged_by": None}


class Refused(Exception):
    """The action has no place in this state; the message says why."""


def act(
    request: ActionRequested, group: Group, now: datetime, newer_open: str | None = None
) -> tuple[Group, list[Event]]:
    """Apply a requested action; return the group to save and the facts to tell, the answer last.

    `newer_open` names an open group of the same key that is not this one. A repeated request gets its first
    answer and changes nothing.
    """
    known = next((one for one in group.actions if one.id == request.id), None)
    if known is not None:
        return group, [
            _applied(request, group, now) if known.applied else _refused(request, group.id, now, known.reason)
        ]
    try:
        after, kind = _apply(request, group, now, newer_open)
    except Refused as refusal:
        record = ActionRecord(id=request.id, applied=False, reason=str(refusal))
        after = _remember(group, record)
        return after, [_refused(request, group.id, now, str(refusal))]
    after = _remember(after, ActionRecord(id=request.id, applied=True))
    fact = kind.following(
        request,
        part=group.id,
        time=now,
        subject=group.id,
        group=after,
        actor=request.actor,
        decision=kind.type.split(".")[1],
        reason=_by(request),
    )
    return after, [fact, _applied(request, after, now)]


def expire_silence(group: Group, now: datetime) -> tuple[Group, list[Event]]:
    """End a silence whose time is up; without one nothing changes."""
    until = group.silenced_until
    if group.state is not State.SILENCED or until is None or until > now:
        return group, []
    after = group.model_copy(update=_UNSILENCED | {"version": group.version + 1, "run": group.run + 1})
    cause = Due.of(group.id, "silence", until, alert_id=group.last_alert_id)
    fact = GroupUnsilenced.following(
        cause,
        time=now,
        subject=group.id,
        group=after,
        actor=SYSTEM,
        decision="unsilenced",
        reason="its silence is over",
    )
    return after, [fact]


def refused(request: ActionRequested, now: datetime, reason: str) -> ActionRefused:
    """Return the answer to a request for a group that cannot be asked."""
    return _refused(request, request.group_id, now, reason)


def due_at_of(group: Group) -> datetime | None:
    """Return when the group wants to be looked at again by itself."""
    silence_ends = group.silenced_until if group.state is State.SILENCED else None
    return min((one for one in (silence_ends, next_end(group)) if one is not None), default=None)


def _apply(
    request: ActionRequested, group: Group, now: datetime, newer_open: str | None
) -> tuple[Group, type[GroupEvent]]:
    if request.run is not None and request.run != group.run:
        raise Refused(f"it was meant for run {request.run}, the group is in run {group.run}")
    step = _ACTIONS.get(request.action)
    if step is None:
        raise Refused(f"there is no action {request.action!r}; there are {', '.join(_ACTIONS)}")
    if request.action == "unresolve" and newer_open is not None:
        raise Refused(f"a newer group of the same key is open: {newer_open}")
    changes, kind = step(request, group, now)
    return group.model_copy(update=changes | {"version": group.version + 1}), kind


Step = tuple[dict[str, object], type[GroupEvent]]


def _acknowledge(request: ActionRequested, group: Group, now: datetime) -> Step:
    _refuse(group, State.ACKNOWLEDGED, State.RESOLVED)
    return _UNSILENCED | {"acknowledged_at": now, "acknowledged_by": request.actor}, GroupAcknowledged


def _unacknowledge(request: ActionRequested, group: Group, now: datetime) -> Step:
    _need(group, State.ACKNOWLEDGED)
    return _UNACKNOWLEDGED | {"run": group.run + 1}, GroupUnacknowledged


def _resolve(request: ActionRequested, group: Group, now: datetime) -> Step:
    _refuse(group, State.RESOLVED)
    through = max(now, group.resolved_through or now)
    changes = {"resolved_at": now, "resolved_by": request.actor, "resolved_through": through}
    return _UNSILENCED | changes, GroupResolved


def _unresolve(request: ActionRequested, group: Group, now: datetime) -> Step:
    _need(group, State.RESOLVED)
    reopened = {"resolved_at": None, "resolved_by": None, "resolved_through": None, "resolved_through_id": ""}
    # What resolved it is withdrawn: only a resolve that is younger than this counts again.
    since = {"last_fired_at": now, "last_fired_id": "", "run": group.run + 1}
    return _UNSILENCED | _UNACKNOWLEDGED | reopened | since, GroupUnresolved


def _silence(request: ActionRequested, group: Group, now: datetime) -> Step:
    _refuse(group, State.ACKNOWLEDGED, State.RESOLVED)
    until = now + timedelta(seconds=request.delay_s) if request.delay_s is not None else None
    return {"silenced_at": now, "silenced_until": until, "silenced_by": request.actor}, GroupSilenced


def _unsilence(request: ActionRequested, group: Group, now: datetime) -> Step:
    _need(group, State.SILENCED)
    return _UNSILENCED | {"run": group.run + 1}, GroupUnsilenced


_ACTIONS: dict[str, Callable[[ActionRequested, Group, datetime], Step]] = {
    "acknowledge": _acknowledge,
    "unacknowledge": _unacknowledge,
    "resolve": _resolve,
    "unresolve": _unresolve,
    "silence": _silence,
    "unsilence": _unsilence,
}


def _refuse(group: Group, *states: State) -> None:
    if group.state in states:
        raise Refused(f"the group is {group.state}{_whose(group)}")


def _need(group: Group, state: State) -> None:
    if group.state is not state:
        raise Refused(f"the group is {group.state}{_whose(group)}, not {state}")


def _whose(group: Group) -> str:
    by: Actor | None = None
    if group.state is State.RESOLVED:
        by = group.resolved_by
    elif group.state is State.ACKNOWLEDGED:
        by = group.acknowledged_by
    elif group.state is State.SILENCED:
        by = group.silenced_by
    return f" by {by}" if by is not None else ""


def _by(request: ActionRequested) -> str:
    return f"{request.action} by {request.actor} ({request.source})"


def _remember(group: Group, record: ActionRecord) -> Group:
    """Keep the answer. A refusal changes nothing that is shown, but it is saved, so it needs a version."""
    kept = (*group.actions, record)[-REMEMBERED_ACTIONS:]
    changes: dict[str, object] = {"actions": kept}
    if not record.applied:
        changes["version"] = group.version + 1
    return group.model_copy(update=changes)


def _applied(request: ActionRequested, group: Group, now: datetime) -> ActionApplied:
    return ActionApplied.following(
        request,
        time=now,
        subject=group.id,
        alert_id=group.last_alert_id,
        action_id=request.id,
        action=request.action,
        group=group,
        reply_to=request.reply_to,
        decision="applied",
        reason=_by(request),
    )


def _refused(request: ActionRequested, group_id: str, now: datetime, reason: str) -> ActionRefused:
    return ActionRefused.following(
        request,
        time=now,
        subject=group_id,
        action_id=request.id,
        action=request.action,
        group_id=group_id,
        reply_to=request.reply_to,
        decision="refused",
        reason=reason,
    )
