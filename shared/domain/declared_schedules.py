"""Schedules as a person writes them down: their shifts inside, people by username."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from shared.domain.declaration_parts import Named, OfTeam, Owned, Part, Seconds


def _as_turns(value: Any) -> Any:
    """Read a turn of one person written as a bare name."""
    return [[one] if isinstance(one, str) else one for one in value] if isinstance(value, list) else value


class DeclaredScheduleSlack(Part):
    """Where changes of shift are told in Slack, and the user group that is kept in step."""

    channel_id: str | None = None
    user_group_id: str | None = None


class DeclaredShift(Part):
    """One shift of a schedule, known by name (of several of one name, by their order).

    `start` is local time of `time_zone`, else of the schedule's.
    """

    name: str
    team: str | None = None
    type: Literal["single_event", "recurrent_event", "rolling_users"]
    start: str
    duration: Seconds
    time_zone: str | None = None
    level: int = 0
    rotation_start: str | None = None
    until: str | None = None
    frequency: str | None = None
    interval: int | None = None
    week_start: str | None = None
    by_day: list[str] | None = None
    by_month: list[int] | None = None
    by_monthday: list[int] | None = None
    users: list[str] = Field(default_factory=list)
    rolling_users: Annotated[list[list[str]], BeforeValidator(_as_turns)] = Field(default_factory=list)
    start_rotation_from_user_index: int = 0
    effective_from: datetime | None = None
    ended_at: datetime | None = None


class DeclaredSharedShift(DeclaredShift, Owned):
    """A shift that schedules share, known by name (of its team)."""


class DeclaredSchedule(OfTeam):
    """A schedule, known by name (of its team); shifts left out are left as they are, and overrides always.

    `shifts` are its own, `shared_shifts` those that it refers to.
    """

    name: str
    type: Literal["web", "calendar", "ical"] = "web"
    time_zone: str = "UTC"
    ical_url_primary: str | None = None
    ical_url_overrides: str | None = None
    enable_web_overrides: bool = False
    slack: DeclaredScheduleSlack = DeclaredScheduleSlack()
    notify_oncall_shift_freq: str | None = None
    notify_empty_oncall: str | None = None
    mention_oncall_start: bool | None = None
    mention_oncall_next: bool | None = None
    shifts: list[DeclaredShift] | None = None
    shared_shifts: list[Named] | None = None
