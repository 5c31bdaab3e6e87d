"""The steps of an escalation chain: one model and one function each.

A function looks at a moment of the escalation and answers what the step does; it never waits, sends or stores. To add
a step, write its model and its function into the file of its family, and a line in that file's STEPS.
"""

from shared.domain.steps.asking import (
    NO_ANSWERS,
    AlertsInWindow,
    Answers,
    Asked,
    Condition,
    Question,
    Turn,
)
from shared.domain.steps.catalogue import STEP_TYPES, STEPS, check_step, run_step
from shared.domain.steps.flow import LONGEST_TEMPLATE, MAX_REPEATS
from shared.domain.steps.step import Importance, Moment, StepResult

__all__ = [
    "LONGEST_TEMPLATE",
    "MAX_REPEATS",
    "NO_ANSWERS",
    "STEPS",
    "STEP_TYPES",
    "AlertsInWindow",
    "Answers",
    "Asked",
    "Condition",
    "Importance",
    "Moment",
    "Question",
    "StepResult",
    "Turn",
    "check_step",
    "run_step",
]
