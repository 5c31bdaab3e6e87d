"""What a step must ask before it can be decided: facts that stand neither in the configuration nor in the group.

A step that needs a fact raises `Asked`. Whoever drives the escalation (the service, the simulator) finds the answer
and decides the same thing again; until then nothing of it is saved or told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, cast

from shared.domain.conditions import Verdict
from shared.domain.model import Group


@dataclass(frozen=True)
class Turn:
    """Whose turn is it? Answer: a user id of `persons`, who are in the order of their turns.

    `draw_id` names where it is asked (group, run, round, step): the same draw has the same answer for ever.
    """

    step_id: str
    draw_id: str
    persons: tuple[str, ...]


@dataclass(frozen=True)
class AlertsInWindow:
    """How many alerts has the group within so many minutes, counted back from its newest one? Answer: a number."""

    group_id: str
    minutes: int


@dataclass(frozen=True)
class Condition:
    """Is a template true of the group and its newest alert, as they are now? Answer: a `Verdict`.

    `group` is as the escalation knows it, for who has no newer one.
    """

    step_id: str
    template: str
    group_id: str
    group: Group = field(compare=False)


Question = Turn | AlertsInWindow | Condition


class Asked(Exception):
    """A step cannot be decided before this question is answered."""

    def __init__(self, question: Question) -> None:
        super().__init__(f"not answered yet: {question}")
        self.question = question


class Answers:
    """The facts that are known; what is not raises `Asked`."""

    def __init__(self, known: Mapping[Question, Any] = MappingProxyType({})) -> None:
        self._known = known

    def turn(self, question: Turn) -> str:
        """Return the id of the user whose turn it is."""
        return cast("str", self._of(question))

    def count(self, question: AlertsInWindow) -> int:
        """Return the number of alerts."""
        return cast("int", self._of(question))

    def verdict(self, question: Condition) -> Verdict:
        """Return what the template said."""
        return cast("Verdict", self._of(question))

    def _of(self, question: Question) -> Any:
        if question not in self._known:
            raise Asked(question)
        return self._known[question]


NO_ANSWERS = Answers()
