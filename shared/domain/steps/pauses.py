"""Steps that only pause the chain: for a while, to a time of day, for an answer, for more alerts."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field, StrictInt, ValidationInfo, field_validator

from shared.domain.daily_window import DailyWindow, Weekday, as_time, zone_of
from shared.domain.model import Frozen
from shared.domain.steps.asking import AlertsInWindow
from shared.domain.steps.step import Moment, StepResult, StepType, at_text, spoken

DEFAULT_WAIT_S = 300
NOT_SET = "its settings are not complete: the chain goes on"


class Wait(Frozen):
    """Pause for `duration` seconds (60 to 86,400; unset: 5 minutes)."""

    duration: int | None = Field(default=None, ge=60, le=86_400)


class NotifyIfNotAcknowledgedWithin(Frozen):
    """Pause until `duration` seconds (60 to 604,800) after this round of the chain began.

    An acknowledge ends the chain, so what follows is done only when there was none by then. Unlike `wait` it does
    not matter how long the steps before it took.
    """

    duration: int | None = Field(default=None, ge=60, le=604_800)


class NotifyIfTimeFromTo(Frozen):
    """Go on only inside a time of day; outside pause until it begins.

    Without `time_zone` both are UTC, `%H:%M:%SZ`. With one they are local, `%H:%M` or `%H:%M:%S`. `weekdays`
    (MO, TU, WE, TH, FR, SA, SU; none means all) are those on which it begins. It may go over midnight.
    """

    # First, because how the times are written depends on it.
    time_zone: str | None = None
    notify_if_time_from: str | None = None
    notify_if_time_to: str | None = None
    weekdays: tuple[Weekday, ...] = ()

    @field_validator("time_zone")
    @classmethod
    def _exists(cls, name: str | None) -> str | None:
        if name is not None:
            zone_of(name)
        return name

    @field_validator("notify_if_time_from", "notify_if_time_to")
    @classmethod
    def _can_be_read(cls, text: str | None, info: ValidationInfo) -> str | None:
        if text is not None:
            as_time(text, is_local=info.data.get("time_zone") is not None)
        return text


class NotifyIfNumAlertsInWindow(Frozen):
    """Go on only when more than so many alerts came within so many minutes; every new alert is looked at."""

    num_alerts_in_window: StrictInt | None = Field(default=None, ge=1, le=1_000_000)
    num_minutes_in_window: StrictInt | None = Field(default=None, ge=1, le=10_080)


def wait(step: Wait, moment: Moment) -> StepResult:
    """Pause the chain."""
    duration_s = step.duration if step.duration is not None else DEFAULT_WAIT_S
    failure = "no duration is set: 5 minutes are taken" if step.duration is None else None
    until = moment.now + timedelta(seconds=duration_s)
    return StepResult(reason=f"wait {spoken(duration_s)}", wait_until=until, failure=failure)


def notify_if_not_acknowledged_within(step: NotifyIfNotAcknowledgedWithin, moment: Moment) -> StepResult:
    """Pause until the time is up, counted from the begin of the round."""
    if step.duration is None:
        return StepResult(reason="go on if nobody acknowledges in time", failure=NOT_SET)
    until = moment.round_began_at + timedelta(seconds=step.duration)
    if until <= moment.now:
        return StepResult(reason=f"nobody acknowledged within {spoken(step.duration)}: go on")
    words = f"go on if nobody acknowledges within {spoken(step.duration)}, until {at_text(until)}"
    return StepResult(reason=words, wait_until=until)


def notify_if_time_from_to(step: NotifyIfTimeFromTo, moment: Moment) -> StepResult:
    """Go on inside the window, else when it begins next."""
    if step.notify_if_time_from is None or step.notify_if_time_to is None:
        return StepResult(reason="go on inside a time of day", failure=NOT_SET)
    is_local = step.time_zone is not None
    window = DailyWindow(
        begins=as_time(step.notify_if_time_from, is_local=is_local),
        ends=as_time(step.notify_if_time_to, is_local=is_local),
        zone=zone_of(step.time_zone or "UTC"),
        weekdays=step.weekdays,
    )
    until = window.waits_until(moment.now)
    if until is None:
        return StepResult(reason=f"inside {window.sentence}: go on")
    return StepResult(reason=f"outside {window.sentence}: go on at {at_text(until)}", wait_until=until)


def notify_if_num_alerts_in_window(step: NotifyIfNumAlertsInWindow, moment: Moment) -> StepResult:
    """Go on when there were enough alerts, counted back from the newest one."""
    limit, minutes = step.num_alerts_in_window, step.num_minutes_in_window
    if limit is None or minutes is None:
        return StepResult(reason="go on after many alerts", failure=NOT_SET)
    count = moment.answers.count(AlertsInWindow(moment.group.id, minutes))
    if count > limit:
        return StepResult(reason=f"{count} alerts within {minutes} min, more than {limit}: go on")
    words = f"waits for more than {limit} alerts within {minutes} min; there are {count}"
    return StepResult(reason=words, pause=words)


STEPS = {
    "wait": StepType(Wait, wait),
    "notify_if_time_from_to": StepType(NotifyIfTimeFromTo, notify_if_time_from_to),
    "notify_if_num_alerts_in_window": StepType(NotifyIfNumAlertsInWindow, notify_if_num_alerts_in_window),
    "notify_if_not_acknowledged_within": StepType(
        NotifyIfNotAcknowledgedWithin, notify_if_not_acknowledged_within
    ),
}
