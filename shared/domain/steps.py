"""The steps of an escalation chain: one model and one function each.

A function looks at the escalation and answers what the step does; it never waits, sends or stores. To add a step,
write its model, its function, and a line in STEPS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pydantic import Field, ValidationError

from shared.domain.configuration import ConfigSnapshot, StepConfig
from shared.domain.model import Frozen
from shared.errors import Permanent

DEFAULT_WAIT_S = 300
MAX_REPEATS = 5
# Steps follow at once, so a chain without a wait would spend all its repeats in one instant.
SHORTEST_ROUND_S = 60


@dataclass(frozen=True)
class Moment:
    """What a step may look at: the time, the configuration, the round (0 is the first) and when that began."""

    now: datetime
    config: ConfigSnapshot
    round: int
    round_began_at: datetime


@dataclass(frozen=True)
class StepResult:
    """What a step does: people to notify, a webhook to call, a pause, a jump; `reason` is for people.

    `failure` says why a step could do nothing; the chain goes on all the same.
    """

    reason: str
    notify: tuple[str, ...] = ()
    important: bool = False
    webhook_id: str | None = None
    wait_until: datetime | None = None
    repeat: bool = False
    resolve: bool = False
    failure: str | None = None


class Wait(Frozen):
    """Pause for `duration` seconds (60 to 86,400; unset: 5 minutes)."""

    duration: int | None = Field(default=None, ge=60, le=86_400)


class NotifyPersons(Frozen):
    """Start the personal notification rules of these users, all at once."""

    persons_to_notify: tuple[str, ...] = ()


class TriggerWebhook(Frozen):
    """Call an outgoing webhook; the chain does not wait for its answer."""

    action_to_trigger: str | None = None


class RepeatEscalation(Frozen):
    """Go back to the first step, at most 5 times in a run."""


class Resolve(Frozen):
    """Resolve the group."""


def wait(step: Wait, important: bool, moment: Moment) -> StepResult:
    """Pause the chain."""
    duration_s = step.duration if step.duration is not None else DEFAULT_WAIT_S
    failure = "no duration is set: 5 minutes are taken" if step.duration is None else None
    until = moment.now + timedelta(seconds=duration_s)
    return StepResult(reason=f"wait {_spoken(duration_s)}", wait_until=until, failure=failure)


def notify_persons(step: NotifyPersons, important: bool, moment: Moment) -> StepResult:
    """Notify users; those who no longer exist are left out."""
    known = tuple(one for one in step.persons_to_notify if one in moment.config.user_by_id)
    names = ", ".join(moment.config.user_by_id[one].username for one in known)
    kind = "important" if important else "default"
    failure = None if known else "nobody is selected, or they were deleted"
    return StepResult(
        reason=f"notify {names or 'nobody'} ({kind} rules)",
        notify=known,
        important=important,
        failure=failure,
    )


def trigger_webhook(step: TriggerWebhook, important: bool, moment: Moment) -> StepResult:
    """Call an outgoing webhook."""
    webhook = moment.config.webhook_by_id.get(step.action_to_trigger or "")
    if webhook is None:
        return StepResult(reason="call a webhook", failure="no webhook is selected, or it was deleted")
    if not webhook.is_webhook_enabled:
        return StepResult(reason=f"call webhook {webhook.name}", failure="the webhook is disabled")
    return StepResult(reason=f"call webhook {webhook.name}", webhook_id=webhook.id)


def repeat_escalation(step: RepeatEscalation, important: bool, moment: Moment) -> StepResult:
    """Begin the next round, not earlier than a minute after this one began."""
    if moment.round >= MAX_REPEATS:
        return StepResult(reason=f"repeated {MAX_REPEATS} times already: go on")
    earliest = moment.round_began_at + timedelta(seconds=SHORTEST_ROUND_S)
    return StepResult(
        reason="begin again", repeat=True, wait_until=earliest if earliest > moment.now else None
    )


def resolve(step: Resolve, important: bool, moment: Moment) -> StepResult:
    """Resolve the group as the chain's last word."""
    return StepResult(reason="resolve", resolve=True)


@dataclass(frozen=True)
class StepType:
    """A step's model and function."""

    model: type[Frozen]
    run: Callable[[Any, bool, Moment], StepResult]
    can_be_important: bool = field(default=False)


STEPS: Mapping[str, StepType] = {
    "wait": StepType(Wait, wait),
    "notify_persons": StepType(NotifyPersons, notify_persons, can_be_important=True),
    "trigger_webhook": StepType(TriggerWebhook, trigger_webhook),
    "repeat_escalation": StepType(RepeatEscalation, repeat_escalation),
    "resolve": StepType(Resolve, resolve),
}
STEP_TYPES: Mapping[str, type[Frozen]] = {name: one.model for name, one in STEPS.items()}


def check_step(type: str, parameters: Mapping[str, Any]) -> None:
    """Check a step as a user declares it.

    Raises:
        Permanent: there is no such type, or a parameter does not fit; the message names it.
    """
    known = STEPS.get(type)
    if known is None:
        raise Permanent(f"type: {type!r} is none of {', '.join(STEPS)}")
    try:
        known.model.model_validate(parameters)
    except ValidationError as error:
        first = error.errors()[0]
        raise Permanent(f"{'.'.join(str(one) for one in first['loc'])}: {first['msg']}") from error


def run_step(step: StepConfig, moment: Moment) -> StepResult:
    """Run one step as configured; one that cannot be read does nothing and says so."""
    known = STEPS.get(step.type)
    if known is None:
        return StepResult(reason=step.type, failure=f"this version knows no step of type {step.type!r}")
    try:
        model = known.model.model_validate(step.parameters)
    except ValidationError as error:
        return StepResult(
            reason=step.type, failure=f"its settings cannot be read: {error.errors()[0]['msg']}"
        )
    return known.run(model, step.important, moment)


def _spoken(seconds: int) -> str:
    return f"{seconds // 60} min" if seconds % 60 == 0 else f"{seconds} s"
