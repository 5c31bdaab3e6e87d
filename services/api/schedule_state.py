"""What is shown of schedules and is not configuration: who is on call now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.api.api import Api
from shared import clock
from shared.domain.on_call import on_call_at


async def add_schedule_state(api: Api, shown: Sequence[dict[str, Any]]) -> None:
    """Write it into schedules as they are shown."""
    config, now = await api.configuration.load(), clock.now()
    for schedule in shown:
        schedule["on_call_now"] = list(on_call_at(config, schedule["id"], now).user_ids)
