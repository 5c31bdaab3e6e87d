"""A walk through everything that is due in an escalation at one instant: steps, then the rules of people."""

from __future__ import annotations

from datetime import datetime

from shared.domain.configuration import ConfigSnapshot, StepConfig
from shared.domain.escalation_people import run_people, start_person
from shared.domain.escalation_run import LAST_STEP, NOTHING_KNOWN, Escalation, Known, Walk
from shared.domain.maintenance import Hold, held_by
from shared.domain.steps import Moment, StepResult, run_step
from shared.events import ActionRequested, Due, Event, WebhookRequested


def walk_through(
    escalation: Escalation,
    cause: Event | Due,
    config: ConfigSnapshot,
    now: datetime,
    known: Known = NOTHING_KNOWN,
) -> tuple[Escalation, list[Event]]:
    """Do everything that is due at `now`, or hold it back; return the escalation after it and what is told.

    Raises:
        Asked: a step depends on a fact that is not known yet; nothing of the walk counts.
    """
    walk = walked(Walk(escalation, cause, config, now, known))
    walk.say_what_was_done(("went_on", escalation.version))
    return walk.escalation, walk.events


def walked(walk: Walk) -> Walk:
    """Do the same, but leave it to the caller to tell what the steps said."""
    hold = held_by(
        walk.config.windows_of(walk.escalation.group.integration_id), walk.escalation.group, walk.now
    )
    if hold is not None:
        _hold_back(walk, hold)
        return walk
    if walk.escalation.held is not None:
        _release(walk, walk.escalation.held)
        walk.steps_at = len(walk.events)
    while not walk.escalation.ended and _step_is_due(walk.escalation, walk.now):
        _run_next_step(walk)
    if not walk.escalation.ended:
        run_people(walk)
    escalation = walk.escalation
    if not escalation.ended and not escalation.paused and escalation.due_at is None:
        walk.update(ended="finished: no step and no rule is left")
        walk.say("finished", "no step and no rule is left", ("finished",))
    return walk


def _hold_back(walk: Walk, hold: Hold) -> None:
    before = walk.escalation.held
    walk.update(held=hold, held_version=walk.config.version)
    if before is None or (before.window_id, before.until) != (hold.window_id, hold.until):
        walk.say("held", hold.sentence, ("held", hold.window_id, walk.escalation.version))


def _release(walk: Walk, hold: Hold) -> None:
    walk.update(held=None, held_version=0)
    why = "is over" if hold.until <= walk.now else "was stopped or changed"
    walk.say("released", f"{hold.kind} window {hold.window} {why}", ("released", walk.escalation.version))
    if walk.escalation.paused:
        # What it waits for may have come while it was held.
        walk.update(paused="", next_step_at=walk.now)


def _step_is_due(escalation: Escalation, now: datetime) -> bool:
    return escalation.next_step_at is not None and escalation.next_step_at <= now


def _run_next_step(walk: Walk) -> None:
    escalation = walk.escalation
    if escalation.position >= len(escalation.steps):
        walk.update(next_step_at=None, step_began_at=None)
        return
    step = escalation.steps[escalation.position]
    moment = _moment(walk, step)
    result = run_step(moment)
    place = f"step {escalation.position + 1} of {len(escalation.steps)}"
    words = f"{place}: {result.reason}"
    if result.again_at is not None or result.pause:
        _stay(walk, result, moment, words)
    else:
        _apply(walk, moment, result, words)
        if result.failure is None:
            walk.said.append(words)
    parts = (escalation.round, step.id)
    if result.failure is not None:
        walk.say("step_failed", f"{words}: {result.failure}", (*parts, "failed"))
    if result.problem is not None:
        sentence = f"{place}: its condition cannot be evaluated: {result.problem.message}"
        walk.say("condition_failed", sentence, (*parts, "condition"), (result.problem,))


def _moment(walk: Walk, step: StepConfig) -> Moment:
    escalation = walk.escalation
    is_important = escalation.importance == "important" or (step.important and not escalation.importance)
    return Moment(
        now=walk.now,
        config=walk.config,
        group=escalation.group,
        run=escalation.run,
        step=step,
        round=escalation.round,
        round_began_at=escalation.round_began_at,
        step_began_at=escalation.step_began_at or walk.now,
        important=is_important,
        answers=walk.known.answers,
    )


def _stay(walk: Walk, result: StepResult, moment: Moment, words: str) -> None:
    """Look at the same step again, at a time or with the next alert; it is told once that it is waited for."""
    walk.update(next_step_at=result.again_at, paused=result.pause, step_began_at=moment.step_began_at)
    if moment.is_first_look:
        walk.said.append(words)


def _apply(walk: Walk, moment: Moment, result: StepResult, words: str) -> None:
    escalation, step = walk.escalation, moment.step
    for user_id in result.notify:
        start_person(walk, user_id, step, moment.important, words)
    if result.webhook_id is not None:
        parts = (escalation.round, step.id, result.webhook_id)
        fields = {"group": escalation.group, "webhook_id": result.webhook_id}
        walk.tell(WebhookRequested, parts, **fields, decision="webhook", reason=words)
    if result.importance:
        walk.update(importance=result.importance)
    if result.resolve:
        _request_resolve(walk, step, words)
    elif result.repeat:
        _begin_again(walk, step, words)
    else:
        next_position = len(escalation.steps) if result.over else escalation.position + 1
        walk.update(position=next_position, next_step_at=result.wait_until or walk.now, step_began_at=None)


def _begin_again(walk: Walk, step: StepConfig, words: str) -> None:
    escalation = walk.escalation
    again = {"position": 0, "round": escalation.round + 1, "round_began_at": walk.now}
    walk.update(**again, next_step_at=walk.now, step_began_at=None)
    parts = (escalation.round, step.id, "repeat")
    walk.say("repeated_chain", f"{words} (round {escalation.round + 2})", parts)


def _request_resolve(walk: Walk, step: StepConfig, words: str) -> None:
    escalation = walk.escalation
    walk.tell(
        ActionRequested,
        (escalation.round, step.id, "resolve"),
        group_id=escalation.group_id,
        action="resolve",
        actor=LAST_STEP,
        source="escalation",
        run=escalation.run,
        decision="resolve",
        reason=words,
    )
    walk.update(ended="the chain's resolve step", next_step_at=None)
