"""Whether Tocsin itself was listening: silence of a tool means something only while nothing of ours was down.

Each receiver says every few seconds that it has served without a break since then, and has told everything that
it accepted (a beat). Beats travel behind the pings in one ordered queue, so a handled beat proves that every
earlier ping of that receiver is known. The time of the oldest newest beat is the time up to which silence is
certain; deadlines run by it, not by the clock on the wall (docs/adr/0023).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.model import Frozen

# A receiver that could tell no beat for longer begins anew: what was sent to it meanwhile may be lost.
LONGEST_GAP = timedelta(seconds=10)
# A receiver that ended without a word may hold pings; so long the others wait for it.
HOLD = timedelta(seconds=30)
# Older news than this decides nothing: what came since is still in the queue.
MAX_LAG = timedelta(seconds=5)


@dataclass(frozen=True)
class Presence:
    """A receiver's own account: it has served without a break since `since`, last told `at`."""

    since: datetime
    at: datetime


def present(before: Presence | None, now: datetime) -> Presence:
    """Return the account to tell now; a break, a stalled process or a clock that was moved begins a new one."""
    if before is None or not timedelta() <= now - before.at <= LONGEST_GAP:
        return Presence(now, now)
    return Presence(before.since, now)


class Receiver(Frozen):
    """The newest beat that is known of one receiver process; `has_left` when it said goodbye.

    `name` is that of the instance: the next process under it takes its place.
    """

    id: str
    name: str
    since: datetime
    at: datetime
    has_left: bool = False


@dataclass(frozen=True)
class Watch:
    """Every ping that was sent between `since` and `until` is known."""

    since: datetime
    until: datetime


def watch(receivers: Sequence[Receiver], now: datetime) -> Watch | None:
    """Return what was watched without a break until now; None while nothing can be told for certain.

    It is watched as long as at least one receiver serves; but who may still hold pings is waited for, and one
    that was lost is a break until it is replaced or given up. A beat from the future, told by a clock that was
    or is wrong, proves nothing.
    """
    receivers = _believed(receivers, now)
    live = [one for one in receivers if _is_live(one, receivers, now)]
    if not live:
        return None
    until = min(one.at for one in live)
    if now - until > MAX_LAG:
        return None
    breaks = [_lost_until(one, receivers) for one in receivers if not one.has_left and one not in live]
    since = max([_covered_since(receivers, until), *breaks])
    return Watch(min(since, until), until)


def age_s(receivers: Sequence[Receiver], now: datetime) -> float | None:
    """Return how old the news is that deadlines are decided by, in seconds; None when there never was any."""
    receivers = _believed(receivers, now)
    live = [one.at for one in receivers if _is_live(one, receivers, now)]
    known = min(live) if live else max((one.at for one in receivers), default=None)
    return None if known is None else max(0.0, (now - known).total_seconds())


def _believed(receivers: Sequence[Receiver], now: datetime) -> list[Receiver]:
    return [one for one in receivers if one.at - now <= MAX_LAG]


def _is_live(one: Receiver, receivers: Sequence[Receiver], now: datetime) -> bool:
    return not one.has_left and now - one.at <= HOLD and _successor(one, receivers) is None


def _successor(one: Receiver, receivers: Sequence[Receiver]) -> Receiver | None:
    later = [other for other in receivers if other.name == one.name and other.since > one.since]
    return min(later, key=lambda other: other.since, default=None)


def _lost_until(one: Receiver, receivers: Sequence[Receiver]) -> datetime:
    given_up = one.at + HOLD
    successor = _successor(one, receivers)
    return given_up if successor is None else min(given_up, successor.since)


def _covered_since(receivers: Sequence[Receiver], until: datetime) -> datetime:
    """Return since when there was always a receiver that served, back from `until`."""
    since = until
    while True:
        earlier = min((one.since for one in receivers if one.since < since <= one.at), default=since)
        if earlier == since:
            return since
        since = earlier
