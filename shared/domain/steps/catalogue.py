"""Every step type by the public API's word; how a step is checked when it is declared, and run when it is due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from shared.domain.model import Frozen
from shared.domain.steps import flow, groups_of_people, pauses, people, schedules
from shared.domain.steps.flow import LONGEST_TEMPLATE, condition_of, problem_of
from shared.domain.steps.step import Moment, StepResult, StepType
from shared.errors import Permanent

FAMILIES = (pauses, people, groups_of_people, schedules, flow)
STEPS: Mapping[str, StepType] = {name: one for family in FAMILIES for name, one in family.STEPS.items()}
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
        where = "".join(f"{one}: " for one in first["loc"])
        raise Permanent(f"{where}{first['msg'].removeprefix('Value error, ')}") from error


def run_step(moment: Moment) -> StepResult:
    """Run a step as configured; one that cannot be read does nothing and says so.

    Raises:
        Asked: it depends on a fact that is not known yet.
    """
    step = moment.step
    known = STEPS.get(step.type)
    if known is None:
        return StepResult(reason=step.type, failure=f"this version knows no step of type {step.type!r}")
    try:
        model = known.model.model_validate(step.parameters)
    except ValidationError as error:
        return StepResult(
            reason=step.type, failure=f"its settings cannot be read: {error.errors()[0]['msg']}"
        )
    condition = (step.condition or "").strip()
    # A condition is asked once, when the step is reached, and not while the step waits.
    if condition and moment.is_first_look:
        verdict = moment.answers.verdict(condition_of(condition[:LONGEST_TEMPLATE], moment))
        if not verdict.holds:
            return StepResult(reason=f"{step.type} is skipped: its condition said {verdict.said!r}")
        if verdict.failure:
            return replace(known.run(model, moment), problem=problem_of(verdict, moment))
    return known.run(model, moment)
