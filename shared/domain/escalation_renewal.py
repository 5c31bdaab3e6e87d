"""Puts a run on the chain as it is now: where it goes on is told by the ids of the steps that are done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from shared.domain.configuration import ConfigSnapshot, StepConfig
from shared.domain.escalation_run import Escalation


def renew(escalation: Escalation, config: ConfigSnapshot, now: datetime) -> Escalation | str:
    """Return the run on its chain as of this configuration, or a sentence why it stays as it is.

    A wait that is under way ends when it would have ended. A step that waits for something is looked at again; one
    that was removed meanwhile is waited for no more. A run that had done all its steps does those added at the end.
    """
    chain = config.chain_by_id.get(escalation.chain_id or "")
    if chain is None:
        return "its chain was deleted"
    steps = config.steps_of.get(chain.id, ())
    if steps == escalation.steps:
        return "its chain is applied already"
    position = position_in(steps, escalation.steps, escalation.position)
    waited_for = _id_at(escalation.steps, escalation.position)
    is_same_step = waited_for is not None and waited_for == _id_at(steps, position)
    changes = {
        "steps": steps,
        "chain_name": chain.name,
        "position": position,
        "config_version": config.version,
        "paused": "",
        "step_began_at": escalation.step_began_at if is_same_step else None,
        "next_step_at": _next_step_at(escalation, now),
    }
    return escalation.model_copy(update=changes)


def position_in(after: Sequence[StepConfig], before: Sequence[StepConfig], position: int) -> int:
    """Return where a run that stood before step `position` of `before` stands in `after`.

    It is behind the last step that it has done and that is still there; with none of those it is at the step that
    would have been next, or at the first one that is left of the rest, or at the beginning.
    """
    places = {one.id: place for place, one in enumerate(after)}
    for one in reversed(before[:position]):
        if one.id in places:
            return places[one.id] + 1
    return next((places[one.id] for one in before[position:] if one.id in places), 0)


def _next_step_at(escalation: Escalation, now: datetime) -> datetime:
    is_at_a_wait = escalation.step_began_at is None and escalation.next_step_at is not None
    return escalation.next_step_at if is_at_a_wait and escalation.next_step_at is not None else now


def _id_at(steps: Sequence[StepConfig], position: int) -> str | None:
    return steps[position].id if position < len(steps) else None
