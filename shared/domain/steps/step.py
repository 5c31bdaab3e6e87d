"""What every escalation step is: a model of its parameters, and a function from a moment to a result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from shared.domain.configuration import ConfigSnapshot, StepConfig, User
from shared.domain.model import Frozen, Group, Problem
from shared.domain.steps.asking import Answers

Importance = Literal["", "default", "important"]


@dataclass(frozen=True)
class Moment:
    """What a step may look at.

    `round` 0 is the first; `round_began_at` is when it began, `step_began_at` when this step was first looked at in
    it. `run` is the group's. `important`: whether people are notified by their important rules here.
    """

    now: datetime
    config: ConfigSnapshot
    group: Group
    run: int
    step: StepConfig
    round: int
    round_began_at: datetime
    step_began_at: datetime
    important: bool
    answers: Answers

    @property
    def draw_id(self) -> str:
        """What names this step of this round of this run."""
        return f"{self.group.id}:{self.run}:{self.round}:{self.step.id}"

    @property
    def is_first_look(self) -> bool:
        """Whether the step is looked at for the first time in this round."""
        return self.step_began_at == self.now


@dataclass(frozen=True)
class StepResult:
    """What a step does: people to notify, a webhook to call, a pause, a jump; `reason` is for people.

    The chain goes on with the next step, at `wait_until` where that is given. `again_at`: it stays, and this step
    is looked at again then. `pause`: it stays until a new alert joins the group; the text says what it waits for.
    `over`: nothing comes after it. `failure` says why a step could do nothing; the chain goes on all the same.
    `problem`: a template of it that could not be evaluated.
    """

    reason: str
    notify: tuple[str, ...] = ()
    webhook_id: str | None = None
    wait_until: datetime | None = None
    again_at: datetime | None = None
    pause: str = ""
    repeat: bool = False
    resolve: bool = False
    over: bool = False
    importance: Importance = ""
    failure: str | None = None
    problem: Problem | None = None


@dataclass(frozen=True)
class StepType:
    """A step's model and function; whether it notifies people, so that it can be important."""

    model: type[Frozen]
    run: Callable[[Any, Moment], StepResult]
    can_be_important: bool = False


def spoken(seconds: float) -> str:
    """Return a length of time as people read it."""
    whole = int(seconds)
    for size, word in ((86_400, "d"), (3600, "h"), (60, "min")):
        if whole and whole % size == 0:
            return f"{whole // size} {word}"
    if whole > 60:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole} s"


def at_text(at: datetime) -> str:
    """Return an instant as people read it."""
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def notified(users: tuple[User, ...], moment: Moment, who: str, nobody: str) -> StepResult:
    """Notify users, or say `nobody` when there are none; `who` says what they are, "" for just their names."""
    names = ", ".join(one.username for one in users)
    kind = "important" if moment.important else "default"
    named = f"{who}: {names or 'nobody'}" if who else names or "nobody"
    return StepResult(
        reason=f"notify {named} ({kind} rules)",
        notify=tuple(one.id for one in users),
        failure=None if users else nobody,
    )


def users_of(config: ConfigSnapshot, ids: tuple[str, ...]) -> tuple[User, ...]:
    """Return the users that still exist, in this order, each once."""
    return tuple(config.user_by_id[one] for one in dict.fromkeys(ids) if one in config.user_by_id)
