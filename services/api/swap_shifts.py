"""The times on call that a swap is about, as clients read them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from services.api.api import Api
from services.api.group_shapes import instant
from shared.domain.configuration import ConfigSnapshot
from shared.domain.final_shifts import FinalShift, final_shifts
from shared.domain.schedules import SOURCES, Swap

WORDS = {number: word for word, number in SOURCES.items()}
PRIMARY, OVERRIDES = 0, 1


async def add_swap_shifts(api: Api, shown: Sequence[dict[str, Any]]) -> None:
    """Write them into swaps as they are shown: of an open one those of the beneficiary, else those handed over."""
    config = await api.configuration.load()
    swaps = {one.id: one for one in config.swaps}
    for shape in shown:
        swap = swaps.get(shape["id"])
        shape["shifts"] = await asyncio.to_thread(_shifts, config, swap) if swap is not None else []


def _shifts(config: ConfigSnapshot, swap: Swap) -> list[dict[str, Any]]:
    found = final_shifts(config, swap.schedule_id, swap.swap_start, swap.swap_end)
    if swap.benefactor_id is None:
        return [_shape(config, one) for one in found if one.user_id == swap.beneficiary_id]
    return [_shape(config, one) for one in found if one.swap_id == swap.id]


def _shape(config: ConfigSnapshot, one: FinalShift) -> dict[str, Any]:
    shift, user = config.shift_by_id.get(one.shift_id), config.user_by_id[one.user_id]
    return {
        "all_day": False,
        "start": instant(one.start),
        "end": instant(one.end),
        "users": [{"pk": user.id, "display_name": user.username, "email": user.email}],
        "missing_users": [],
        "priority_level": one.level,
        "source": WORDS.get(shift.source, "api") if shift is not None else "api",
        "calendar_type": OVERRIDES if one.is_override else PRIMARY,
        "is_empty": False,
        "is_gap": False,
        "is_override": one.is_override,
        "shift": {"pk": one.shift_id},
    }
