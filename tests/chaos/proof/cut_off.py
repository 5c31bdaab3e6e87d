"""Sends that were under way when their sender was killed: the only ones of which nobody may know what became."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.chaos.proof.arrivals import Row


@dataclass
class CutOff:
    """Which kills cut off which sends; `times` maps a row of the ledger to (when, what was killed) each time.

    `looks` maps it to when those sends had looked at its group for the last time, which a repeat writes over.
    `stored` is the database, read past the product.
    """

    stored: Any
    times: dict[str, list[tuple[float, str]]] = field(default_factory=dict)
    looks: dict[str, set[float]] = field(default_factory=dict)

    def note(self, at: float, step: str) -> int:
        """Keep what is being sent after a kill at that time; return how much that is.

        Asked once more before anybody takes the place of the dead: what they wrote last may be stored only after they
        are gone. Sends of an instance that lives on are among it: they end as anything but unknown.
        """
        found = list(self.stored.deliveries.find({"state": "sending"}, {"checked_at": 1}))
        for one in found:
            id = str(one["_id"])
            known = self.times.setdefault(id, [])
            known += [] if (at, step) in known else [(at, step)]
            self.looks.setdefault(id, set()).add(one["checked_at"].timestamp())
        return len(found)

    def looked_at(self, row: Row, arrived_at: float) -> float | None:
        """Return when the group was looked at for the last time before a message of the row arrived."""
        looks = {*self.looks.get(row.id, ()), *(() if row.checked_at is None else (row.checked_at,))}
        return max((one for one in looks if one <= arrived_at), default=None)

    def count(self, id: str) -> int:
        """Return how often a row's send was cut off."""
        return len(self.times.get(id, ()))

    def explain(self, row: Row, arrived: bool) -> str | None:
        """Say what cut a send off and whether it had arrived; None when nothing did."""
        known = [(at, step) for at, step in self.times.get(row.id, ()) if (row.checked_at or 0.0) <= at]
        if not known:
            return None
        at, step = known[-1]
        when = datetime.fromtimestamp(at, UTC).strftime("%H:%M:%S.%f")[:-3]
        what = "the provider had taken it" if arrived else "it had not arrived"
        return f"cut off at {when} by '{step}'; {what}"


def listed(rows: Sequence[Row], cut_off: CutOff, arrived: set[str]) -> tuple[list[str], list[str]]:
    """Return a line for each row of unknown outcome, and a fault for each that no kill explains."""
    lines, faults = [], []
    for row in sorted(rows, key=lambda row: (row.created_at, row.id)):
        about = f"{row.channel} to {row.person}, group {row.group_id} run {row.run}, delivery {row.id}"
        why = cut_off.explain(row, row.id in arrived)
        lines.append(f"{about}: {why or f'not explained by any kill; the ledger says: {row.reason}'}")
        if why is None:
            faults.append(f"the outcome of {about} is unknown, and no kill cut it off: {row.reason}")
    return lines, faults
