"""Which objects are kept by code: the set of a declaration that owns each, and what was changed by hand since."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from services.api.console.visits import Visit
from services.api.declare_drift import by_hand
from shared.domain.configuration_draft import TABLE_OF, Declared
from shared.domain.model import Frozen


@dataclass(frozen=True)
class Keeper:
    """The set that keeps an object; `changed` are the fields that were changed by hand since it was applied last."""

    set: str
    changed: tuple[str, ...]


async def keeper_of(visit: Visit, model: type[Frozen], row_id: str) -> Keeper | None:
    """Return who keeps one object by code; None for what is kept here alone."""
    tables = await visit.api.configuration.tables()
    mark = tables.of(Declared).get(f"{TABLE_OF[model]}/{row_id}")
    if mark is None:
        return None
    changed = await asyncio.to_thread(by_hand, tables, mark)
    return Keeper(mark.set, tuple(one.replace("_", " ") for one in changed))


async def keepers(visit: Visit, model: type[Frozen]) -> dict[str, str]:
    """Return the sets that keep objects of one kind by code, by the objects' ids."""
    table, marks = TABLE_OF[model], (await visit.api.configuration.tables()).of(Declared)
    return {
        one.id.removeprefix(f"{table}/"): one.set for one in marks.values() if one.id.startswith(f"{table}/")
    }
