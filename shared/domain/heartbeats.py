"""Decides when a heartbeat is missing and when it is back: pings, deadlines and the alerts that follow.

A heartbeat is inert until its first ping. It is missing when none came for its timeout, counted from the last
ping or from the end of the last time in which Tocsin itself could not listen, whichever is later.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.configuration import Integration
from shared.domain.heartbeat_facts import HeartbeatFacts
from shared.domain.heartbeat_texts import HeartbeatTexts, spoken
from shared.domain.model import Alert, Frozen
from shared.domain.watching import Watch
from shared.events import AlertReceived, Due, Event, StageDecided, derived_id
from shared.integrations import heartbeat_of

# A ping of the last moment may still be in somebody's hands when the news of that moment comes.
SETTLE = timedelta(seconds=1)
INSTANT = timedelta(microseconds=1)


class Heartbeat(Frozen):
    """The heartbeat of one integration, whose id it has, from its first ping on.

    `due_at` is how far Tocsin must have watched before its silence is certain; None while it is expired.
    `expired_at` is the deadline that it missed.
    """

    id: str
    version: int = 1
    timeout_s: int
    last_seen_at: datetime
    expired_at: datetime | None = None
    due_at: datetime | None = None

    @property
    def is_expired(self) -> bool:
        """Whether an alert was raised and no ping came since."""
        return self.expired_at is not None


@dataclass(frozen=True)
class Change:
    """What people must hear of: a heartbeat expired, or was restored at `at`."""

    is_missing: bool
    timeout_s: int
    last_seen_at: datetime
    began_at: datetime
    at: datetime


def ping(
    before: Heartbeat | None, integration_id: str, at: datetime, timeout_s: int, now: datetime
) -> tuple[Heartbeat, Change | None]:
    """Take a ping that a receiver accepted `at`; return what to save and the change, if it is one.

    A late ping (told after younger ones, or out of a spool) moves nothing back, and restores nothing when it is
    itself older than the timeout.
    """
    if before is None:
        return _alive(Heartbeat(id=integration_id, version=0, timeout_s=timeout_s, last_seen_at=at)), None
    if at <= before.last_seen_at:
        return before, None
    seen = before.model_copy(update={"last_seen_at": at, "timeout_s": timeout_s})
    if before.expired_at is None:
        return _alive(seen), None
    if at + timedelta(seconds=timeout_s) <= now:
        return seen.model_copy(update={"version": before.version + 1}), None
    restored_at = max(at, before.expired_at + INSTANT)
    change = Change(False, timeout_s, before.last_seen_at, before.expired_at, restored_at)
    return _alive(seen), change


def expire(before: Heartbeat, watched: Watch, timeout_s: int) -> tuple[Heartbeat, Change | None]:
    """Look at a heartbeat whose deadline has come; without a change it may have a later one.

    The deadline itself still counts as in time.
    """
    if before.is_expired:
        return before, None
    deadline = max(before.last_seen_at, watched.since) + timedelta(seconds=timeout_s)
    after = before.model_copy(update={"timeout_s": timeout_s, "version": before.version + 1})
    if deadline + SETTLE > watched.until:
        return after.model_copy(update={"due_at": deadline + SETTLE}), None
    change = Change(True, timeout_s, before.last_seen_at, deadline, deadline)
    return after.model_copy(update={"expired_at": deadline, "due_at": None}), change


def retime(before: Heartbeat, timeout_s: int) -> Heartbeat:
    """Give a heartbeat another timeout; one that is expired stays so until its next ping."""
    if timeout_s == before.timeout_s:
        return before
    after = before.model_copy(update={"timeout_s": timeout_s})
    return after.model_copy(update={"version": before.version + 1}) if before.is_expired else _alive(after)


def _alive(one: Heartbeat) -> Heartbeat:
    due_at = one.last_seen_at + timedelta(seconds=one.timeout_s) + SETTLE
    return one.model_copy(update={"version": one.version + 1, "expired_at": None, "due_at": due_at})


def due_cause(heartbeat_id: str, change: Change, config_version: int) -> Due:
    """Return the cause of an expiry: the same deadline gives the same alert, whoever notices it."""
    due = Due.of(heartbeat_id, "heartbeat", change.began_at)
    return due.model_copy(update={"config_version": config_version})


def alarm(
    cause: Event | Due, change: Change, integration: Integration, texts: HeartbeatTexts, now: datetime
) -> list[Event]:
    """Return the events of a change: the alert, and the problems that its templates had."""
    facts = HeartbeatFacts(
        is_missing=change.is_missing,
        title=texts.title,
        message=texts.message,
        integration_name=integration.name,
        timeout_s=change.timeout_s,
        last_seen_at=change.last_seen_at,
        began_at=change.began_at,
        at=change.at,
    )
    read_as, payload = heartbeat_of(integration.type, facts)
    word = "heartbeat_expired" if change.is_missing else "heartbeat_restored"
    id = derived_id(integration.id, word, change.began_at.isoformat())
    alert = Alert(
        id=id, integration_id=integration.id, received_at=change.at, payload=payload, read_as=read_as
    )
    told = AlertReceived.following(
        cause, alert_id=id, subject=id, time=now, alert=alert, decision=word, reason=_reason(change)
    )
    return [told, *_problems(told, texts)]


def _reason(change: Change) -> str:
    if change.is_missing:
        return (
            f"no heartbeat for {spoken(change.timeout_s)}, the last one at {change.last_seen_at.isoformat()}"
        )
    return f"a heartbeat at {change.at.isoformat()}, missing since {change.began_at.isoformat()}"


def _problems(told: AlertReceived, texts: HeartbeatTexts) -> list[Event]:
    if not texts.problems:
        return []
    problems = tuple(one.model_copy(update={"alert_id": told.alert.id}) for one in texts.problems)
    return [
        StageDecided.following(
            told,
            part="heartbeat",
            stage="heartbeat",
            alerts=(told.alert.id,),
            problems=problems,
            decision="default_text",
            reason=f"{len(problems)} templates of the heartbeat failed",
        )
    ]
