"""What is shown of integrations and is not configuration: problems, heartbeats, storms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.api import heartbeats, problems
from services.api.api import Api
from services.api.resources.maintenance_windows import instant
from shared import clock
from shared.store.storms import Storms


async def add_state(api: Api, shown: Sequence[dict[str, Any]]) -> None:
    """Write it into integrations as they are shown."""
    await problems.add_counts(api, shown)
    await heartbeats.add_states(api, shown)
    storms = await Storms(api.database).stored([one["id"] for one in shown])
    now = clock.now()
    for integration in shown:
        storm = storms.get(integration["id"])
        integration["storm_state"] = (
            {
                "since": instant(storm.since),
                "until": instant(storm.until),
                "groups_per_minute": round(storm.rate),
            }
            if storm is not None and storm.is_on(now)
            else None
        )
