"""Holds integrations to the rate limit that somebody set for them; without one nothing is ever refused for its rate.

Each receiver counts for itself: it must work with everything else away, so it asks nobody.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from services.receiver.notices import Notice, Notices
from shared import clock
from shared.domain.access import RateLimit
from shared.domain.configuration import ConfigSnapshot, Integration
from shared.domain.ingest import Refused
from shared.domain.problems import RATE_LIMIT
from shared.domain.token_bucket import Bucket
from shared.live_configuration import LiveConfiguration

UNLIMITED = nullcontext()


class RateLimits:
    """The buckets of the integrations that have a limit."""

    def __init__(self, config: LiveConfiguration, notices: Notices) -> None:
        self._notices = notices
        self._buckets: dict[str, Bucket] = {}
        config.on_change(self._forget)

    def taken(self, integration: Integration, alerts: int) -> AbstractContextManager[None]:
        """Take the alerts of one body, all or none, and give them back when the body is not accepted after all.

        Raises:
            Refused: 429 with Retry-After; nothing was taken. It comes when the context is entered.
        """
        limit = integration.access.rate_limit
        return UNLIMITED if limit is None else self._taken(integration, alerts, limit)

    @contextmanager
    def _taken(self, integration: Integration, alerts: int, limit: RateLimit) -> Iterator[None]:
        bucket = self._bucket_of(integration, limit)
        wait_s = bucket.take(alerts, limit, clock.monotonic_s())
        if wait_s:
            raise self._refused(integration, limit, wait_s)
        try:
            yield
        except BaseException:
            bucket.give_back(alerts, limit)
            raise

    def _bucket_of(self, integration: Integration, limit: RateLimit) -> Bucket:
        found = self._buckets.get(integration.id)
        if found is None:
            found = self._buckets[integration.id] = Bucket.full(limit, clock.monotonic_s())
        return found

    def _refused(self, integration: Integration, limit: RateLimit, wait_s: float) -> Refused:
        words = f"{limit.alerts_per_minute} alerts a minute, {limit.burst} at once"
        message = f"requests were answered 429: its rate limit is {words}"
        self._notices.add(Notice(integration.id, RATE_LIMIT, message))
        reason = (
            f"This integration's own rate limit ({words}) is reached: nothing of the request was accepted; send it "
            "again later, or raise the integration's rate_limit."
        )
        return Refused(429, "rate_limited", reason, headers={"Retry-After": str(max(1, math.ceil(wait_s)))})

    def _forget(self, config: ConfigSnapshot) -> None:
        kept = config.integration_by_id
        self._buckets = {
            key: one for key, one in self._buckets.items() if key in kept and kept[key].access.rate_limit
        }
