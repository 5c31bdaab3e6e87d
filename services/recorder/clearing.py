"""Notices that a template's problem has stopped: later alerts went without it.

What stands is kept in memory, so that healthy alerts cost nothing while nothing is broken, and nothing is written
for an alert that went well while something is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared import clock
from shared.domain.problems import (
    LABEL,
    LABEL_TEMPLATE,
    LABELS,
    RENDERING,
    ROUTE,
    ROUTING,
    ends_by_itself,
)
from shared.events import AlertRouted, GroupRendered
from shared.store.journal import Envelope
from shared.store.problems import Problems, problem_id

EVERY_S = 30.0
# So many alerts must have gone without it, and so much time.
PASSES = 3
QUIET = timedelta(hours=1)
IN_ROUTING = {ROUTING, LABELS, LABEL_TEMPLATE, "grouping_key", "resolve_signal", "acknowledge_signal"}


@dataclass
class Standing:
    """A problem that is not over: how many evaluations went without it since it was seen last."""

    where: str
    last_seen_at: datetime
    passes: int = 0


class Clearing:
    """Counts evaluations without the problem and marks it as over."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        # By integration, then by id of the problem.
        self._standing: dict[str, dict[str, Standing]] = {}

    async def run(self) -> None:
        """Look every 30 s what stands and what is over."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY_S)

    async def look(self) -> None:
        """Mark what is over, then read what stands; counts of what is known go on."""
        now = clock.now()
        over = {
            id: one.last_seen_at
            for ones in self._standing.values()
            for id, one in ones.items()
            if (one.passes >= PASSES or ends_by_itself(one.where)) and now - one.last_seen_at >= QUIET
        }
        await self._problems.clear(over, now)
        known = {id: one for ones in self._standing.values() for id, one in ones.items()}
        self._standing = {}
        for row in await self._problems.standing():
            one = known.get(row["_id"])
            if one is None or one.last_seen_at < row["last_seen_at"]:
                one = Standing(row["where"], row["last_seen_at"])
            self._standing.setdefault(row["integration_id"], {})[row["_id"]] = one

    def watch(self, messages: Sequence[Sequence[Envelope]]) -> None:
        """Count the evaluations that some messages tell of."""
        if not self._standing:
            return
        for entries in messages:
            for envelope in entries:
                if envelope["type"] in (AlertRouted.type, GroupRendered.type):
                    self._count(envelope["type"], envelope.get("data") or {})

    def _count(self, type: str, data: dict[str, Any]) -> None:
        integration_id = (data.get("alert") or data.get("group") or {}).get("integration_id", "")
        standing = self._standing.get(integration_id)
        if not standing:
            return
        failed = {
            problem_id(integration_id, one["where"], one.get("digest", ""))
            for one in data.get("problems") or ()
        }
        for id, one in standing.items():
            if id in failed:
                one.passes, one.last_seen_at = 0, clock.now()
            elif was_evaluated(one.where, type, data.get("cards") or ()):
                one.passes += 1


def was_evaluated(where: str, type: str, media: Iterable[str]) -> bool:
    """Whether an event tells that the template of this name was evaluated. Routes count as tried for every alert."""
    if where in IN_ROUTING or where.startswith((ROUTE, LABEL)):
        return type == AlertRouted.type
    return type == GroupRendered.type and (
        where in (RENDERING, "source_link") or where.split(".")[0] in media
    )
