"""What becomes of one page or one webhook call: the ledger row, its next state, its next try, its last word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any, Literal

from shared.domain.model import Frozen, Group, GroupRun
from shared.events import (
    Event,
    NotificationCancelled,
    NotificationDelivered,
    NotificationFailed,
    NotificationRequested,
    NotificationUnknown,
    WebhookRequested,
    WebhookResponded,
)

# Waits between tries, in seconds: a blip costs one second, the tenth try comes nine minutes after the first.
WAITS_S: tuple[float, ...] = (1, 2, 5, 10, 20, 40, 60, 120, 300)
CONTENT_LIMIT = 50_000


@dataclass(frozen=True)
class Answer:
    """What the other side said, as far as people are shown it."""

    status: int | None = None
    content: str | None = None


@dataclass(frozen=True)
class Sent:
    """The other side took it; `handle` is its name for it."""

    handle: str = ""
    permalink: str | None = None
    answer: Answer | None = None


@dataclass(frozen=True)
class Retry:
    """Surely not done, but it may work later; `wait_s` is the wait that the other side asked for."""

    reason: str
    wait_s: float | None = None
    answer: Answer | None = None


@dataclass(frozen=True)
class Refused:
    """Surely not done, and the same again would be refused again. `gone`: the message to edit is no more."""

    reason: str
    answer: Answer | None = None
    gone: bool = False


@dataclass(frozen=True)
class NoWord:
    """Handed over, but no answer came: done or not, nobody knows."""

    reason: str


SendOutcome = Sent | Retry | Refused | NoWord


class DeliveryState(StrEnum):
    """Where a row is. A pending row with a live lease is claimed; it may be taken over, `sending` may not."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


class Delivery(Frozen):
    """One row of the ledger: one request, kept as it came, and what has become of it.

    `target` names what may be slow on its own (a mail domain, one webhook). `lost_tries` counts the tries
    whose outcome nobody knows.
    """

    id: str
    kind: Literal["page", "webhook"]
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

    @cached_property
    def event(self) -> NotificationRequested | WebhookRequested:
        """The request itself, the cause of everything that is told about it."""
        if self.kind == "page":
            return NotificationRequested.model_validate(self.request)
        return WebhookRequested.model_validate(self.request)


@dataclass(frozen=True)
class Policy:
    """How often one channel is tried, and whether an unknown outcome is repeated (webhooks) or held (pages)."""

    waits_s: Sequence[float] = WAITS_S
    repeats_unknown: bool = False


Decided = tuple[Delivery, Event | None]


def requested(event: NotificationRequested | WebhookRequested, target: str, now: datetime) -> Delivery:
    """Return the row that a request begins as; due at once."""
    is_page = isinstance(event, NotificationRequested)
    row = Delivery(
        id=event.id,
        kind="page" if is_page else "webhook",
        channel=event.channel if isinstance(event, NotificationRequested) else "webhook",
        target=target,
        group_id=event.group.id,
        run=event.group.run,
        only_while_firing=is_page or (isinstance(event, WebhookRequested) and event.trigger == "escalation"),
        subject_id=event.user_id if isinstance(event, NotificationRequested) else event.webhook_id,
        request=event.model_dump(mode="json"),
        due_at=now,
        created_at=now,
    )
    vars(row)["event"] = event  # what reading `request` again would give
    return row


def about(delivery: Delivery) -> tuple[GroupRun, ...]:
    """Return the runs of groups that a delivery is about: one, or those of a digest."""
    event = delivery.event
    digest = event.digest if isinstance(event, NotificationRequested) else ()
    return digest or (GroupRun(id=delivery.group_id, run=delivery.run),)


def why_none(delivery: Delivery, groups: Mapping[str, Group]) -> str | None:
    """Return why none of its groups, as they are now, wants this delivery any more; None when one of them does."""
    runs = about(delivery)
    reasons = [why_not(delivery, groups.get(one.id), one.run) for one in runs]
    if None in reasons:
        return None
    return (
        reasons[0] if len(runs) == 1 else f"none of its {len(runs)} alert groups fires any more: {reasons[0]}"
    )


def why_not(delivery: Delivery, group: Group | None, run: int | None = None) -> str | None:
    """Return why the group, as it is now, no longer wants this delivery (in `run`); None when it does."""
    if not delivery.only_while_firing:
        return None
    if group is None:
        return "the alert group no longer exists"
    if not group.is_firing:
        by = {
            "acknowledged": group.acknowledged_by,
            "resolved": group.resolved_by,
            "silenced": group.silenced_by,
        }
        actor = by.get(group.state.value)
        return f"the alert group is {group.state.value}" + (f" by {actor}" if actor else "")
    wanted = delivery.run if run is None else run
    if group.run != wanted:
        return f"the alert group is in run {group.run}, this belongs to run {wanted}"
    return None


def cancelled(delivery: Delivery, reason: str, now: datetime) -> Decided:
    """End the row unsent, because nobody wants it any more."""
    return _ended(delivery, DeliveryState.CANCELLED, reason, now)


def failed(delivery: Delivery, reason: str, now: datetime) -> Decided:
    """End the row unsent, because it cannot be sent."""
    return _ended(delivery, DeliveryState.FAILED, reason, now)


def concluded(delivery: Delivery, outcome: SendOutcome, policy: Policy, now: datetime) -> Decided:
    """Return the row after one try, and the event when that was its last word."""
    tried = _tried(delivery, outcome)
    match outcome:
        case Sent():
            return _ended(tried, DeliveryState.SENT, _sent_reason(tried), now)
        case Refused():
            return _ended(tried, DeliveryState.FAILED, outcome.reason, now)
        case NoWord() if not policy.repeats_unknown:
            return _ended(tried, DeliveryState.UNKNOWN, outcome.reason, now)
        case _:
            return _again(tried, outcome, policy, now)


def _tried(delivery: Delivery, outcome: SendOutcome) -> Delivery:
    answer = None if isinstance(outcome, NoWord) else outcome.answer
    lost = isinstance(outcome, NoWord)
    return delivery.model_copy(
        update={
            "attempts": delivery.attempts + 1,
            "lost_tries": delivery.lost_tries + lost,
            "handle": outcome.handle if isinstance(outcome, Sent) else delivery.handle,
            "status_code": answer.status if answer else None,
            "content": answer.content[:CONTENT_LIMIT] if answer and answer.content is not None else None,
        }
    )


def _again(delivery: Delivery, outcome: Retry | NoWord, policy: Policy, now: datetime) -> Decided:
    """Set the next due time, or give up when the waits are used up."""
    if delivery.attempts > len(policy.waits_s):
        return _ended(delivery, DeliveryState.FAILED, f"{outcome.reason} ({delivery.attempts} tries)", now)
    asked_s = outcome.wait_s if isinstance(outcome, Retry) and outcome.wait_s else 0.0
    wait_s = max(asked_s, policy.waits_s[delivery.attempts - 1])
    due_at = now + timedelta(seconds=wait_s)
    return delivery.model_copy(
        update={"state": DeliveryState.PENDING, "due_at": due_at, "reason": outcome.reason}
    ), None


def _sent_reason(delivery: Delivery) -> str:
    if not delivery.lost_tries:
        return ""
    return f"sent at try {delivery.attempts}; of {delivery.lost_tries} earlier tries the outcome is unknown"


def _ended(delivery: Delivery, state: DeliveryState, reason: str, now: datetime) -> Decided:
    after = delivery.model_copy(update={"state": state, "reason": reason, "due_at": None, "finished_at": now})
    event = after.event
    if isinstance(event, WebhookRequested):
        return after, _webhook_told(after, event, now)
    return after, _page_told(after, event, now)


def _page_told(delivery: Delivery, cause: NotificationRequested, now: datetime) -> Event:
    fields: dict[str, Any] = {
        "time": now,
        "decision": delivery.state.value,
        "reason": delivery.reason,
        "request_id": delivery.id,
        "group_id": delivery.group_id,
        "run": delivery.run,
        "user_id": cause.user_id,
        "channel": cause.channel,
        "attempts": delivery.attempts,
    }
    match delivery.state:
        case DeliveryState.SENT:
            return NotificationDelivered.following(cause, handle=delivery.handle or None, **fields)
        case DeliveryState.UNKNOWN:
            return NotificationUnknown.following(cause, **fields)
        case DeliveryState.CANCELLED:
            return NotificationCancelled.following(cause, **fields)
        case _:
            return NotificationFailed.following(cause, **fields)


def _webhook_told(delivery: Delivery, cause: WebhookRequested, now: datetime) -> Event:
    return WebhookResponded.following(
        cause,
        time=now,
        decision=delivery.state.value,
        reason=delivery.reason,
        request_id=delivery.id,
        group_id=delivery.group_id,
        webhook_id=cause.webhook_id,
        fired=delivery.attempts > 0,
        url=delivery.url,
        status_code=delivery.status_code,
        content=delivery.content,
    )
