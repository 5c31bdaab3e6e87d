"""What a ledger row becomes after it was handed over: by the provider's report, by asking it, by an operator.

Reports come late, twice and in any order: nothing goes backwards. A failure that is reported after the provider took
a page is told as any other failure, so that the person's next rule runs at once; once, because a row fails once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from shared.domain.delivery import Decided, Delivery, DeliveryState, Report, ended
from shared.errors import Permanent
from shared.events import DELIVERY_ACTIONS, DeliveryActionRequested, StageDecided

# How far a row is; what is not here is not to be changed by a report.
_FAR = {
    DeliveryState.PENDING: 0,
    DeliveryState.UNKNOWN: 0,
    DeliveryState.SENT: 1,
    DeliveryState.DELIVERED: 2,
    DeliveryState.READ: 3,
}
_ASKED = frozenset({DeliveryState.SENT, DeliveryState.DELIVERED})
_MAY_FAIL = frozenset({DeliveryState.UNKNOWN, DeliveryState.SENT})
_ALLOWED = {
    "mark_sent": frozenset({DeliveryState.UNKNOWN}),
    "resend": frozenset({DeliveryState.UNKNOWN, DeliveryState.FAILED}),
    "give_up": frozenset({DeliveryState.UNKNOWN, DeliveryState.PENDING}),
}


def reported(row: Delivery, report: Report, now: datetime) -> Decided | None:
    """Return the row after a report and what is told of it; None when the report is no news.

    A pending row changes only when one of its tries has an unknown outcome: the report is about that one.
    """
    if row.state is DeliveryState.PENDING and not row.lost_tries:
        return None
    if report.state == "failed":
        if row.state not in _MAY_FAIL:
            return None
        return ended(row, DeliveryState.FAILED, report.reason or "the provider reports that it failed", now)
    state = DeliveryState(report.state)
    if _FAR[state] <= _FAR.get(row.state, len(_FAR)):
        return None
    times = {
        DeliveryState.SENT: "sent_at",
        DeliveryState.DELIVERED: "delivered_at",
        DeliveryState.READ: "read_at",
    }
    after, event = ended(row.model_copy(update={times[state]: now}), state, report.reason, now)
    asked_again = row.due_at if row.state is DeliveryState.SENT and state is not DeliveryState.READ else None
    finished_at = row.finished_at if row.state in (DeliveryState.SENT, DeliveryState.DELIVERED) else now
    return after.model_copy(update={"due_at": asked_again, "finished_at": finished_at}), event


def polled(row: Delivery, answer: Report | None, waits_s: Sequence[float], now: datetime) -> Decided:
    """Return the row after its provider was asked once; it is asked again until the waits are used up."""
    asked = row.model_copy(update={"polls": row.polls + 1})
    after, event = (reported(asked, answer, now) if answer is not None else None) or (asked, None)
    is_over = (answer is not None and answer.is_final) or after.state not in _ASKED
    due_at = None if is_over or after.polls >= len(waits_s) else now + timedelta(seconds=waits_s[after.polls])
    return after.model_copy(update={"due_at": due_at}), event


def why_not_settled(row: Delivery, action: str) -> str | None:
    """Return why an operator cannot do this to a row as it is now; None when he can."""
    allowed = _ALLOWED.get(action)
    if allowed is None:
        return f"the action must be one of {', '.join(DELIVERY_ACTIONS)}"
    if row.erased and action == "resend":
        return "what the delivery said was erased with its alert group"
    if row.state in allowed:
        return None
    names = " or ".join(sorted(allowed))
    return f"the delivery is {row.state}; {action} is for deliveries that are {names}"


def settled(row: Delivery, request: DeliveryActionRequested, now: datetime) -> Decided | None:
    """Do what an operator asks for; None when this very request was done already.

    Raises:
        Permanent: not possible in the row's state; the message says why.
    """
    if request.id in row.settled_by:
        return None
    refused = why_not_settled(row, request.action)
    if refused is not None:
        raise Permanent(refused)
    who = str(request.actor)
    row = row.model_copy(update={"settled_by": (*row.settled_by, request.id)})
    match request.action:
        case "mark_sent":
            taken = row.model_copy(update={"sent_at": now})
            return ended(taken, DeliveryState.SENT, f"marked as sent by {who}", now)
        case "give_up":
            return ended(row, DeliveryState.FAILED, f"given up by {who}", now)
        case _:
            return _resent(row, request, who, now)


def _resent(row: Delivery, request: DeliveryActionRequested, who: str, now: datetime) -> Decided:
    """Make a row due again. Its group is looked at as before any send."""
    again = {
        "state": DeliveryState.PENDING,
        "due_at": now,
        "attempts": 0,
        "finished_at": None,
        "resends": row.resends + 1,
        "reason": f"sent again for {who}",
    }
    told = StageDecided.following(
        request,
        "notifier",
        time=now,
        subject=row.group_id,
        stage="notifier",
        group_id=row.group_id or None,
        decision="resend",
        reason=f"the delivery by {row.channel} ({row.id}) is sent again for {who}",
    )
    return row.model_copy(update=again), told
