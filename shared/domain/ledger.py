"""The ledger's row: one page, webhook call or notice, kept as it was asked for, and where it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, Literal

from shared.domain.model import Frozen, GroupRun
from shared.domain.webhook_record import RunRecord
from shared.events import NoticeRequested, NotificationRequested, WebhookRequested


class DeliveryState(StrEnum):
    """Where a row is. A pending row with a live lease is claimed; it may be taken over, `sending` may not.

    `sent`: the provider took it. `delivered` and `read` are what providers report of it later, if they do.
    """

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


Request = NotificationRequested | WebhookRequested | NoticeRequested


class Delivery(Frozen):
    """One row of the ledger: one request, kept as it came, and what has become of it.

    `target` names what may be slow on its own (a mail domain, one webhook). `lost_tries` counts the tries
    whose outcome nobody knows, `resends` how often an operator had it sent again. `due_at` is the next try; of a row
    that was sent, when its provider is asked what became of it. `tracked`: reports name it by `handle`.
    `settled_by` are operators' requests. `record` is a webhook's request as people are shown it.
    Rows of one `bundle` go out as one message. `erased`: its group was wiped, and what it said is gone.
    `webhook_id`: the outgoing webhook that a page goes by, where the person has none of his own.
    """

    id: str
    kind: Literal["page", "webhook", "notice"]
    channel: str
    target: str
    group_id: str
    run: int
    only_while_firing: bool = True
    subject_id: str
    request: dict[str, Any]
    state: DeliveryState = DeliveryState.PENDING
    attempts: int = 0
    lost_tries: int = 0
    reason: str = ""
    handle: str = ""
    url: str | None = None
    status_code: int | None = None
    content: str | None = None
    due_at: datetime | None = None
    created_at: datetime
    finished_at: datetime | None = None
    sent_at: datetime | None = None
    delivered_at: datetime | None = None
    read_at: datetime | None = None
    tracked: bool = False
    polls: int = 0
    resends: int = 0
    settled_by: tuple[str, ...] = ()
    record: RunRecord | None = None
    bundle: str | None = None
    erased: bool = False
    webhook_id: str | None = None

    @cached_property
    def event(self) -> Request:
        """The request itself, the cause of everything that is told about it."""
        return _KINDS[self.kind].model_validate(self.request)


_KINDS: Mapping[str, type[Request]] = {
    "page": NotificationRequested,
    "webhook": WebhookRequested,
    "notice": NoticeRequested,
}


def requested(event: Request, target: str, now: datetime) -> Delivery:
    """Return the row that a request begins as; due at once."""
    match event:
        case NotificationRequested():
            what = {"kind": "page", "channel": event.channel, "subject_id": event.user_id}
        case NoticeRequested():
            what = {"kind": "notice", "channel": event.channel, "subject_id": event.user_id}
        case _:
            what = {"kind": "webhook", "channel": "webhook", "subject_id": event.webhook_id}
    group = None if isinstance(event, NoticeRequested) else event.group
    is_step = isinstance(event, WebhookRequested) and event.trigger == "escalation"
    is_page = isinstance(event, NotificationRequested) and not event.resolved
    row = Delivery.model_validate(
        {
            **what,
            "id": event.id,
            "target": target,
            "group_id": group.id if group is not None else "",
            "run": group.run if group is not None else 0,
            "only_while_firing": is_page or is_step,
            "request": event.model_dump(mode="json"),
            "due_at": now,
            "created_at": now,
        }
    )
    vars(row)["event"] = event  # what reading `request` again would give
    return row


def about(delivery: Delivery) -> tuple[GroupRun, ...]:
    """Return the runs of groups that a delivery is about: one, or those of a digest."""
    event = delivery.event
    digest = event.digest if isinstance(event, NotificationRequested) else ()
    return digest or (GroupRun(id=delivery.group_id, run=delivery.run),)
