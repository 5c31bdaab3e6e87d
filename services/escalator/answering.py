"""Finds the answers to what steps ask, and decides again with them; what asks nothing costs nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

from shared import clock
from shared.domain.conditions import ConditionJob, Verdict, job_of
from shared.domain.configuration import ConfigSnapshot
from shared.domain.escalation import Known, Storms
from shared.domain.steps import AlertsInWindow, Answers, Asked, Condition, Question, Turn
from shared.lazy_sandbox import LazySandbox
from shared.store.alert_groups import AlertGroups
from shared.store.alerts import Alerts
from shared.store.mongo import Database
from shared.store.rotations import Rotations

T = TypeVar("T")
NOT_YET = object()


class Answering:
    """The facts beside the configuration: turns in `rotations`, numbers of alerts, and templates in the sandbox."""

    def __init__(self, database: Database, sandbox: LazySandbox) -> None:
        self._rotations = Rotations(database)
        self._alerts = Alerts(database)
        self._groups = AlertGroups(database)
        self._sandbox = sandbox

    async def prepare(self) -> None:
        """Create the indexes of what it owns."""
        await self._rotations.prepare()

    async def decided(
        self, decisions: Sequence[Callable[[Known], T]], storms: Storms, config: ConfigSnapshot
    ) -> list[T]:
        """Make these decisions, as often as it takes until none of them asks any more; they must be pure.

        Raises:
            Unavailable: the database is away.
            Transient: no worker process for templates can be started.
        """
        found: list[Any] = [NOT_YET] * len(decisions)
        facts: dict[Question, Any] = {}
        while True:
            known = Known(storms, Answers(facts))
            questions: dict[Question, None] = {}
            for place, decide in enumerate(decisions):
                if found[place] is NOT_YET:
                    try:
                        found[place] = decide(known)
                    except Asked as asked:
                        questions[asked.question] = None
            if not questions:
                return cast("list[T]", found)
            facts |= await self._answers(list(questions), config)

    async def _answers(self, questions: Sequence[Question], config: ConfigSnapshot) -> dict[Question, Any]:
        turns = [one for one in questions if isinstance(one, Turn)]
        windows = [one for one in questions if isinstance(one, AlertsInWindow)]
        conditions = [one for one in questions if isinstance(one, Condition)]
        drawn, counts, verdicts = await asyncio.gather(
            self._rotations.draw(turns, clock.now()),
            asyncio.gather(*(self._count(one) for one in windows)),
            self._judge(conditions, config),
        )
        return {
            **dict(zip(turns, drawn, strict=True)),
            **dict(zip(windows, counts, strict=True)),
            **dict(zip(conditions, verdicts, strict=True)),
        }

    async def _count(self, question: AlertsInWindow) -> int:
        pending = await self._groups.pending_of(question.group_id)
        return await self._alerts.count_in_window(question.group_id, pending, question.minutes)

    async def _judge(self, questions: Sequence[Condition], config: ConfigSnapshot) -> list[Verdict]:
        if not questions:
            return []
        groups = await self._groups.get_many([one.group_id for one in questions])
        shown = [groups.get(one.group_id, one.group) for one in questions]
        alerts = await self._alerts.get_many([one.last_alert_id for one in shown])
        jobs: list[ConditionJob] = []
        for question, group in zip(questions, shown, strict=True):
            alert = alerts.get(group.last_alert_id)
            integration = config.integration_by_id.get(group.integration_id)
            name = integration.name if integration is not None else ""
            jobs.append(job_of(question.template, group, alert.payload if alert else None, name))
        sandbox = await self._sandbox.sandbox()
        return await sandbox.condition(jobs, clock.now())
