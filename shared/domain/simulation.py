"""Plays an escalation on a clock of its own: who would be notified how and when, decided by what decides it live.

Nothing is sent or stored. Where a step asks for a fact, the question is handed to whoever drives the simulation.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from shared.domain.configuration import ConfigSnapshot
from shared.domain.escalation import Escalation, Known, begin, wake
from shared.domain.model import Frozen
from shared.domain.steps import Answers, Asked, Question
from shared.events import Event, GroupRendered, NotificationRequested, WebhookRequested

ASSUMPTIONS = (
    "nobody acknowledges, resolves or silences",
    "every page is delivered",
    "no other alert joins the group",
    "the configuration stays as it is, and there is no storm",
)
# An escalation that would never end is cut here.
MOST_LINES = 2000
Asking = Generator[tuple[Question, datetime], Any, tuple[Escalation | None, list[Event]]]


class SimulatedLine(Frozen):
    """One thing that would happen. `what` is step, page, webhook or resolve; `problem` is why a page would fail."""

    at: datetime
    what: str
    decision: str
    reason: str
    user_id: str | None = None
    channel: str | None = None
    important: bool = False
    webhook_id: str | None = None
    problem: str = ""


class Simulated(Frozen):
    """What would happen, in order. `ended` says how it would end; empty: it would go on after `until`."""

    lines: tuple[SimulatedLine, ...] = ()
    ended: str = ""
    until: datetime
    chain_name: str = ""


@dataclass
class _Play:
    config: ConfigSnapshot
    lines: list[SimulatedLine] = field(default_factory=list)

    def take(self, events: list[Event], now: datetime) -> None:
        self.lines += [_line(one, now, self.config) for one in events]


def simulate(
    event: GroupRendered, config: ConfigSnapshot, now: datetime, until: datetime
) -> Generator[tuple[Question, datetime], Any, Simulated]:
    """Play the escalation that an opened group begins at `now`, to its end or until an instant.

    Yields a question with the instant at which it is asked; is sent its answer; returns what would happen.
    """
    play = _Play(config)
    escalation, events = yield from _decided(partial(_begun, event, config, now), now)
    play.take(events, now)
    while escalation is not None and len(play.lines) < MOST_LINES:
        due_at = escalation.due_at
        if due_at is None or due_at > until:
            break
        now = max(now, due_at)
        escalation, events = yield from _decided(partial(wake, escalation, config, now), now)
        play.take(events, now)
    return Simulated(
        lines=tuple(play.lines),
        ended=_end_of(escalation, play.lines),
        until=until,
        chain_name=escalation.chain_name if escalation is not None else "",
    )


def _begun(
    event: GroupRendered, config: ConfigSnapshot, now: datetime, known: Known
) -> tuple[Escalation | None, list[Event]]:
    return begin(event, config, now, known=known)


def _decided(decide: Callable[[Known], tuple[Escalation | None, list[Event]]], now: datetime) -> Asking:
    facts: dict[Question, Any] = {}
    while True:
        try:
            return decide(Known(answers=Answers(facts)))
        except Asked as asked:
            facts[asked.question] = yield asked.question, now


def _end_of(escalation: Escalation | None, lines: list[SimulatedLine]) -> str:
    if escalation is None:
        return lines[-1].reason if lines else "nothing happens"
    if escalation.paused and escalation.due_at is None:
        return f"{escalation.paused}, and no other alert comes"
    return escalation.ended


def _line(event: Event, now: datetime, config: ConfigSnapshot) -> SimulatedLine:
    line = SimulatedLine(at=now, what="step", decision=event.decision, reason=event.reason)
    if isinstance(event, NotificationRequested):
        page = {"user_id": event.user_id, "channel": event.channel, "important": event.important}
        problem = page_problem(config, event.user_id, event.channel)
        return line.model_copy(update={"what": "page", **page, "problem": problem})
    if isinstance(event, WebhookRequested):
        return line.model_copy(update={"what": "webhook", "webhook_id": event.webhook_id})
    return line.model_copy(update={"what": "resolve"}) if event.decision == "resolve" else line


def page_problem(config: ConfigSnapshot, user_id: str, channel: str) -> str:
    """Return why a page would fail, as far as the configuration tells; then the next rule would run at once."""
    user = config.user_by_id.get(user_id)
    if user is None:
        return "the user was deleted"
    is_reached = channel in ("mobile_app", "mobile_app_critical") or user.contact(channel) is not None
    return "" if is_reached else f"{user.username} has no verified contact point for {channel}"
