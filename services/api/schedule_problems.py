"""Problems of schedules as the API shows them: calendars that cannot be read, times without anybody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from services.api.api import Api
from services.api.group_shapes import instant
from shared.domain.configuration_draft import Tables
from shared.domain.schedules import Schedule
from shared.store.mongo import Document
from shared.store.schedule_problems import ScheduleProblems

OVER, DELETED = "it is over", "the schedule was deleted"


async def schedule_problems(api: Api, schedule_ids: Sequence[str] | None, state: str) -> list[dict[str, Any]]:
    """Return problems of some (or all) schedules, newest first; `state` is open, cleared or all."""
    rows = await ScheduleProblems(api.database).find(schedule_ids, cleared=state != "open")
    tables = await api.configuration.tables()
    shapes = [_shape(one, tables) for one in rows]
    return [one for one in shapes if state in ("all", one["state"])]


async def count_problems(api: Api, schedule_ids: Sequence[str]) -> Counter[str]:
    """Return how many problems each schedule has now."""
    rows = await ScheduleProblems(api.database).find(schedule_ids)
    return Counter(one["schedule_id"] for one in rows)


def _shape(row: Document, tables: Tables) -> dict[str, Any]:
    schedule = tables.of(Schedule).get(row["schedule_id"])
    over = OVER if row.get("cleared_at") is not None else DELETED if schedule is None else None
    seen = {name: instant(row.get(name)) for name in ("first_seen_at", "last_seen_at", "cleared_at")}
    return {
        "integration_id": None,
        "integration_name": None,
        "severity": "error",
        "object": f"schedules/{row['schedule_id']}",
        "schedule_id": row["schedule_id"],
        "schedule_name": schedule.name if schedule is not None else None,
        "where": row["where"],
        "message": row["message"],
        "line": None,
        "count": row["count"],
        "alert_id": None,
        **seen,
        "state": "open" if over is None else "cleared",
        "cleared_because": over,
    }
