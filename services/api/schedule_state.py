"""What is shown of schedules and is not configuration: who is on call now, external calendars, problems."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.api.api import Api
from services.api.group_shapes import instant
from services.api.schedule_problems import count_problems
from shared import clock
from shared.domain.calendar_refresh import Refresh
from shared.domain.configuration import ConfigSnapshot
from shared.domain.on_call import on_call_at
from shared.store.calendar_refreshes import CalendarRefreshes


async def add_schedule_state(api: Api, shown: Sequence[dict[str, Any]]) -> None:
    """Write it into schedules as they are shown."""
    ids = [one["id"] for one in shown]
    config, now = await api.configuration.load(), clock.now()
    refreshes = await CalendarRefreshes(api.database).of_schedules(ids)
    problems = await count_problems(api, ids)
    for schedule in shown:
        schedule["on_call_now"] = list(on_call_at(config, schedule["id"], now).user_ids)
        schedule["calendars"] = [
            _calendar(config, one) for one in refreshes if one.schedule_id == schedule["id"]
        ]
        schedule["problems"] = problems[schedule["id"]]


def _calendar(config: ConfigSnapshot, refresh: Refresh) -> dict[str, Any]:
    row = config.calendar_of.get((refresh.schedule_id, refresh.which))
    return {
        "which": refresh.which,
        "read_at": instant(refresh.good_at),
        "changed_at": instant(row.changed_at) if row is not None else None,
        "error": refresh.error,
    }
