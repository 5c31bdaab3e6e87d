"""What is known of integrations' heartbeats, for those who look at the integrations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.api.api import Api
from services.api.group_shapes import instant
from shared.store.heartbeats import Heartbeats

NEVER_SEEN, ALIVE, EXPIRED = "never_seen", "alive", "expired"


async def add_states(api: Api, shown: Sequence[dict[str, Any]]) -> None:
    """Write into integrations as they are shown whether their heartbeat came, and when; some types have none."""
    pinged = [one for one in shown if one["heartbeat"] is not None]
    found = await Heartbeats(api.database).get_many([one["id"] for one in pinged])
    for integration in pinged:
        one = found.get(integration["id"])
        status = NEVER_SEEN if one is None else EXPIRED if one.is_expired else ALIVE
        seen_at = None if one is None else instant(one.last_seen_at)
        integration["heartbeat"] |= {"status": status, "last_heartbeat_at": seen_at}
