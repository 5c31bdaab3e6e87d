"""Answers what conditions of steps ask while the chains of replayed groups are played."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from shared.domain.behaviour_pages import Page, Pages
from shared.domain.behaviour_replay import Opening
from shared.domain.conditions import ConditionJob, Verdict
from shared.sandbox import Sandbox
from shared.store.alerts import Alerts


class Answering:
    """Looks up the payloads that the replay itself does not keep, and lets the sandbox judge."""

    def __init__(self, alerts: Alerts, sandbox: Sandbox) -> None:
        self._alerts = alerts
        self._sandbox = sandbox

    async def pages(self, pages: Pages, opening: Opening, route_id: str | None) -> tuple[Page, ...]:
        """Return whom the group pages that opened by a route."""
        playing = pages.of(opening, route_id)
        answer: Any = None
        while True:
            try:
                job, at = playing.send(answer)
            except StopIteration as end:
                found: tuple[Page, ...] = end.value
                return found
            assert isinstance(job, ConditionJob), "the replay has routed and rendered already"
            answer = await self._judged(job, opening, at)

    async def _judged(self, job: ConditionJob, opening: Opening, at: datetime) -> Verdict:
        """Judge a condition over the group's newest alert as of then."""
        newest = next((one for one in reversed(opening.records) if one.at <= at), None)
        id = newest.id if newest is not None else opening.alert_id
        alert = (await self._alerts.get_many([id])).get(id)
        variables = {**job.variables, "payload": alert.payload if alert is not None else None}
        (verdict,) = await self._sandbox.condition([job.model_copy(update={"variables": variables})], at)
        return verdict
