"""Storm mode: when so many groups begin at an integration that pages for each of them would help nobody.

The rate is that of escalations that begin. Above the limit there is a storm; it is over when the rate was below half
of the limit for some minutes. In a storm a page waits for the digest of its person and channel (storm_digest.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.model import Frozen

CALM = timedelta(minutes=3)
# A storm that goes on is written again so often, not with every batch.
PROLONGED_EVERY = timedelta(seconds=10)
MINUTE_S = 60.0


class StormSettings(Frozen):
    """What an integration says for itself; None is the installation's value, 0 groups a minute means never.

    `digest_interval` is in seconds.
    """

    groups_per_minute: int | None = None
    digest_interval: int | None = None


@dataclass(frozen=True)
class StormLimits:
    """What counts: above so many new groups a minute there is a storm (0: never); digests are so far apart."""

    groups_per_minute: int = 300
    digest_interval_s: int = 300

    def of(self, settings: StormSettings) -> StormLimits:
        """Return what counts for an integration, where it says nothing else than these."""
        per_minute, interval_s = settings.groups_per_minute, settings.digest_interval
        return StormLimits(
            self.groups_per_minute if per_minute is None else per_minute,
            self.digest_interval_s if interval_s is None else interval_s,
        )


class Count(Frozen):
    """Groups that began in the newest minute with any (minutes since 1970), and in the one before it."""

    minute: int = 0
    groups: int = 0
    before: int = 0


class Storm(Frozen):
    """A storm of an integration. It is over at `until`, unless a busy moment moves that; `rate` is the highest seen."""

    integration_id: str
    since: datetime
    until: datetime
    rate: float
    digest_interval_s: int

    @property
    def id(self) -> str:
        """What tells it from other storms."""
        return f"{self.integration_id}:{int(self.since.timestamp() * 1000)}"

    @property
    def sentence(self) -> str:
        """What people read of it."""
        return (
            f"the integration is in a storm since {self.since:%H:%M:%S} UTC ({self.rate:.0f} groups a minute)"
        )

    def is_on(self, now: datetime) -> bool:
        """Whether it still is."""
        return now < self.until


def minute_of(at: datetime) -> int:
    """Return the number of the minute since 1970."""
    return int(at.timestamp() // MINUTE_S)


def rate(count: Count, now: datetime) -> float:
    """Return how many groups began within the last minute, the part of the minute before taken as even."""
    left = 1.0 - (now.timestamp() % MINUTE_S) / MINUTE_S
    age = minute_of(now) - count.minute
    if age <= 0:
        return count.groups + count.before * left
    return count.groups * left if age == 1 else 0.0


def weather(
    storm: Storm | None, integration_id: str, per_minute: float, limits: StormLimits, now: datetime
) -> Storm | None:
    """Return the storm after a look at the rate: begun, prolonged, as it was, or None when there is none."""
    if limits.groups_per_minute <= 0:
        return None
    if storm is None or not storm.is_on(now):
        if per_minute <= limits.groups_per_minute:
            return None
        return Storm(
            integration_id=integration_id,
            since=now,
            until=now + CALM,
            rate=per_minute,
            digest_interval_s=limits.digest_interval_s,
        )
    is_busy = per_minute >= limits.groups_per_minute / 2
    if not is_busy or now + CALM < storm.until + PROLONGED_EVERY:
        return storm
    return storm.model_copy(update={"until": now + CALM, "rate": max(storm.rate, per_minute)})


class HeldPage(Frozen):
    """A page that waits for a digest: what would have been asked for, by the id that it would have had."""

    id: str
    digest_id: str
    user_id: str
    channel: str
    important: bool = False
    at: datetime
    reason: str = ""


def digest_id(storm: Storm, user_id: str, channel: str) -> str:
    """Return the id of the digest that tells one person through one channel of a storm."""
    return f"{storm.id}:{user_id}:{channel}"
