"""Who shall hear of a group, in a chat, by a page or at a URL, and what became of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Literal, get_args

from pydantic import Field

from shared.domain.model import Actor, Card, Group, GroupRun
from shared.events.event import Event

DeliveryAction = Literal["mark_sent", "resend", "give_up"]
DELIVERY_ACTIONS: tuple[DeliveryAction, ...] = get_args(DeliveryAction)


class ChainRefreshRequested(Event):
    """api -> escalator: an edited chain shall be applied to a group that is running through it.

    `id` follows from group, run and configuration version: asked twice, it is the same request.
    """

    type: ClassVar[str] = "chain_refresh.requested.v1"
    group_id: str
    run: int
    chain_id: str
    actor: Actor


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
    `resolved`: no page, but the word that the group is resolved, for somebody who was paged; once per run.
    `purpose` says what else than the chain wants it, and so when it is wanted: "direct" (somebody paged him
    directly, `purpose_id` is that call's), "reminder" (of his acknowledge, `purpose_id` counts them), "" the chain.
    """

    type: ClassVar[str] = "notification.requested.v1"
    group: Group
    user_id: str
    channel: str
    card: Card
    important: bool = False
    digest: tuple[GroupRun, ...] = ()
    resolved: bool = False
    purpose: str = ""
    purpose_id: str = ""


class WebhookRequested(Event):
    """escalator, api (by hand) -> notifier: evaluate an outgoing webhook for this group, and call it if it wants.

    `id` = uuid5(group, version, trigger, webhook) for a change of the group. `actor` is whose doing it is,
    `details` what more the webhook is told of it. `held_back` says why it is not to be called; it is recorded.
    """

    type: ClassVar[str] = "webhook.requested.v1"
    group: Group
    webhook_id: str
    trigger: str = "escalation"
    actor: Actor | None = None
    details: dict[str, Any] = Field(default_factory=dict)
    held_back: str = ""


class NoticeRequested(Event):
    """api, escalator -> notifier: tell one person, or a chat channel, something that is about no alert group, once.

    `address` is where, when it is not one of the user's own verified ones (a code to verify it, a call that an API
    client asked for); then `user_id` may be empty. `contact_id` names one of the user's contact points, verified or
    not: of an address that is a secret the event knows nothing. `text` is plain; what nobody but the person may read
    stands in `text_encrypted` instead, as ciphertext. After `valid_until` it is not sent any more. `in_channel`: the
    address is a channel of a chat, where `mentions` are ids of people to call, "!channel" for all in the channel.
    """

    type: ClassVar[str] = "notice.requested.v1"
    user_id: str = ""
    channel: str
    address: str | None = None
    title: str
    text: str = ""
    contact_id: str | None = None
    text_encrypted: str = ""
    valid_until: datetime | None = None
    in_channel: bool = False
    mentions: tuple[str, ...] = ()


class DeliveryReported(Event):
    """api -> notifier: a provider says later what became of a message: on its way, delivered, read or failed.

    `request_id` names the row when the provider gave it back, else `handle` does: the provider's own id.
    """

    type: ClassVar[str] = "delivery.reported.v1"
    channel: str
    state: Literal["sent", "delivered", "read", "failed"]
    request_id: str | None = None
    handle: str | None = None


class DeliveryActionRequested(Event):
    """api -> notifier: an operator settles a delivery of which nobody knows: it was sent, send it again, give it up."""

    type: ClassVar[str] = "delivery_action.requested.v1"
    delivery_id: str
    action: DeliveryAction
    actor: Actor


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
    purpose: str = ""


class NotificationDelivered(NotificationOutcome):
    """notifier: the provider took it (`decision` sent), or reports that it arrived (delivered) or was seen (read).

    `handle` is the provider's id for it.
    """

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
    trigger: str = ""
    fired: bool = True
    url: str | None = None
    status_code: int | None = None
    content: str | None = None
