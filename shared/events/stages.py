"""What is not about one way of an alert: decisions of any stage, and news of the configuration."""

from __future__ import annotations

from typing import ClassVar

from shared.domain.model import Problem
from shared.events.event import Event


class StageDecided(Event):
    """any stage: a decision with no onward event (a repeat, no chain, a suppressed page), so no trace has a hole.

    The receiver tells with it what it noticed of an integration: refusals for its rate, uses of a former URL.
    """

    type: ClassVar[str] = "stage.decided.v1"
    stage: str
    group_id: str | None = None
    alerts: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


class ConfigChanged(Event):
    """api -> every instance: a new version of the configuration is stored."""

    type: ClassVar[str] = "config.changed.v1"
    version: int
