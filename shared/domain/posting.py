"""What becomes of an alert group's message in one chat channel: posted once, then edited to the newest version.

Everything is decided on one row per (group, medium, channel); each function returns the row after.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.domain.delivery import NoWord, Refused, Retry, SendOutcome, Sent
from shared.domain.model import Frozen, State
from shared.domain.wiped_cards import wiped_cards
from shared.events import (
    Event,
    GroupDeleted,
    GroupWiped,
    PostDelivered,
    PostFailed,
    PostRequested,
    derived_id,
)

# Waits after a failure that passes by itself, in seconds.
WAITS_S: tuple[float, ...] = (1, 2, 5, 10, 30, 60)
# Waits after a refusal that only a person can mend: looked at again, seldom.
REFUSED_WAITS_S: tuple[float, ...] = (300, 600, 1800, 3600)
LOOK_WAIT_S = 2.0


class Shown(Frozen):
    """The message as the chat product has it."""

    version: int
    state: State
    run: int
    at: datetime
    note: str = ""


class Post(Frozen):
    """One row of the ledger.

    `request` is the newest version wanted, `shown` what was handed over last. `trying_since` is set from before
    the first post until its outcome is known: a row that has it may have a message that it does not know of.
    `permalink` is where the message is seen in a browser, "" where that is not known.
    `failure` is the reason that was told last. `rev` counts writes.
    """

    id: str
    group_id: str
    medium: str
    channel: str
    request: dict[str, Any]
    version: int
    state: State
    run: int
    note: str = ""
    rev: int = 0
    due_at: datetime | None = None
    handle: str = ""
    permalink: str = ""
    shown: Shown | None = None
    trying_since: datetime | None = None
    attempts: int = 0
    failure: str = ""

    @property
    def event(self) -> PostRequested:
        """The newest request."""
        return PostRequested.model_validate(self.request)

    @property
    def is_behind(self) -> bool:
        """Whether the channel does not show the newest version, with its note, yet."""
        if self.shown is None or self.shown.version < self.version:
            return True
        return self.shown.version == self.version and self.shown.note != self.note

    @property
    def is_urgent(self) -> bool:
        """Whether what the channel shows is wrong about the state, not merely about the number of alerts."""
        shown = self.shown
        return shown is None or (shown.state, shown.run, shown.note) != (self.state, self.run, self.note)


@dataclass(frozen=True)
class Pace:
    """How far apart two edits of one message are that only tell of more alerts."""

    edits_s: float = 10.0


Decided = tuple[Post, Event | None]


def post_id(group_id: str, medium: str, channel: str) -> str:
    """Return the id of the row: one message per group and channel."""
    return derived_id("post", group_id, medium, channel)


def wanted(
    before: Post | None, request: PostRequested, channel: str, now: datetime, pace: Pace
) -> Post | None:
    """Return the row that wants this version; None when it wants it, or a newer one, already."""
    group = request.group
    if before is not None and before.version >= group.version:
        return _noted(before, request, now)
    newest: dict[str, Any] = {
        "request": request.model_dump(mode="json"),
        "version": group.version,
        "state": group.state,
        "run": group.run,
        "note": request.note,
    }
    if before is None:
        id = post_id(group.id, request.medium, channel)
        return Post(id=id, group_id=group.id, medium=request.medium, channel=channel, due_at=now, **newest)
    after = before.model_copy(update={**newest, "rev": before.rev + 1})
    return after.model_copy(update={"due_at": _next(before, after, now, pace)})


def erased(event: GroupWiped | GroupDeleted, row: Post) -> PostRequested:
    """Return the request that a row's message says that the group was wiped or deleted, and nothing else of it."""
    return PostRequested.following(
        event,
        part=row.id,
        subject=row.group_id,
        group=event.group,
        medium=row.medium,
        channel=row.channel,
        card=wiped_cards(event.group, [row.medium])[row.medium],
        change=event.type,
        actor=event.actor,
        decision="post",
        reason="what the message said is erased",
    )


def _noted(before: Post, request: PostRequested, now: datetime) -> Post | None:
    """Return the row with a later request's note; None when the request brings nothing new."""
    if before.note == request.note or before.event.time >= request.time:
        return None
    changed = request.model_dump(mode="json", include={"note", "time"})
    due_at = before.due_at if before.due_at is not None and before.attempts > 0 else now
    return before.model_copy(
        update={
            "request": {**before.request, **changed},
            "note": request.note,
            "due_at": due_at,
            "rev": before.rev + 1,
        }
    )


def _next(before: Post, after: Post, now: datetime, pace: Pace) -> datetime:
    """Return when the newest version is sent; a wait that a failure or the other side asked for is kept."""
    if before.due_at is not None and before.attempts > 0:
        return before.due_at
    paced = _paced(after, now, pace)
    return paced if before.due_at is None else min(before.due_at, paced)


def _paced(post: Post, now: datetime, pace: Pace) -> datetime:
    if post.is_urgent or post.shown is None:
        return now
    return max(now, post.shown.at + timedelta(seconds=pace.edits_s))


def settled(post: Post) -> Post:
    """Return a row that was due although the channel shows the newest version."""
    return post.model_copy(update={"due_at": None, "rev": post.rev + 1})


def trying(post: Post, now: datetime) -> Post:
    """Return the row just before its first post is handed over."""
    return post.model_copy(update={"trying_since": post.trying_since or now, "rev": post.rev + 1})


def absent(post: Post) -> Post:
    """Return the row after a whole look at the channel did not find a message of it."""
    return post.model_copy(update={"trying_since": None, "rev": post.rev + 1})


def found(post: Post, handle: str, now: datetime) -> Post:
    """Return the row after a look at the channel found its message: to be edited at once."""
    changed = {"trying_since": None, "handle": handle, "due_at": now, "rev": post.rev + 1}
    return post.model_copy(update=changed)


def unfound(post: Post, outcome: Retry | Refused | NoWord, now: datetime) -> Decided:
    """Return the row after a look at the channel that failed: it is still not known whether it has a message."""
    if isinstance(outcome, Refused):
        return refused(post, f"cannot look for the message: {outcome.reason}", now)
    wait_s = outcome.wait_s if isinstance(outcome, Retry) else LOOK_WAIT_S
    return _waiting(post, wait_s, now, post.trying_since), None


def concluded(post: Post, sent: PostRequested, outcome: SendOutcome, now: datetime, pace: Pace) -> Decided:
    """Return the row after `sent` was handed over (or was not), and what is to be told.

    `post` is the row as it is now: a newer version may have been asked for in the meantime.
    """
    match outcome:
        case Sent():
            return _sent(post, sent, outcome, now, pace)
        case Refused(gone=True) if post.handle:
            return _gone(post, now), None
        case Refused():
            return refused(post.model_copy(update={"trying_since": None}), outcome.reason, now)
        case Retry():
            return _waiting(post, outcome.wait_s, now, None), None
        case NoWord():
            return _waiting(post, LOOK_WAIT_S, now, post.trying_since), None


def refused(post: Post, reason: str, now: datetime) -> Decided:
    """Return the row after a refusal that only a person can mend; told once per reason, looked at again seldom."""
    wait_s = REFUSED_WAITS_S[min(post.attempts, len(REFUSED_WAITS_S) - 1)]
    after = post.model_copy(
        update={
            "due_at": now + timedelta(seconds=wait_s),
            "attempts": post.attempts + 1,
            "failure": reason,
            "rev": post.rev + 1,
        }
    )
    if post.failure == reason:
        return after, None
    return after, PostFailed.following(
        post.event,
        part=reason,
        time=now,
        decision="failed",
        reason=reason,
        group_id=post.group_id,
        medium=post.medium,
        channel=post.channel or None,
    )


def _waiting(post: Post, asked_s: float | None, now: datetime, trying_since: datetime | None) -> Post:
    own_s = WAITS_S[min(post.attempts, len(WAITS_S) - 1)]
    return post.model_copy(
        update={
            "due_at": now + timedelta(seconds=max(own_s, asked_s or 0.0)),
            "attempts": post.attempts + 1,
            "trying_since": trying_since if not post.handle else None,
            "rev": post.rev + 1,
        }
    )


def _gone(post: Post, now: datetime) -> Post:
    """Return the row of a message that a person deleted: posted anew, unless the group is over."""
    over = post.state is State.RESOLVED
    shown = Shown(version=post.version, state=post.state, run=post.run, at=now) if over else None
    changed = {
        "handle": "",
        "permalink": "",
        "shown": shown,
        "due_at": None if over else now,
        "rev": post.rev + 1,
    }
    return post.model_copy(update=changed)


def _sent(post: Post, sent: PostRequested, outcome: Sent, now: datetime, pace: Pace) -> Decided:
    group = sent.group
    shown = Shown(version=group.version, state=group.state, run=group.run, at=now, note=sent.note)
    after = post.model_copy(
        update={
            "handle": outcome.handle or post.handle,
            "permalink": outcome.permalink or post.permalink,
            "shown": shown,
            "trying_since": None,
            "attempts": 0,
            "failure": "",
            "rev": post.rev + 1,
        }
    )
    due_at = _paced(after, now, pace) if after.is_behind else None
    return after.model_copy(update={"due_at": due_at}), PostDelivered.following(
        sent,
        part=str(group.version),
        time=now,
        decision="edited" if post.handle else "posted",
        group_id=post.group_id,
        medium=post.medium,
        channel=post.channel,
        handle=after.handle,
        group_version=group.version,
        permalink=after.permalink or None,
    )
