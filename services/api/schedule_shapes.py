"""The shapes of answers about schedules, for the OpenAPI document."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from services.api.shape import Shape


class ScheduleSlack(Shape):
    """Where changes of shift are told in Slack, and the user group that is kept in step."""

    channel_id: str | None
    user_group_id: str | None


class ExternalCalendar(Shape):
    """An external calendar: when its text was last read and last became another one; `error` is of the last try."""

    which: Literal["primary", "overrides"]
    read_at: str | None
    changed_at: str | None
    error: str | None


class Schedule(Shape):
    """Who is on call when; a schedule has the fields of its type. `on_call_now` are user ids."""

    id: str
    team_id: str | None
    name: str
    type: Literal["web", "calendar", "ical"]
    time_zone: str = "UTC"
    ical_url_primary: str | None = None
    ical_url_overrides: str | None = None
    enable_web_overrides: bool = False
    shifts: list[str] = Field(default_factory=list)
    slack: ScheduleSlack
    notify_oncall_shift_freq: Literal["never", "each_shift"]
    notify_empty_oncall: Literal["all", "previous", "no_one"]
    mention_oncall_start: bool
    mention_oncall_next: bool
    on_call_now: list[str]
    calendars: list[ExternalCalendar]
    problems: int


class OnCallShift(BaseModel):
    """A shift, rotation or override, with the fields of its type and no others."""

    model_config = ConfigDict(extra="allow")

    id: str
    team_id: str | None
    schedule: str | None
    name: str
    type: Literal["single_event", "recurrent_event", "rolling_users", "override"]
    time_zone: str | None
    start: str
    rotation_start: str | None
    duration: int
    source: int


class SwapUser(Shape):
    """Somebody in a swap's shift."""

    pk: str
    display_name: str
    email: str


class SwapShift(Shape):
    """A time on call that a swap is about; `shift.pk` is the shift's id."""

    all_day: bool
    start: str
    end: str
    users: list[SwapUser]
    missing_users: list[str]
    priority_level: int
    source: str
    calendar_type: int
    is_empty: bool
    is_gap: bool
    is_override: bool
    shift: dict[str, str]


class ShiftSwap(Shape):
    """A request to be replaced for a while."""

    id: str
    created_at: str
    updated_at: str
    schedule: str
    swap_start: str
    swap_end: str
    beneficiary: str
    benefactor: str | None
    status: Literal["open", "taken", "past_due"]
    description: str
    shifts: list[SwapShift]


class FinalShift(Shape):
    """One person's time on call, after levels, overrides and swaps."""

    user_pk: str
    user_email: str
    user_username: str
    shift_start: str
    shift_end: str


class OnCallReason(Shape):
    """Somebody who is on call, and by what."""

    user_id: str
    username: str
    by: Literal["shift", "override", "swap"]
    since: str
    shift_id: str
    level: int
    swap_id: str | None
    in_place_of: str | None
    reason: str


class OnCallUser(Shape):
    """Somebody who will be on call."""

    user_id: str
    username: str


class NextOnCall(Shape):
    """Who is on call next, and since when."""

    since: str
    users: list[OnCallUser]


class OnCall(Shape):
    """Who is on call at a moment and why; nobody only with a reason."""

    schedule: str
    at: str
    on_call: list[OnCallReason]
    nobody_because: str | None
    next: NextOnCall | None


class Override(Shape):
    """Who is on call in everybody else's place, from `start` to `end`."""

    id: str
    schedule: str
    name: str
    users: list[str]
    start: str
    end: str


class Overrides(Shape):
    """The overrides of a schedule."""

    results: list[Override]


class Span(Shape):
    """A stretch of time."""

    start: str
    end: str


class EmptyShift(Span):
    """A shift that is on without anybody who is known."""

    shift_id: str
    title: str


class Gaps(Shape):
    """When nobody is on call in the time ahead."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    from_: str = Field(alias="from")
    to: str
    gaps: list[Span]
    empty_shifts: list[EmptyShift]


class Comment(Shape):
    """A sentence about what would make a schedule better, or that nothing would."""

    type: Literal["info", "warning"]
    text: str


class OverloadedUser(Shape):
    """Somebody who is on call more than the average; `score` says by how many percent."""

    id: str
    username: str
    score: int


class Quality(Shape):
    """How well 52 weeks are covered and shared, from 0 to 100."""

    total_score: int
    coverage: int
    balance: int
    comments: list[Comment]
    overloaded_users: list[OverloadedUser]


class Reminders(Shape):
    """How a person is told before going on call: so many seconds before, through which channel."""

    before: list[int]
    channel: str


class ExportMade(Shape):
    """A new address to subscribe to; the token is shown this once."""

    token: str
    export_url: str
    created_at: str


class ExportToken(Shape):
    """An address to subscribe to, without its token."""

    created_at: str


SHAPES: tuple[type[BaseModel], ...] = (
    FinalShift,
    OnCall,
    Override,
    Overrides,
    Gaps,
    Quality,
    Reminders,
    ExportMade,
    ExportToken,
)
