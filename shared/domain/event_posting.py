"""How the events of the journal are posted to a subscription: what goes into one request, and what its answer means.

A position is passed only when the other side has answered 2xx; all else is tried again, for ever (docs/adr/0072).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from shared.domain.model import Frozen

# A request holds at most so much, but for one event that alone is more.
MOST_BYTES = 256 * 1024
FIRST_WAIT_S, LONGEST_WAIT_S = 1, 300
LONGEST_ASKED_S = 86_400
SINGLE, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
LOST = (
    "The journal cannot be followed from this position any more, so some events can never be posted. Give it another "
    "position, and read what was missed from the alert groups and their timelines."
)


class InHand(Frozen):
    """The events of one request on its way: written down before it is made, so that a repeat is the same request."""

    last_id: str
    count: int
    oldest_at: datetime


class EventPosition(Frozen):
    """How far a subscription has come; `position` is a text of the event stream's kind.

    `caught_up_at` is when it was last seen that nothing more is there. `expired` counts pages of the journal that were
    gone before they were read.
    """

    id: str
    position: str
    in_hand: InHand | None = None
    posted: int = 0
    posted_at: datetime | None = None
    caught_up_at: datetime | None = None
    last_event_at: datetime | None = None
    status: int | None = None
    failures: int = 0
    failing_since: datetime | None = None
    error: str | None = None
    is_lost: bool = False
    expired: int = 0

    def lag_s(self, now: datetime) -> float | None:
        """Return for how long the oldest event that is known to wait has waited, 0 when none does.

        None: nobody has looked yet, or nobody can say.
        """
        if self.is_lost:
            return None
        if self.in_hand is not None:
            return max((now - self.in_hand.oldest_at).total_seconds(), 0.0)
        return 0.0 if self.caught_up_at is not None else None


class Answer(Frozen):
    """What became of one request; no status means that there was no answer, and `text` says why."""

    status: int | None
    headers: Mapping[str, str] = {}
    text: str = ""

    @property
    def is_taken(self) -> bool:
        """Whether the other side has taken the events."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """Whether the other side wants no more of them, ever."""
        return self.status == 410


def batch_size(sizes: Sequence[int], ids: Sequence[str], most: int, until_id: str | None) -> int:
    """Return how many of the waiting events go into the next request, at least one.

    `sizes` are in bytes. `until_id`: the last event of a request that was begun before, to be made again.
    """
    total = 0
    for number, (size, id) in enumerate(zip(sizes, ids, strict=True)):
        total += size
        if number and total > MOST_BYTES:
            return number
        if number + 1 == most or id == until_id:
            return number + 1
    return len(sizes)


def holding(before: EventPosition, records: Sequence[Mapping[str, Any]], now: datetime) -> EventPosition:
    """Return the state in which a request with these events is about to be made."""
    times = [one for one in (_instant(record.get("time")) for record in records) if one is not None]
    oldest_at = min(times, default=now)
    in_hand = InHand(last_id=records[-1]["id"], count=len(records), oldest_at=oldest_at)
    return before.model_copy(update={"in_hand": in_hand, "caught_up_at": None})


def answered(
    before: EventPosition, answer: Answer, behind: str, now: datetime
) -> tuple[EventPosition, float]:
    """Return the state after an answer, and in how many seconds to go on: at once, or with the same request again.

    `behind` is the position behind the events in hand.
    """
    if not answer.is_taken:
        failures = before.failures + 1
        failed = {
            "failures": failures,
            "failing_since": before.failing_since or now,
            "status": answer.status,
            "error": answer.text,
        }
        return before.model_copy(update=failed), wait_s(failures, answer, now)
    taken = before.in_hand
    passed = {
        "position": behind,
        "in_hand": None,
        "posted": before.posted + (taken.count if taken is not None else 0),
        "posted_at": now,
        "last_event_at": taken.oldest_at if taken is not None else None,
        "status": answer.status,
        "failures": 0,
        "failing_since": None,
        "error": None,
        "is_lost": False,
    }
    return before.model_copy(update=passed), 0.0


def passed_over(before: EventPosition, position: str, now: datetime, *, is_end: bool) -> EventPosition:
    """Return the state behind events that were not asked for, at the end of the journal or before it.

    At the end nothing waits any more, also of what was asked for once and had failed.
    """
    nothing = {"in_hand": None, "failures": 0, "failing_since": None, "error": None, "is_lost": False}
    at_end = {"caught_up_at": now, **nothing} if is_end else {"caught_up_at": None}
    return before.model_copy(update={"position": position, **at_end})


def lost(before: EventPosition, reason: str) -> EventPosition:
    """Return the state of a subscription whose position cannot be followed any more."""
    return before.model_copy(update={"is_lost": True, "error": f"{LOST} ({reason})"})


def moved(before: EventPosition, position: str) -> EventPosition:
    """Return the state of a subscription that somebody gave another position."""
    return EventPosition(id=before.id, position=position, posted=before.posted, posted_at=before.posted_at)


def wait_s(failures: int, answer: Answer, now: datetime) -> float:
    """Return how long to wait after a failure: twice as long each time, and not less than the other side asks for."""
    own = min(FIRST_WAIT_S * 2 ** min(failures - 1, 20), LONGEST_WAIT_S)
    return float(max(own, min(_asked_s(answer.headers.get("retry-after", ""), now), LONGEST_ASKED_S)))


def _asked_s(text: str, now: datetime) -> float:
    """Read Retry-After: seconds or a date; what is neither asks for nothing."""
    text = text.strip()
    if text.isascii() and text.isdecimal() and len(text) < 10:
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    aware = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    return max((aware - now) / timedelta(seconds=1), 0.0)


def _instant(text: Any) -> datetime | None:
    try:
        at = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return at if at is not None and at.tzinfo is not None else None
