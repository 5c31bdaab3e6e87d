"""Waits until nothing moves any more: queues empty, everything told, no send under way, nothing overdue."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from deploy.local.servers import LocalServers

CHECK_EVERY_S = 1.0
OVERDUE = timedelta(seconds=5)


class NotAtRest(Exception):
    """Something still moves, or stands still where it should move; the message says what."""


def queues(servers: LocalServers) -> dict[str, int]:
    """Return the messages in each queue, ready and in somebody's hands."""
    found = servers.rabbit.ctl("list_queues", "name", "messages", "--silent").splitlines()
    rows = [line.split("\t") for line in found if "\t" in line]
    return {name: int(count) for name, count in rows if count.isdigit() and name.startswith("tocsin.")}


def moving(servers: LocalServers, stored: Any) -> dict[str, int]:
    """Return what is not at rest; dead letters are."""
    found = {name: count for name, count in queues(servers).items() if count and not name.endswith(".dead")}
    overdue = {"due_at": {"$lt": datetime.now(UTC) - OVERDUE}}
    for collection in ("alert_groups", "escalations", "deliveries", "posts"):
        found[f"untold {collection}"] = stored[collection].count_documents({"untold_at": {"$exists": True}})
        found[f"overdue {collection}"] = stored[collection].count_documents(overdue)
    open_states = {"state": {"$in": ["pending", "sending"]}}
    found["open deliveries"] = stored.deliveries.count_documents(open_states)
    found["alerts without a group"] = stored.alerts.count_documents({"group_id": None})
    return {name: count for name, count in found.items() if count}


async def wait_for_rest(servers: LocalServers, stored: Any, timeout_s: float) -> float:
    """Wait until nothing has moved at two looks in a row; return how long that took, in seconds.

    Raises:
        NotAtRest: after `timeout_s` something still moves.
    """
    began = time.monotonic()
    calm = 0
    while calm < 2:
        left = await asyncio.to_thread(moving, servers, stored)
        calm = 0 if left else calm + 1
        if left and time.monotonic() - began > timeout_s:
            raise NotAtRest(f"not at rest after {timeout_s:.0f} s: {left}")
        await asyncio.sleep(CHECK_EVERY_S)
    return time.monotonic() - began
