"""Evaluates the condition of an escalation step."""

from __future__ import annotations

from datetime import datetime

from shared.domain.conditions import ConditionJob, Verdict
from shared.templates import TemplateFailure, evaluate, is_true

SHOWN = 100


def judge(job: ConditionJob, now: datetime) -> Verdict:
    """Return whether the template says true, as routes understand it; one that fails counts as true."""
    try:
        said = evaluate(job.template, {**job.variables, "time": lambda: now})
    except TemplateFailure as failure:
        return Verdict(holds=True, failure=failure.message, line=failure.line)
    return Verdict(holds=is_true(said), said=said.strip()[:SHOWN])
