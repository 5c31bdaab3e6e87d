"""What users declare about who is on call when: schedules, their shifts, swaps and external calendars."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from shared.domain.model import Frozen

ScheduleType = Literal["web", "calendar", "ical"]
ShiftType = Literal["single_event", "recurrent_event", "rolling_users", "override"]
Frequency = Literal["hourly", "daily", "weekly", "monthly"]
Weekday = Literal["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
Which = Literal["primary", "overrides"]
SwapStatus = Literal["open", "taken", "past_due"]
WEEKDAYS: tuple[Weekday, ...] = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
SOURCES = {"web": 0, "api": 1, "slack": 2, "terraform": 3}


class Schedule(Frozen):
    """Who is on call when.

    web: its shifts name it as theirs. calendar: `shift_ids` are shifts that schedules share. ical: everything is
    read from external calendars. Both URLs are ciphertext here, because they often hold a secret.
    `enable_web_overrides` (calendar, ical): overrides made here count; a calendar schedule then reads no overrides
    from `ical_url_overrides`. The last four say what its chat channel is told of a change of shift (reference 8.6).
    """

    id: str
    name: str
    type: ScheduleType = "web"
    team_id: str | None = None
    time_zone: str = "UTC"
    shift_ids: tuple[str, ...] = ()
    ical_url_primary: str | None = None
    ical_url_overrides: str | None = None
    enable_web_overrides: bool = False
    slack_channel_id: str | None = None
    slack_user_group_id: str | None = None
    notify_oncall_shift_freq: Literal["never", "each_shift"] = "each_shift"
    mention_oncall_start: bool = True
    mention_oncall_next: bool = False
    notify_empty_oncall: Literal["all", "previous", "no_one"] = "all"


class Shift(Frozen):
    """One shift, rotation or override (reference 8.2).

    `start`, `rotation_start` and `until` are kept exactly as written: local times of `time_zone`, else of the
    schedule's. `duration` is in seconds of the wall clock (hourly: of elapsed time). `rolling_users`: each inner
    list is one turn. `schedule_id` is set where one schedule owns the shift; a shared one has none.
    `effective_from` and `ended_at` bound one version of a shift that was edited while it ran: nothing of it counts
    before the one or from the other on, whatever its own times say.
    """

    id: str
    name: str
    type: ShiftType = "single_event"
    schedule_id: str | None = None
    team_id: str | None = None
    time_zone: str | None = None
    level: int = 0
    start: str
    rotation_start: str | None = None
    until: str | None = None
    duration: int
    frequency: Frequency | None = None
    interval: int | None = None
    week_start: Weekday | None = None
    by_day: tuple[Weekday, ...] = ()
    by_month: tuple[int, ...] = ()
    by_monthday: tuple[int, ...] = ()
    users: tuple[str, ...] = ()
    rolling_users: tuple[tuple[str, ...], ...] = ()
    start_rotation_from_user_index: int | None = None
    source: int = SOURCES["api"]
    effective_from: datetime | None = None
    ended_at: datetime | None = None

    @property
    def is_override(self) -> bool:
        """Whether it replaces whatever it overlaps."""
        return self.type == "override"

    @property
    def happens_once(self) -> bool:
        """Whether it has one event only, whatever its other fields say."""
        return self.frequency is None or self.type in ("single_event", "override")


class Swap(Frozen):
    """A request to be replaced: from `swap_start` until before `swap_end` the benefactor stands in.

    `beneficiary_id` asks; `benefactor_id` is None until somebody took it.
    """

    id: str
    schedule_id: str
    swap_start: datetime
    swap_end: datetime
    beneficiary_id: str
    benefactor_id: str | None = None
    description: str = ""
    created_at: datetime
    updated_at: datetime | None = None

    def status(self, now: datetime) -> SwapStatus:
        """What is to be said of it: a taken one stays taken, an open one is past due from its start on."""
        if self.benefactor_id is not None:
            return "taken"
        return "past_due" if now >= self.swap_start else "open"


class Calendar(Frozen):
    """The last good text of a schedule's external calendar; a failed refresh leaves it as it is.

    `fetched_at`: when it was last fetched and found good, as far as it was written down; `changed_at`: when the
    text last became another one. `reading` is what the text says, as JSON, because reading it takes long; made by
    `fetched_calendar` (shared/domain/external_events.py).
    """

    id: str
    schedule_id: str
    which: Which = "primary"
    text: str
    reading: str = ""
    fetched_at: datetime
    changed_at: datetime


def calendar_id(schedule_id: str, which: Which) -> str:
    """Return the id of the row of a schedule's external calendar."""
    return f"{schedule_id}-{which}"
