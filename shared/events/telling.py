"""Who shall hear of a group, in a chat, by a page or at a URL, and what became of it."""

from __future__ import annotations

from typing import ClassVar

from shared.domain.model import Actor, Card, Group, GroupRun
from shared.events.event import Event


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
