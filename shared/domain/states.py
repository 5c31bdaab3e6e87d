"""What people (and due times) may do to a group, and what comes of it: the alert-group state machine."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from shared.domain import attaching, erasing, noting, responding
from shared.domain.action import (
    NOTHING_BESIDES,
    UNACKNOWLEDGED,
    UNSILENCED,
    Action,
    Asked,
    Circumstances,
    Refused,
    Step,
    need,
    refuse,
)
from shared.domain.attaching import cascade
from shared.domain.instances import next_end
from shared.domain.model import SYSTEM, ActionRecord, Group, State
from shared.domain.reminding import first_reminder, is_asked, reminder_due_at
from shared.events import (
    ActionApplied,
    ActionRefused,
    ActionRequested,
    Due,
    Event,
    GroupAcknowledged,
    GroupConfirmed,
    GroupResolved,
    GroupRestarted,
    GroupSilenced,
    GroupUnacknowledged,
    GroupUnresolved,
    GroupUnsilenced,
)

REMEMBERED_ACTIONS = 20


def act(
    request: ActionRequested, group: Group, now: datetime, around: Circumstances = NOTHING_BESIDES
) -> tuple[Group, list[Event]]:
    """Apply a requested action; return the group to save and the facts to tell, the answer last.

    A repeated request gets its first answer and changes nothing.
    """
    known = next((one for one in group.actions if one.id == request.id), None)
    if known is not None:
        return group, [
            _applied(request, group, now) if known.applied else _refused(request, group.id, now, known.reason)
        ]
    try:
        step = _step(Asked(request, group, now, around))
    except Refused as refusal:
        record = ActionRecord(id=request.id, applied=False, reason=str(refusal))
        after = _remember(group, record)
        return after, [_refused(request, group.id, now, str(refusal))]
    after = _remember(group.model_copy(update=step.changes), ActionRecord(id=request.id, applied=True))
    asks = [attaching.asked(request, one, now, request.actor) for one in step.asks]
    follows = cascade(group, after, request, now, request.actor)
    return after, [*_facts(request, step, after, now), *asks, *follows, _applied(request, after, now)]


def expire_silence(group: Group, now: datetime) -> tuple[Group, list[Event]]:
    """End a silence whose time is up; without one nothing changes. An attached group's ends with its root's."""
    until = _silence_ends(group)
    if until is None or until > now:
        return group, []
    after = group.model_copy(update=UNSILENCED | {"version": group.version + 1, "run": group.run + 1})
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
    times = (_silence_ends(group), next_end(group), reminder_due_at(group), erasing.erase_at(group))
    return min((one for one in times if one is not None), default=None)


def _silence_ends(group: Group) -> datetime | None:
    is_own = group.state is State.SILENCED and group.root_id is None
    return group.silenced_until if is_own else None


def _step(asked: Asked) -> Step:
    request, group = asked.request, asked.group
    if request.run is not None and request.run != group.run:
        raise Refused(f"it was meant for run {request.run}, the group is in run {group.run}")
    action = ACTIONS.get(request.action) or _INTERNAL.get(request.action)
    if action is None:
        raise Refused(f"there is no action {request.action!r}; there are {', '.join(ACTIONS)}")
    if request.action in ACTIONS and group.deleted_at is not None:
        raise Refused("there is no such alert group")
    if request.action in OF_THE_ROOT and group.root_id is not None:
        raise Refused(f"the group is attached to {group.root_id}: do it to that one")
    if request.action in REOPENING and group.wiped_at is not None:
        raise Refused("the group was wiped: it cannot be opened again")
    return action(asked)


def _acknowledge(asked: Asked) -> Step:
    group, now, by = asked.group, asked.now, asked.request.actor
    answered = responding.answered(group, by, now)
    if group.state is State.ACKNOWLEDGED and answered != group.responders:
        # Somebody else has it; who was paged directly is not called any longer once he has seen it.
        return Step({"responders": answered}, GroupAcknowledged)
    refuse(group, State.ACKNOWLEDGED, State.RESOLVED)
    is_asked = by.kind == "user"
    changes = {
        "acknowledged_at": now,
        "acknowledged_by": by,
        "responders": answered,
        "reminder": first_reminder(asked.around.reminders, now) if is_asked else None,
    }
    return Step(UNSILENCED | changes, GroupAcknowledged)


def _unacknowledge(asked: Asked) -> Step:
    need(asked.group, State.ACKNOWLEDGED)
    return Step(UNACKNOWLEDGED | {"run": asked.group.run + 1}, GroupUnacknowledged)


def _confirm(asked: Asked) -> Step:
    """Take the word of whoever still works on it: he is asked again after the whole interval."""
    group = asked.group
    need(group, State.ACKNOWLEDGED)
    if group.reminder is None:
        raise Refused("there is nothing to confirm: no acknowledge reminder is switched on for it")
    if not is_asked(group):
        when = f"; the next reminder comes {at:%Y-%m-%d %H:%M} UTC" if (at := group.reminder.next_at) else ""
        raise Refused(f"there is nothing to confirm: no acknowledge reminder waits for it now{when}")
    changes = {"reminder": first_reminder(asked.around.reminders, asked.now, group.reminder)}
    return Step(changes, GroupConfirmed)


def _resolve(asked: Asked) -> Step:
    group, now, by = asked.group, asked.now, asked.request.actor
    refuse(group, State.RESOLVED)
    if asked.around.note_required and by.kind == "user" and group.notes_count == 0:
        raise Refused("a resolution note is required before it is resolved: add one, then resolve it")
    through = max(now, group.resolved_through or now)
    changes = {"resolved_at": now, "resolved_by": by, "resolved_through": through}
    return Step(UNSILENCED | changes, GroupResolved)


def _unresolve(asked: Asked) -> Step:
    group = asked.group
    need(group, State.RESOLVED)
    if asked.around.newer_open is not None:
        raise Refused(f"a newer group of the same key is open: {asked.around.newer_open}")
    changes = attaching.reopened(asked.now) | {"run": group.run + 1, "resolved_with_root": False}
    return Step(changes, GroupUnresolved)


def _silence(asked: Asked) -> Step:
    group, request = asked.group, asked.request
    refuse(group, State.ACKNOWLEDGED, State.RESOLVED)
    until = asked.now + timedelta(seconds=request.delay_s) if request.delay_s is not None else None
    changes = {"silenced_at": asked.now, "silenced_until": until, "silenced_by": request.actor}
    return Step(changes, GroupSilenced)


def _unsilence(asked: Asked) -> Step:
    need(asked.group, State.SILENCED)
    return Step(UNSILENCED | {"run": asked.group.run + 1}, GroupUnsilenced)


def _restart(asked: Asked) -> Step:
    """Begin the escalation anew, from whatever state."""
    group = asked.group
    if group.state is State.RESOLVED:
        return _unresolve(asked)
    return Step(UNSILENCED | UNACKNOWLEDGED | {"run": group.run + 1}, GroupRestarted)


# What people may ask for, by the word that the api and the chats use.
ACTIONS: Mapping[str, Action] = {
    "acknowledge": _acknowledge,
    "unacknowledge": _unacknowledge,
    "resolve": _resolve,
    "unresolve": _unresolve,
    "silence": _silence,
    "unsilence": _unsilence,
    "restart": _restart,
    "confirm": _confirm,
    "attach": attaching.attach,
    "unattach": attaching.unattach,
    "page": responding.page,
    "unpage": responding.unpage,
    "add_note": noting.add_note,
    "edit_note": noting.edit_note,
    "delete_note": noting.delete_note,
    "wipe": erasing.wipe,
    "delete": erasing.delete,
}
# What groups ask each other for.
_INTERNAL: Mapping[str, Action] = {
    "adopt": attaching.adopt,
    "disown": attaching.disown,
    "release": attaching.release,
    "rejoin": attaching.rejoin,
    "follow": attaching.follow,
}
# An attached group has its root's state, so these are done to the root.
OF_THE_ROOT = frozenset(
    {"acknowledge", "unacknowledge", "resolve", "unresolve", "silence", "unsilence", "restart", "confirm"}
)
REOPENING = frozenset({"unresolve", "restart"})


def _facts(request: ActionRequested, step: Step, after: Group, now: datetime) -> list[Event]:
    if step.fact is None:
        return []
    fact = step.fact.following(
        request,
        part=after.id,
        time=now,
        subject=after.id,
        group=after,
        actor=request.actor,
        decision=step.fact.type.split(".")[1],
        reason=_by(request),
        **step.fields,
    )
    return [fact]


def _by(request: ActionRequested) -> str:
    return f"{request.action} by {request.actor} ({request.source})"


def _remember(group: Group, record: ActionRecord) -> Group:
    """Keep the answer. Even a refusal, which changes nothing that is shown, is saved, so it needs a version."""
    kept = (*group.actions, record)[-REMEMBERED_ACTIONS:]
    return group.model_copy(update={"actions": kept, "version": group.version + 1})


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
