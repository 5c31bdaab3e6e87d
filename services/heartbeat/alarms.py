"""From changes of heartbeats to alerts in their wire form, with the texts that the users' templates make."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from shared.bus.publisher import Encoded
from shared.domain.configuration import Integration
from shared.domain.heartbeat_texts import HeartbeatJob, HeartbeatTexts, default_texts
from shared.domain.heartbeats import Change, alarm
from shared.errors import Transient
from shared.events import Due, Event
from shared.sandbox import Sandbox

log = structlog.get_logger(__name__)
Encode = Callable[[Event], Encoded]


@dataclass(frozen=True)
class Raised:
    """A change, what caused it and whose it is."""

    cause: Event | Due
    change: Change
    integration: Integration


class Alarms:
    """Makes alerts. No template of a user can keep one back."""

    def __init__(self, sandbox: Sandbox, encode: Encode) -> None:
        self._sandbox = sandbox
        self._encode = encode

    async def of(self, raised: Sequence[Raised], now: datetime) -> list[list[Encoded]]:
        """Return the events of each change, in order."""
        jobs = [_job(one) for one in raised]
        texts = await self._texts(jobs, now) if jobs else []
        return [
            [self._encode(event) for event in alarm(one.cause, one.change, one.integration, said, now)]
            for one, said in zip(raised, texts, strict=True)
        ]

    async def _texts(self, jobs: Sequence[HeartbeatJob], now: datetime) -> list[HeartbeatTexts]:
        try:
            return await self._sandbox.heartbeat(jobs, now)
        except Transient as error:
            log.warning("texts.replaced", alerts=len(jobs), reason=error.reason)
            return [default_texts(one, error.reason) for one in jobs]


def _job(raised: Raised) -> HeartbeatJob:
    change, integration = raised.change, raised.integration
    settings = integration.heartbeat
    return HeartbeatJob(
        integration_id=integration.id,
        integration_name=integration.name,
        integration_type=integration.type,
        templates=settings.expired if change.is_missing else settings.restored,
        timeout_s=change.timeout_s,
        last_seen_at=change.last_seen_at,
        expired_at=change.began_at,
        restored_at=None if change.is_missing else change.at,
    )
