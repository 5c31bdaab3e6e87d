"""Which outgoing webhooks a change of a group asks for (reference 9.1): one request per change, trigger and webhook.

What tells other systems of a group's state follows the rule of chat messages: debug mode does not hold it back,
in maintenance a group that began in it is not told of until the window is over (docs/webhooks.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from shared.domain.configuration import ConfigSnapshot, Webhook
from shared.domain.escalation_run import Escalation
from shared.domain.maintenance import held_by
from shared.domain.model import Group
from shared.domain.posts import is_kept_quiet
from shared.events import (
    Due,
    GroupAcknowledged,
    GroupAlertAdded,
    GroupNoteAdded,
    GroupOpened,
    GroupRendered,
    GroupResolved,
    GroupResponderAdded,
    GroupSilenced,
    GroupUnacknowledged,
    GroupUnresolved,
    GroupUnsilenced,
    WebhookRequested,
    derived_id,
)
from shared.events.groups import GroupChange

ESCALATION, CREATED, STATUS_CHANGE = "escalation", "alert group created", "status change"
PERSONAL = "personal notification"
STATUS_CHANGES: Mapping[str, str] = {
    GroupAcknowledged.type: "acknowledge",
    GroupResolved.type: "resolve",
    GroupSilenced.type: "silence",
    GroupUnsilenced.type: "unsilence",
    GroupUnresolved.type: "unresolve",
    GroupUnacknowledged.type: "unacknowledge",
}
ADDITIONS: Mapping[str, str] = {
    GroupAlertAdded.type: "alert added",
    GroupNoteAdded.type: "note added",
    GroupResponderAdded.type: "responder added",
}
OTHER_CHANGES: Mapping[str, str] = {GroupOpened.type: CREATED, **ADDITIONS}
TRIGGER_OF: Mapping[str, str] = {**OTHER_CHANGES, **STATUS_CHANGES}
# What a webhook may be configured to, in OnCall's order, then what OnCall has not.
TRIGGERS: tuple[str, ...] = (
    *(ESCALATION, CREATED),
    *STATUS_CHANGES.values(),
    *(STATUS_CHANGE, PERSONAL),
    *ADDITIONS.values(),
)


def webhooks_of(event: GroupRendered, config: ConfigSnapshot, now: datetime) -> list[WebhookRequested]:
    """Ask for every webhook that one of the event's changes triggers; the same changes ask for the same again."""
    if not config.webhooks_by_trigger:
        return []
    wanted = [(change, *one) for change in changes_of(event) for one in _triggered(change.type, config)]
    if not wanted:
        return []
    held_back = _held_back(event, config, now)
    return [
        _requested(event, event.group, webhook, (change.version, trigger)).model_copy(
            update={
                "trigger": trigger,
                "time": change.at,
                "actor": change.actor,
                "details": _details(change, config),
                "held_back": held_back,
                "reason": f"{trigger}, version {change.version} of the group",
            }
        )
        for change, trigger, webhook in wanted
    ]


def webhooks_after(
    before: Escalation, after: Escalation, config: ConfigSnapshot, now: datetime
) -> Iterable[WebhookRequested]:
    """Ask for the webhooks of a group that began in a maintenance window which is over; most changes lead to none."""
    if before.held is None or after.held == before.held or not after.group.is_firing:
        return
    if not is_kept_quiet(before.group, before.held):
        return
    if after.held is not None and is_kept_quiet(after.group, after.held):
        return
    cause = Due.of(after.id, f"webhooks {after.version}", now, alert_id=after.group.last_alert_id)
    for webhook in config.webhooks_by_trigger.get(CREATED, ()):
        made = _requested(cause, after.group, webhook, ("released", CREATED))
        reason = f"{CREATED}, told after {before.held.kind} window {before.held.window}"
        yield made.model_copy(update={"trigger": CREATED, "reason": reason})


def changes_of(event: GroupRendered) -> tuple[GroupChange, ...]:
    """Return the changes that a rendered group stands for, oldest first."""
    if event.changes:
        return event.changes
    alone = GroupChange(
        type=event.change,
        version=event.group.version,
        at=event.time,
        alerts=event.alerts,
        actor=event.actor,
    )
    return (alone,)


def _details(change: GroupChange, config: ConfigSnapshot) -> dict[str, Any]:
    """Return what `event` has of a change beside its type and time, in JSON's types."""
    if change.type == GroupAlertAdded.type:
        return {"alerts": list(change.alerts)}
    if change.type == GroupResponderAdded.type:
        return {"responders": [_responder(one, config) for one in change.user_ids]}
    if change.type == GroupNoteAdded.type and change.note is not None:
        note = change.note
        return {
            "note": {
                "id": note.id,
                "text": note.text,
                "author": note.author.id if note.author.kind == "user" else None,
                "source": note.source,
                "created_at": note.created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            }
        }
    return {}


def _responder(user_id: str, config: ConfigSnapshot) -> dict[str, Any]:
    user = config.user_by_id.get(user_id)
    known = {"username": user.username, "email": user.email} if user is not None else {}
    return {"id": user_id, "username": None, "email": None, **known}


def _triggered(change: str, config: ConfigSnapshot) -> Iterator[tuple[str, Webhook]]:
    """Yield the webhooks of a change's own trigger and of `status change`, each with the concrete trigger."""
    trigger = TRIGGER_OF.get(change)
    if trigger is None:
        return
    for one in config.webhooks_by_trigger.get(trigger, ()):
        yield trigger, one
    if change in STATUS_CHANGES:
        for one in config.webhooks_by_trigger.get(STATUS_CHANGE, ()):
            yield trigger, one


def _held_back(event: GroupRendered, config: ConfigSnapshot, now: datetime) -> str:
    hold = held_by(config.windows_of(event.group.integration_id), event.group, now)
    return hold.sentence if hold is not None and is_kept_quiet(event.group, hold) else ""


def _requested(
    cause: GroupRendered | Due, group: Group, webhook: Webhook, parts: tuple[object, str]
) -> WebhookRequested:
    made = WebhookRequested.following(
        cause, subject=group.id, group=group, webhook_id=webhook.id, decision="webhook"
    )
    return made.model_copy(update={"id": derived_id(WebhookRequested.type, group.id, *parts, webhook.id)})
