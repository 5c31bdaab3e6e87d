"""Answers what steps ask while the chains of replayed groups are played."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from shared.domain.behaviour_pages import Page, Paging
from shared.domain.behaviour_replay import Opening
from shared.domain.conditions import job_of
from shared.domain.configuration import ConfigSnapshot
from shared.domain.rotation import next_turn
from shared.domain.steps import AlertsInWindow, Question, Turn
from shared.sandbox import Sandbox
from shared.store.alerts import Alerts


class Answering:
    """Facts about groups that do not exist: turns begin with the first person, a group has the alert that opened it."""

    def __init__(
        self, alerts: Alerts, sandbox: Sandbox, configs: tuple[ConfigSnapshot, ConfigSnapshot]
    ) -> None:
        self._alerts = alerts
        self._sandbox = sandbox
        self._names = {one.id: one.name for config in configs for one in config.integrations}

    async def pages(self, paging: Paging, opening: Opening, route_id: str | None) -> tuple[Page, ...]:
        """Return whom the group pages that opened by a route."""
        playing = paging.pages(opening, route_id)
        answer: Any = None
        while True:
            try:
                question, at = playing.send(answer)
            except StopIteration as end:
                found: tuple[Page, ...] = end.value
                return found
            answer = await self._answer(question, opening, at)

    async def _answer(self, question: Question, opening: Opening, at: datetime) -> Any:
        if isinstance(question, Turn):
            return next_turn(question.persons, "")
        if isinstance(question, AlertsInWindow):
            return opening.group.alerts_count
        found = await self._alerts.get_many([opening.alert_id])
        alert = found.get(opening.alert_id)
        name = self._names.get(opening.group.integration_id, "")
        job = job_of(question.template, question.group, alert.payload if alert is not None else None, name)
        (verdict,) = await self._sandbox.condition([job], at)
        return verdict
