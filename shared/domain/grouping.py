"""Which group an alert belongs to, and what that does to the group.

Order does not matter: alerts are compared by (`received_at`, alert id), never by when they are handled. A key ends
open exactly when its youngest signal is a firing, whatever the order of arrival; see the property tests.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from shared.domain import instances
from shared.domain.attaching import cascade
from shared.domain.model import SOURCE, Alert, Frozen, Group
from shared.events import (
    AlertRouted,
    Event,
    GroupAcknowledged,
    GroupAlertAdded,
    GroupEvent,
    GroupOpened,
    GroupResolved,
    GroupResponderAdded,
    StageDecided,
    derived_id,
)

ID_ALPHABET = "123456789ABCDEFGHIJKLMNPQRSTUVWXYZ"
ID_CHARS = 15
STAGE = "grouper"


class Change(Frozen):
    """What one write does to one group: its state after, what it was decided from, and what is told of it.

    `base_version` is the version it was decided from, None for a group that is new.
    """

    group: Group
    base_version: int | None
    alerts: tuple[str, ...]
    events: tuple[Event, ...]


def group_id_of(alert_id: str) -> str:
    """Return the id of the group that this alert opens: I and 15 characters, the same at every repetition."""
    number = int(hashlib.sha256(derived_id(alert_id, "group").encode()).hexdigest(), 16)
    text = ""
    while len(text) < ID_CHARS:
        number, digit = divmod(number, len(ID_ALPHABET))
        text += ID_ALPHABET[digit]
    return f"I{text}"


def group(
    event: AlertRouted, before: Group | None, now: datetime, may_resolve: bool = True
) -> tuple[Group, list[Event]]:
    """Put one routed alert into its group; return the group to save and the facts to tell.

    `before` is the key's open group, else its newest. A resolve that has nothing to resolve makes a closed
    group that nobody is shown or told of: a firing that comes late finds it and reopens nothing.
    `may_resolve` false (a setting of the integration) makes a resolve signal an ordinary alert.
    """
    resolve = event.resolve and may_resolve
    if before is None or (not before.is_open and not _is_late(event.alert, before)):
        if resolve and before is not None:
            return _rested(before, event, now)
        return _opened(event, now, resolve, before)
    joined = _with_alert(before, event, resolve)
    if not joined.is_open:
        return _late(joined, event, now, resolve)
    events: list[Event] = [_told(GroupAlertAdded, event, joined, now, "joined", "its group is open")]
    if event.alert.responders:
        joined, paged = _paged(joined, event, now)
        events.append(paged)
    if event.acknowledge and joined.acknowledged_at is None:
        joined = _acknowledged(joined, event, now)
        events.append(_told(GroupAcknowledged, event, joined, now, "acknowledged", "the source said so"))
    if resolve and _ends(event.alert, joined):
        joined = _resolved(joined, event)
        events.append(_told(GroupResolved, event, joined, now, "resolved", "the source said so"))
    return joined, events


def fold(
    events: Sequence[AlertRouted], before: Group | None, now: datetime, may_resolve: bool = True
) -> list[Change]:
    """Put all alerts of a batch that share a key into their groups; return one change per group touched, in order.

    Each rests on the ones before it. Consecutive joins are told as one `group.alert_added` that names all alerts. A
    closed group that is joined claims the next generation of its key: nobody can have opened its successor meanwhile.
    """
    changes: list[Change] = []
    current = before
    base = before.version if before is not None else None
    alerts: list[str] = []
    told: list[Event] = []
    for event in sorted(events, key=lambda one: _at(one.alert)):
        after, facts = group(event, current, now, may_resolve)
        if current is not None and current is before and not current.is_open and after.id == current.id:
            claimed = current.model_copy(update={"generation": current.generation + 1})
            after, facts = group(event, claimed, now, may_resolve)
        if current is not None and after.id != current.id and alerts:
            changes.append(Change(group=current, base_version=base, alerts=tuple(alerts), events=tuple(told)))
            alerts, told = [], []
        follows: list[Event] = []
        if current is None or after.id != current.id:
            base = None
        else:
            follows = cascade(current, after, event, now, SOURCE)
        current = after
        alerts.append(event.alert.id)
        for fact in (*facts, *follows):
            _fold_in(told, fact)
    if current is not None and alerts:
        changes.append(Change(group=current, base_version=base, alerts=tuple(alerts), events=tuple(told)))
    return changes


def _fold_in(told: list[Event], fact: Event) -> None:
    """Add a fact; a join right after a join (or after the opening) becomes one fact with it."""
    last = told[-1] if told else None
    if isinstance(fact, GroupAlertAdded) and isinstance(last, GroupAlertAdded | GroupOpened):
        lane = last.lane and fact.lane
        told[-1] = last.model_copy(
            update={"group": fact.group, "alerts": last.alerts + fact.alerts, "lane": lane}
        )
    else:
        told.append(fact)


def _at(alert: Alert) -> tuple[datetime, str]:
    return (alert.received_at, alert.id)


def _resolved_through(group: Group) -> tuple[datetime, str]:
    at = group.resolved_through or group.resolved_at or group.last_alert_at
    return (at, group.resolved_through_id)


def _is_late(alert: Alert, closed: Group) -> bool:
    """Whether a closed group was over already, for this alert, when the alert was received."""
    known = instances.is_late(closed, alert)
    return _at(alert) <= _resolved_through(closed) if known is None else known


def _ends(alert: Alert, joined: Group) -> bool:
    """Whether a resolve that joined is the last word on its group."""
    if alert.instance:
        return instances.may_end(joined)
    return _at(alert) >= (joined.last_fired_at or alert.received_at, joined.last_fired_id)


def _opened(
    event: AlertRouted, now: datetime, resolve: bool, before: Group | None
) -> tuple[Group, list[Event]]:
    alert = event.alert
    opened = Group(
        id=group_id_of(alert.id),
        integration_id=alert.integration_id,
        route_id=event.route_id,
        key=event.key,
        title=event.title,
        is_demo=alert.is_demo,
        alerts_count=1,
        first_alert_id=alert.id,
        last_alert_id=alert.id,
        opened_at=alert.received_at,
        last_alert_at=alert.received_at,
        labels=event.labels,
        generation=before.generation + 1 if before is not None else 0,
    )
    if alert.instance:
        known = instances.carried(before, alert.received_at)
        opened = instances.heard(opened.model_copy(update={"instances": known}), alert, event.resolve)
    if resolve:
        closed = _resolved(opened, event).model_copy(update={"seen": False, "version": 1})
        return closed, [_decided(event, closed, now, "nothing_to_resolve", "no group of its key was open")]
    opened = opened.model_copy(update={"last_fired_at": alert.received_at, "last_fired_id": alert.id})
    reason = "nothing groups it" if event.grouping_key is None else "no group of its key was open"
    events: list[Event] = [_told(GroupOpened, event, opened, now, "opened", reason)]
    if alert.responders:
        opened, paged = _paged(opened, event, now)
        events.append(paged)
    if event.acknowledge:
        opened = _acknowledged(opened, event, now)
        events.append(_told(GroupAcknowledged, event, opened, now, "acknowledged", "the source said so"))
    return opened, events


def _paged(opened: Group, event: AlertRouted, now: datetime) -> tuple[Group, Event]:
    """Page the people that the alert was sent to."""
    responders = event.alert.responders
    called = {one.user_id for one in responders}
    kept = tuple(one for one in opened.responders if one.user_id not in called)
    changes = {"responders": (*kept, *responders), "version": opened.version + 1}
    paged = opened.model_copy(update=changes)
    return paged, GroupResponderAdded.following(
        event,
        part=paged.id,
        time=now,
        subject=paged.id,
        group=paged,
        user_ids=tuple(one.user_id for one in responders),
        actor=responders[0].paged_by,
        decision="responder_added",
        reason=f"paged directly by {responders[0].paged_by}",
    )


def _rested(before: Group, event: AlertRouted, now: datetime) -> tuple[Group, list[Event]]:
    """A resolve of something that is resolved: it is counted, and moves the instant up to which it is over."""
    joined = _with_alert(before, event, resolve=True)
    return joined, [_decided(event, joined, now, "already_resolved", "its group is resolved")]


def _late(joined: Group, event: AlertRouted, now: datetime, resolve: bool) -> tuple[Group, list[Event]]:
    """A firing from before the resolve: counted, shown, but it reopens nothing and pages nobody."""
    joined = joined.model_copy(update={"seen": joined.seen or not resolve})
    if resolve:
        return joined, [_decided(event, joined, now, "already_resolved", "its group is resolved")]
    reason = "it was received before its group was resolved"
    return joined, [_told(GroupAlertAdded, event, joined, now, "joined_late", reason)]


def _with_alert(group: Group, event: AlertRouted, resolve: bool) -> Group:
    alert = event.alert
    changes: dict[str, object] = {"alerts_count": group.alerts_count + 1, "version": group.version + 1}
    if _at(alert) > (group.last_alert_at, group.last_alert_id):
        changes |= {"last_alert_at": alert.received_at, "last_alert_id": alert.id}
        changes["title"] = event.title or group.title
    if _at(alert) < (group.opened_at, group.first_alert_id):
        changes |= {"opened_at": alert.received_at, "first_alert_id": alert.id, "labels": event.labels}
    if resolve:
        if not group.is_open and not alert.instance and _at(alert) > _resolved_through(group):
            changes |= {"resolved_through": alert.received_at, "resolved_through_id": alert.id}
    elif group.last_fired_at is None or _at(alert) > (group.last_fired_at, group.last_fired_id):
        changes |= {"last_fired_at": alert.received_at, "last_fired_id": alert.id}
    return instances.heard(group.model_copy(update=changes), alert, event.resolve)


def _resolved(group: Group, event: AlertRouted) -> Group:
    """An instance's word ends the group, but says nothing of instances that the group does not know yet."""
    at = event.alert.received_at
    is_whole = not event.alert.instance
    return group.model_copy(
        update={
            "version": group.version + 1,
            "resolved_at": at,
            "resolved_by": SOURCE,
            "resolved_through": at if is_whole else None,
            "resolved_through_id": event.alert.id if is_whole else "",
            "silenced_at": None,
            "silenced_until": None,
            "silenced_by": None,
        }
    )


def _acknowledged(group: Group, event: AlertRouted, now: datetime) -> Group:
    return group.model_copy(
        update={
            "version": group.version + 1,
            "acknowledged_at": now,
            "acknowledged_by": SOURCE,
            "silenced_at": None,
            "silenced_until": None,
            "silenced_by": None,
        }
    )


def _told(
    kind: type[GroupEvent], cause: AlertRouted, group: Group, now: datetime, decision: str, reason: str
) -> GroupEvent:
    return kind.following(
        cause,
        part=group.id,
        time=now,
        subject=group.id,
        group=group,
        alerts=(cause.alert.id,),
        actor=SOURCE,
        decision=decision,
        reason=reason,
    )


def _decided(cause: AlertRouted, group: Group, now: datetime, decision: str, reason: str) -> StageDecided:
    return StageDecided.following(
        cause,
        part=STAGE,
        time=now,
        subject=group.id,
        stage=STAGE,
        group_id=group.id,
        alerts=(cause.alert.id,),
        decision=decision,
        reason=reason,
    )
