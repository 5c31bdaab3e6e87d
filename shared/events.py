"""The catalogue of events, in the order in which things happen.

A fact has exactly one emitter, the service named in its docstring; requests and `stage.decided` name theirs.
On the wire: CloudEvents 1.0 (shared/bus/wire.py). A field that is removed or retyped is a new version.
"""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime
from typing import Any, ClassVar, Self

from pydantic import Field

from shared.domain.model import Actor, Alert, Card, Frozen, Group, GroupRun, Problem

NAMESPACE = uuid.UUID("6f4c9a2e-5d0b-5c58-9f0e-1b1f6f1c7a11")
_NAMESPACE_BYTES = NAMESPACE.bytes


def derived_id(*parts: object) -> str:
    """Return the uuid5 of the parts: the same parts give the same id, in every process, for ever.

    Written out, because every event at every hop needs one: `uuid.uuid5` takes three times as long.
    """
    name = "\x1f".join([str(part) for part in parts])
    digest = bytearray(hashlib.sha1(_NAMESPACE_BYTES + name.encode(), usedforsecurity=False).digest()[:16])
    digest[6] = (digest[6] & 0x0F) | 0x50
    digest[8] = (digest[8] & 0x3F) | 0x80
    text = digest.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


class Event(Frozen):
    """A fact or a request, with what it follows from and how it was decided.

    `alert_id` is the alert it all began with; `cause_id` the event (or due time) it follows from.
    `decision` is one stable word, `reason` a sentence for people. `time` is set by its emitter.
    `lane` is "" or "bulk": alerts of an integration above its share travel beside the others' way.
    """

    type: ClassVar[str]

    id: str
    time: datetime
    alert_id: str | None = None
    cause_id: str | None = None
    subject: str = ""
    config_version: int = 0
    decision: str = ""
    reason: str = ""
    lane: str = ""

    @classmethod
    def following(cls, cause: Event | Due, part: str = "", **fields: Any) -> Self:
        """Make the event that follows from `cause`; the same cause, kind and part give the same id."""
        fields.setdefault("alert_id", cause.alert_id)
        fields.setdefault("config_version", cause.config_version)
        fields.setdefault("subject", cause.subject)
        fields.setdefault("time", cause.time)
        fields.setdefault("lane", cause.lane)
        return cls(id=derived_id(cause.id, cls.type, part), cause_id=cause.id, **fields)


class Due(Frozen):
    """A due time that has come, in the place of a cause: its id follows from document, name and `due_at`."""

    id: str
    time: datetime
    alert_id: str | None = None
    subject: str = ""
    config_version: int = 0
    lane: str = ""

    @classmethod
    def of(cls, document_id: str, name: str, due_at: datetime, alert_id: str | None = None) -> Due:
        """Return the cause for the due time `name` of a document."""
        return cls(
            id=derived_id(document_id, name, due_at.isoformat()),
            time=due_at,
            alert_id=alert_id,
            subject=document_id,
        )


# Base fields travel as CloudEvents attributes, the rest as `data`.
ATTRIBUTES = frozenset(Event.model_fields)


class AlertReceived(Event):
    """receiver (heartbeat, and api for a demo) -> router: a payload was accepted at an integration's URL."""

    type: ClassVar[str] = "alert.received.v1"
    alert: Alert


class HeartbeatReceived(Event):
    """receiver -> heartbeat: an integration's heartbeat URL was called."""

    type: ClassVar[str] = "heartbeat.received.v1"
    integration_id: str


class BeatSent(Event):
    """receiver -> heartbeat: the receiver served from `since` on, and has told all that it accepted before `time`.

    `receiver_id` is the process, `instance` its name; `is_last` when it leaves in order. Beats are not kept.
    """

    type: ClassVar[str] = "beat.sent.v1"
    receiver_id: str
    instance: str
    since: datetime
    is_last: bool = False


class AlertRouted(Event):
    """router -> grouper: the route that takes the alert, its grouping key, its signals and its title.

    `key` is the md5 hex that groups it; `grouping_key` the text behind it, None when nothing groups it.
    """

    type: ClassVar[str] = "alert.routed.v1"
    alert: Alert
    route_id: str | None = None
    key: str
    grouping_key: str | None = None
    resolve: bool = False
    acknowledge: bool = False
    title: str | None = None
    labels: dict[str, str] = Field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


class ActionRequested(Event):
    """api, escalator (resolve step) -> grouper: somebody wants a group to change.

    `id` is the action's id: the group answers a repeated id as it did first. `action` is one of
    acknowledge, unacknowledge, resolve, unresolve, silence, unsilence; `delay_s` is silence's length,
    None for ever. `reply_to` names the queue that the outcome is copied to. `run` given: only that run.
    """

    type: ClassVar[str] = "action.requested.v1"
    group_id: str
    action: str
    actor: Actor
    source: str = "api"
    delay_s: int | None = None
    run: int | None = None
    reply_to: str | None = None


class GroupEvent(Event):
    """A change of a group: its whole state as of now, and the alerts that this change put into it."""

    type: ClassVar[str] = ""
    group: Group
    alerts: tuple[str, ...] = ()
    actor: Actor | None = None


class GroupOpened(GroupEvent):
    """grouper -> renderer: the first firing alert of a key that had no open group."""

    type: ClassVar[str] = "group.opened.v1"


class GroupAlertAdded(GroupEvent):
    """grouper -> renderer: alerts joined a group."""

    type: ClassVar[str] = "group.alert_added.v1"


class GroupAcknowledged(GroupEvent):
    """grouper -> renderer: a person (or the source) took the group; paging stops."""

    type: ClassVar[str] = "group.acknowledged.v1"


class GroupUnacknowledged(GroupEvent):
    """grouper -> renderer: the group is nobody's again; a new run begins."""

    type: ClassVar[str] = "group.unacknowledged.v1"


class GroupResolved(GroupEvent):
    """grouper -> renderer: over; the group takes no new alerts of its key that are younger."""

    type: ClassVar[str] = "group.resolved.v1"


class GroupUnresolved(GroupEvent):
    """grouper -> renderer: not over after all; open for grouping again, a new run begins."""

    type: ClassVar[str] = "group.unresolved.v1"


class GroupSilenced(GroupEvent):
    """grouper -> renderer: quiet until `group.silenced_until` (None: for ever)."""

    type: ClassVar[str] = "group.silenced.v1"


class GroupUnsilenced(GroupEvent):
    """grouper -> renderer: by a person or because its time was up; a new run begins."""

    type: ClassVar[str] = "group.unsilenced.v1"


class ActionApplied(Event):
    """grouper -> api, recorder: the action has taken effect; the group as it is now."""

    type: ClassVar[str] = "action.applied.v1"
    action_id: str
    action: str
    group: Group
    reply_to: str | None = None


class ActionRefused(Event):
    """grouper -> api, recorder: the action has no effect; `reason` says why."""

    type: ClassVar[str] = "action.refused.v1"
    action_id: str
    action: str
    group_id: str
    reply_to: str | None = None


class GroupRendered(Event):
    """renderer -> escalator: what each medium shows of the group as of `group.version`.

    `change` is the type of the newest group event folded into this one, `alerts` those of all of them.
    """

    type: ClassVar[str] = "group.rendered.v1"
    group: Group
    change: str
    alerts: tuple[str, ...] = ()
    actor: Actor | None = None
    cards: dict[str, Card] = Field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


class PostRequested(Event):
    """escalator -> chatops-publisher: the group's message in `channel` shall look like this (or newer).

    `note` is a plain sentence above the rest; of two requests for the same version the later one's note counts.
    """

    type: ClassVar[str] = "post.requested.v1"
    group: Group
    medium: str
    channel: str | None = None
    card: Card
    change: str = ""
    actor: Actor | None = None
    note: str = ""


class NotificationRequested(Event):
    """escalator -> notifier: page one person once. `id` = uuid5(group, run, round, step, user, rule).

    `digest`: the groups that the page is about when there are several, `group` the newest of them.
    """

    type: ClassVar[str] = "notification.requested.v1"
    group: Group
    user_id: str
    channel: str
    card: Card
    important: bool = False
    digest: tuple[GroupRun, ...] = ()


class WebhookRequested(Event):
    """escalator -> notifier: call an outgoing webhook for this group."""

    type: ClassVar[str] = "webhook.requested.v1"
    group: Group
    webhook_id: str
    trigger: str = "escalation"


class PostDelivered(Event):
    """chatops-publisher: the chat product has the message as of `group_version`."""

    type: ClassVar[str] = "post.delivered.v1"
    group_id: str
    medium: str
    channel: str
    handle: str
    group_version: int
    permalink: str | None = None


class PostFailed(Event):
    """chatops-publisher: the chat product refused the message for good (until somebody mends the cause)."""

    type: ClassVar[str] = "post.failed.v1"
    group_id: str
    medium: str
    channel: str | None = None


class NotificationOutcome(Event):
    """How a page ended."""

    type: ClassVar[str] = ""
    request_id: str
    group_id: str
    run: int
    user_id: str
    channel: str
    attempts: int = 0


class NotificationDelivered(NotificationOutcome):
    """notifier: the provider took it; `handle` is its id for it."""

    type: ClassVar[str] = "notification.delivered.v1"
    handle: str | None = None


class NotificationFailed(NotificationOutcome):
    """notifier -> escalator: it will not arrive; the person's next rule runs at once."""

    type: ClassVar[str] = "notification.failed.v1"


class NotificationUnknown(NotificationOutcome):
    """notifier -> escalator: handed over or not, nobody knows; held, and the person's next rule runs at once."""

    type: ClassVar[str] = "notification.unknown.v1"


class NotificationCancelled(NotificationOutcome):
    """notifier: not sent, because the group no longer wanted it (acknowledged, resolved, silenced, newer run)."""

    type: ClassVar[str] = "notification.cancelled.v1"


class WebhookResponded(Event):
    """notifier: an outgoing webhook ran (or did not: `fired` false, `reason` says why)."""

    type: ClassVar[str] = "webhook.responded.v1"
    request_id: str
    group_id: str
    webhook_id: str
    fired: bool = True
    url: str | None = None
    status_code: int | None = None
    content: str | None = None


class StageDecided(Event):
    """any stage: a decision with no onward event (a repeat, no chain, a suppressed page), so no trace has a hole.

    The receiver tells with it what it noticed of an integration: refusals for its rate, uses of a former URL.
    """

    type: ClassVar[str] = "stage.decided.v1"
    stage: str
    group_id: str | None = None
    alerts: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


class ConfigChanged(Event):
    """api -> every instance: a new version of the configuration is stored."""

    type: ClassVar[str] = "config.changed.v1"
    version: int


GROUP_EVENTS: tuple[type[GroupEvent], ...] = (
    GroupOpened,
    GroupAlertAdded,
    GroupAcknowledged,
    GroupUnacknowledged,
    GroupResolved,
    GroupUnresolved,
    GroupSilenced,
    GroupUnsilenced,
)

CATALOGUE: tuple[type[Event], ...] = (
    AlertReceived,
    HeartbeatReceived,
    BeatSent,
    AlertRouted,
    ActionRequested,
    *GROUP_EVENTS,
    ActionApplied,
    ActionRefused,
    GroupRendered,
    PostRequested,
    NotificationRequested,
    WebhookRequested,
    PostDelivered,
    PostFailed,
    NotificationDelivered,
    NotificationFailed,
    NotificationUnknown,
    NotificationCancelled,
    WebhookResponded,
    StageDecided,
    ConfigChanged,
)

# What a monitoring tool or a receiver says again and again: the journal would keep little else. What follows from
# it (an alert) is kept, and the last ping stands in `heartbeats`.
UNRECORDED: tuple[type[Event], ...] = (HeartbeatReceived, BeatSent)
RECORDED: tuple[type[Event], ...] = tuple(one for one in CATALOGUE if one not in UNRECORDED)

BY_TYPE: dict[str, type[Event]] = {one.type: one for one in CATALOGUE}
