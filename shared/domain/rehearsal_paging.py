"""The escalator's part of a rehearsal: who is paged and what is called, with every step and rule decided as in life."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from shared.domain.conditions import ConditionJob, job_of
from shared.domain.configuration import ConfigSnapshot
from shared.domain.escalation import Escalation, Known, begin, follow, page_failed, stop, wake
from shared.domain.model import Alert, Card, Group
from shared.domain.reminder_pages import reminder_pages
from shared.domain.resuming import resume, resumed
from shared.domain.rotation import next_turn
from shared.domain.simulation import page_problem
from shared.domain.steps import AlertsInWindow, Answers, Asked, Question, Turn
from shared.domain.template_jobs import RenderJob, RouteJob
from shared.domain.webhook_triggers import webhooks_after, webhooks_of
from shared.events import (
    ActionRequested,
    Event,
    GroupRendered,
    NotificationFailed,
    NotificationRequested,
    WebhookRequested,
)

# What only a sandbox can answer, and when it is asked.
Ask = tuple[RouteJob | RenderJob | ConditionJob, datetime]
Requests = Generator[Ask, Any, list[ActionRequested]]
Decision = Callable[[Known], tuple[Escalation | None, list[Event]]]


@dataclass(frozen=True)
class RehearsedPage:
    """One page; `problem` says why it cannot arrive, then the person's next rule runs at once. `purpose` as told."""

    at: datetime
    group_id: str
    user_id: str
    channel: str
    important: bool
    card: Card
    purpose: str = ""
    problem: str = ""


@dataclass(frozen=True)
class RehearsedCall:
    """One outgoing webhook that is asked for."""

    at: datetime
    group_id: str
    webhook_id: str
    trigger: str


@dataclass
class Played:
    """What has come about so far: groups by id in the order in which they opened, their alerts, oldest first."""

    groups: dict[str, Group] = field(default_factory=dict)
    alerts: dict[str, Alert] = field(default_factory=dict)
    members: dict[str, list[str]] = field(default_factory=dict)

    def newest_alert(self, group: Group) -> Alert | None:
        """Return the alert that a group shows."""
        return self.alerts.get(group.last_alert_id)


class Paging:
    """Every escalation of a rehearsal; what it does to groups is returned as requests."""

    def __init__(self, config: ConfigSnapshot, played: Played) -> None:
        self._config = config
        self._played = played
        self._runs: dict[str, dict[int, Escalation]] = {}
        self._turns: dict[str, str] = {}
        self._drawn: dict[str, str] = {}
        self.pages: list[RehearsedPage] = []
        self.calls: list[RehearsedCall] = []

    def next_due(self) -> Escalation | None:
        """Return the escalation that wants to be looked at first."""
        waiting = [one for runs in self._runs.values() for one in runs.values() if one.due_at is not None]
        return min(waiting, key=lambda one: (one.due_at, one.id), default=None)

    def take(self, event: GroupRendered, now: datetime) -> Requests:
        """Answer a change of a group."""
        runs = self._runs.setdefault(event.group.id, {})
        for run, one in runs.items():
            if run < event.group.run and not one.ended:
                runs[run] = stop(one, event.group, {}, "a newer run began")
        known = runs.get(event.group.run)
        decide: Decision = partial(self._begun, event, now)
        if known is not None:
            decide = partial(follow, event, known, self._config, now)
        besides = [*webhooks_of(event, self._config, now), *reminder_pages(event, self._config, now)]
        return (yield from self._decide(event.group, decide, besides, now))

    def wake(self, escalation: Escalation, now: datetime) -> Requests:
        """Do what is due in an escalation."""
        requests = yield from self._decide(
            escalation.group, partial(wake, escalation, self._config, now), (), now
        )
        after = self._runs[escalation.group_id][escalation.run]
        self._note(webhooks_after(escalation, after, self._config, now), now)
        return requests

    def _begun(
        self, event: GroupRendered, now: datetime, known: Known
    ) -> tuple[Escalation | None, list[Event]]:
        """Begin a run: anew, or where the one before it was."""
        earlier = [one for run, one in self._runs[event.group.id].items() if run < event.group.run]
        last = max(earlier, key=lambda one: one.run, default=None)
        going_on = resumed(event, last, self._config, now)
        if going_on is not None:
            return resume(event, going_on, self._config, now, known)
        return begin(event, self._config, now, known=known)

    def _decide(self, group: Group, decide: Decision, besides: Iterable[Event], now: datetime) -> Requests:
        """Decide, note what comes of it, and let pages that cannot arrive fail."""
        after, events = yield from self._answered(decide, now)
        told = [*events, *besides]
        requests: list[ActionRequested] = []
        while True:
            if after is not None:
                self._runs[group.id][after.run] = after
            requests += [one for one in told if isinstance(one, ActionRequested)]
            failed = self._note(told, now)
            if after is None or not failed:
                return requests
            told = []
            for one in failed:
                assert after is not None
                after, more = yield from self._answered(
                    partial(page_failed, one, after, self._config, now), now
                )
                told += more

    def _note(self, events: Iterable[Event], now: datetime) -> list[NotificationFailed]:
        """Keep pages and calls; return the pages of a chain that cannot arrive."""
        failed: list[NotificationFailed] = []
        for one in events:
            if isinstance(one, WebhookRequested) and not one.held_back:
                self.calls.append(RehearsedCall(now, one.group.id, one.webhook_id, one.trigger))
            if not isinstance(one, NotificationRequested):
                continue
            problem = page_problem(self._config, one.user_id, one.channel)
            self.pages.append(_page(one, problem, now))
            if problem and not one.purpose:
                failed.append(_failed(one, problem))
        return failed

    def _answered(
        self, decide: Decision, now: datetime
    ) -> Generator[Ask, Any, tuple[Escalation | None, list[Event]]]:
        facts: dict[Question, Any] = {}
        while True:
            try:
                return decide(Known(answers=Answers(facts)))
            except Asked as asked:
                facts[asked.question] = yield from self._answer(asked.question, now)

    def _answer(self, question: Question, now: datetime) -> Generator[Ask, Any, Any]:
        if isinstance(question, Turn):
            return self._turn(question)
        if isinstance(question, AlertsInWindow):
            return self._count(question)
        group = self._played.groups[question.group_id]
        alert = self._played.newest_alert(group)
        integration = self._config.integration_by_id.get(group.integration_id)
        name = integration.name if integration is not None else ""
        verdict = yield job_of(question.template, group, alert.payload if alert else None, name), now
        return verdict

    def _turn(self, question: Turn) -> str:
        if question.draw_id not in self._drawn:
            last = self._turns.get(question.step_id, "")
            drawn = self._drawn[question.draw_id] = next_turn(question.persons, last)
            self._turns[question.step_id] = drawn
        return self._drawn[question.draw_id]

    def _count(self, question: AlertsInWindow) -> int:
        ids = self._played.members.get(question.group_id, ())
        times = [self._played.alerts[one].received_at for one in ids]
        since = max(times) - timedelta(minutes=question.minutes) if times else None
        return sum(since is not None and one >= since for one in times)


def _page(asked: NotificationRequested, problem: str, now: datetime) -> RehearsedPage:
    return RehearsedPage(
        at=now,
        group_id=asked.group.id,
        user_id=asked.user_id,
        channel=asked.channel,
        important=asked.important,
        card=asked.card,
        purpose=asked.purpose,
        problem=problem,
    )


def _failed(page: NotificationRequested, problem: str) -> NotificationFailed:
    return NotificationFailed.following(
        page,
        request_id=page.id,
        group_id=page.group.id,
        run=page.group.run,
        user_id=page.user_id,
        channel=page.channel,
        decision="failed",
        reason=problem,
    )
