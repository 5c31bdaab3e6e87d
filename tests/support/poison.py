"""An event that its stage cannot read, as a faulty release would tell it: it ends among the dead letters."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from shared.bus import wire
from shared.bus.wire import Provenance
from shared.domain.model import Alert
from shared.events import AlertReceived
from tests.support.queues import put

SPOILED = "yesterday at noon"


@dataclass(frozen=True)
class Poison:
    """What was told: the alert's id, and the instant that should stand where SPOILED does."""

    alert_id: str
    instant: str


async def poison(amqp_url: str, integration_id: str, payload: Any) -> Poison:
    """Tell the router of an alert whose instant is no instant."""
    alert = Alert(
        id=str(uuid.uuid4()), integration_id=integration_id, received_at=datetime.now(UTC), payload=payload
    )
    event = AlertReceived(
        id=str(uuid.uuid4()), time=alert.received_at, alert_id=alert.id, subject=alert.id, alert=alert
    )
    envelope = orjson.loads(wire.encode(event, Provenance("receiver", "faulty")))
    instant = envelope["data"]["alert"]["received_at"]
    envelope["data"]["alert"]["received_at"] = SPOILED
    await put(amqp_url, "tocsin.router", orjson.dumps([envelope]), {"x-events": 1})
    return Poison(alert.id, instant)
