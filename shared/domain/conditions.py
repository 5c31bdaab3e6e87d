"""A template that decides whether an escalation step is done: what is asked of it and what it said.

Apart from the function that evaluates (condition_rendering.py), because whoever only asks needs no template engine.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from shared.domain.model import Frozen, Group

# `where` of a problem of a step's condition: this and the step's id.
STEP = "escalation step "


class ConditionJob(Frozen):
    """One template, and the variables that it sees, in JSON's types only."""

    template: str
    variables: dict[str, Any]


class Verdict(Frozen):
    """What a condition said. `failure` says why it could not be evaluated; then it counts as true."""

    holds: bool = True
    said: str = ""
    failure: str = ""
    line: int | None = None


def job_of(template: str, group: Group, payload: Any, integration_name: str) -> ConditionJob:
    """Return what the sandbox is asked: `payload` is that of the group's newest alert, None when it is gone."""
    shown = {
        "id": group.id,
        "number": group.number,
        "title": group.title or "",
        "state": group.state.value,
        "alerts_count": group.alerts_count,
        "created_at": _instant(group.opened_at),
        "last_alert_at": _instant(group.last_alert_at),
    }
    variables = {
        "payload": payload,
        "labels": dict(group.labels),
        "alert_group": shown,
        "integration_name": integration_name,
    }
    return ConditionJob(template=template, variables=variables)


def failed(reason: str) -> Verdict:
    """Return the verdict of a template that could not be evaluated: the step is done all the same."""
    return Verdict(holds=True, failure=reason)


def _instant(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
