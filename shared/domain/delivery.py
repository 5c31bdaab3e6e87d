"""What becomes of one page, webhook call or notice: its next state, its next try, its last word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.domain.ledger import Delivery, DeliveryState, Request, about, requested
from shared.domain.model import Group
from shared.domain.purposes import why_unwanted
from shared.domain.send_outcome import Answer, NoWord, Refused, Report, Retry, SendOutcome, Sent
from shared.events import (
    Event,
    NoticeRequested,
    NotificationCancelled,
    NotificationDelivered,
    NotificationFailed,
    NotificationRequested,
    NotificationUnknown,
    StageDecided,
    WebhookRequested,
    WebhookResponded,
)

__all__ = [
    "CONTENT_LIMIT",
    "WAITS_S",
    "Answer",
    "Decided",
    "Delivery",
    "DeliveryState",
    "NoWord",
    "Policy",
    "Refused",
    "Report",
    "Request",
    "Retry",
    "SendOutcome",
    "Sent",
    "about",
    "cancelled",
    "concluded",
    "ended",
    "failed",
    "is_resolve_notice",
    "requested",
    "why_none",
    "why_not",
]

# Waits between tries, in seconds: a blip costs one second, the tenth try comes nine minutes after the first.
WAITS_S: tuple[float, ...] = (1, 2, 5, 10, 20, 40, 60, 120, 300)
CONTENT_LIMIT = 50_000


@dataclass(frozen=True)
class Policy:
    """How often one channel is tried, and whether an unknown outcome is repeated (webhooks) or held (pages).

    `tracked`: its provider reports on what it took; `polls_s` are the waits before it is asked, if it is.
    """

    waits_s: Sequence[float] = WAITS_S
    repeats_unknown: bool = False
    tracked: bool = False
    polls_s: Sequence[float] = ()


Decided = tuple[Delivery, Event | None]


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
        return _why_no_word_of_it(delivery, group) if is_resolve_notice(delivery) else None
    if isinstance(delivery.event, NotificationRequested) and delivery.event.purpose:
        return why_unwanted(delivery.event, group)
    if group is None:
        return "the alert group no longer exists"
    if group.root_id is not None:
        return f"the alert group is {group.standing}"
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


def is_resolve_notice(delivery: Delivery) -> bool:
    """Whether a row tells somebody who was paged that the group is resolved."""
    return delivery.kind == "page" and bool(delivery.request.get("resolved"))


def _why_no_word_of_it(delivery: Delivery, group: Group | None) -> str | None:
    if group is None:
        return "the alert group no longer exists"
    is_over = group.run == delivery.run and group.resolved_at is not None
    return None if is_over else "the alert group is not resolved any more"


def cancelled(delivery: Delivery, reason: str, now: datetime) -> Decided:
    """End the row unsent, because nobody wants it any more."""
    return ended(delivery, DeliveryState.CANCELLED, reason, now)


def failed(delivery: Delivery, reason: str, now: datetime) -> Decided:
    """End the row unsent, because it cannot be sent."""
    return ended(delivery, DeliveryState.FAILED, reason, now)


def concluded(delivery: Delivery, outcome: SendOutcome, policy: Policy, now: datetime) -> Decided:
    """Return the row after one try, and the event when that was its last word."""
    tried = _tried(delivery, outcome)
    match outcome:
        case Sent():
            return _sent(tried, policy, now)
        case Refused():
            return ended(tried, DeliveryState.FAILED, outcome.reason, now)
        case NoWord() if not policy.repeats_unknown:
            return ended(tried, DeliveryState.UNKNOWN, outcome.reason, now)
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
        return ended(delivery, DeliveryState.FAILED, f"{outcome.reason} ({delivery.attempts} tries)", now)
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


def _sent(delivery: Delivery, policy: Policy, now: datetime) -> Decided:
    """End a row that was taken; a provider that can be asked later makes it due once more."""
    taken = delivery.model_copy(update={"sent_at": now, "tracked": policy.tracked})
    after, event = ended(taken, DeliveryState.SENT, _sent_reason(taken), now)
    if policy.polls_s and after.handle:
        after = after.model_copy(update={"due_at": now + timedelta(seconds=policy.polls_s[0])})
    return after, event


def ended(delivery: Delivery, state: DeliveryState, reason: str, now: datetime) -> Decided:
    """Give a row a last word, and what is told of it. A report may make a later word the last one."""
    after = delivery.model_copy(update={"state": state, "reason": reason, "due_at": None, "finished_at": now})
    event = after.event
    match event:
        case WebhookRequested():
            return after, _webhook_told(after, event, now)
        case NoticeRequested():
            return after, _notice_told(after, event, now)
        case _:
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
        "purpose": cause.purpose,
    }
    part = f"resent {delivery.resends}" if delivery.resends else ""
    match delivery.state:
        case DeliveryState.SENT | DeliveryState.DELIVERED | DeliveryState.READ as state:
            part = part if state is DeliveryState.SENT else f"{part}{state}"
            return NotificationDelivered.following(cause, part, handle=delivery.handle or None, **fields)
        case DeliveryState.UNKNOWN:
            return NotificationUnknown.following(cause, part, **fields)
        case DeliveryState.CANCELLED:
            return NotificationCancelled.following(cause, part, **fields)
        case _:
            return NotificationFailed.following(cause, part, **fields)


def _notice_told(delivery: Delivery, cause: NoticeRequested, now: datetime) -> Event:
    """Say what became of a message that is about no group; no escalation waits for it."""
    return StageDecided.following(
        cause,
        f"{delivery.resends} {delivery.state}",
        time=now,
        stage="notifier",
        decision=delivery.state.value,
        reason=delivery.reason or f"{cause.channel} for {cause.user_id or cause.address}",
    )


def _webhook_told(delivery: Delivery, cause: WebhookRequested, now: datetime) -> Event:
    return WebhookResponded.following(
        cause,
        time=now,
        decision=delivery.state.value,
        reason=delivery.reason,
        request_id=delivery.id,
        group_id=delivery.group_id,
        webhook_id=cause.webhook_id,
        trigger=cause.trigger,
        fired=delivery.attempts > 0,
        url=delivery.url,
        status_code=delivery.status_code,
        content=delivery.content,
    )
