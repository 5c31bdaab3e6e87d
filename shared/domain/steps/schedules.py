"""Steps that look at a schedule: notify who is on call, or who is next, or wait until somebody is."""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import Field

from shared.domain.model import Frozen
from shared.domain.on_call import next_change, next_on_call, on_call_at
from shared.domain.steps.step import Moment, StepResult, StepType, at_text, notified, spoken, users_of

LONGEST_HOLD_S = 7 * 86_400
DEFAULT_HOLD_S = 86_400
# An override that is added meanwhile is found within this time.
LOOK_EVERY = timedelta(minutes=15)
NO_SCHEDULE = "no schedule is selected, or it was deleted"


class NotifyOnCall(Frozen):
    """Notify who is on call in a schedule now."""

    notify_on_call_from_schedule: str | None = None


class NotifyNextOnCall(Frozen):
    """Notify who is on call after those of now."""

    schedule: str | None = None


class WaitUntilOnCall(Frozen):
    """Pause until somebody is on call, at most `max_duration` seconds (60 to 604,800; unset: a day)."""

    schedule: str | None = None
    max_duration: int | None = Field(default=None, ge=60, le=LONGEST_HOLD_S)


def notify_on_call_from_schedule(step: NotifyOnCall, moment: Moment) -> StepResult:
    """Notify who is on call; the failure says whether there is no schedule, no calendar, or nobody."""
    name = name_of(step.notify_on_call_from_schedule, moment)
    if name is None:
        return notified((), moment, "on call", NO_SCHEDULE)
    found = on_call_at(moment.config, step.notify_on_call_from_schedule or "", moment.now)
    users = users_of(moment.config, found.user_ids)
    return notified(users, moment, f"on call in {name}", found.failure or "nobody is on call")


def notify_next_on_call(step: NotifyNextOnCall, moment: Moment) -> StepResult:
    """Notify those after the present shift, now."""
    name = name_of(step.schedule, moment)
    if name is None:
        return notified((), moment, "the next on call", NO_SCHEDULE)
    found = next_on_call(moment.config, step.schedule or "", moment.now)
    if found is None:
        return notified((), moment, f"the next on call in {name}", "nobody else is on call within a year")
    since = f", from {at_text(found.since)}" if found.since is not None else ""
    users = users_of(moment.config, found.user_ids)
    return notified(users, moment, f"the next on call in {name}{since}", "nobody is next")


def wait_until_on_call(step: WaitUntilOnCall, moment: Moment) -> StepResult:
    """Stay until somebody is on call or the time is up."""
    name = name_of(step.schedule, moment)
    if name is None:
        return StepResult(reason="wait until somebody is on call", failure=NO_SCHEDULE)
    found = on_call_at(moment.config, step.schedule or "", moment.now)
    if found.user_ids:
        names = ", ".join(one.username for one in users_of(moment.config, found.user_ids))
        return StepResult(reason=f"{names} is on call in {name}: go on")
    longest_s = step.max_duration if step.max_duration is not None else DEFAULT_HOLD_S
    until = moment.step_began_at + timedelta(seconds=longest_s)
    if until <= moment.now:
        reason = f"wait until somebody is on call in {name}"
        return StepResult(reason=reason, failure=f"nobody was within {spoken(longest_s)}: the chain goes on")
    reason = f"wait until somebody is on call in {name}, at most to {at_text(until)}"
    return StepResult(reason=reason, again_at=_look_at(step.schedule or "", moment, until))


def name_of(schedule_id: str | None, moment: Moment) -> str | None:
    """Return the name of a schedule, None when there is none."""
    schedule = moment.config.schedule_by_id.get(schedule_id or "")
    return f"schedule {schedule.name}" if schedule is not None else None


def _look_at(schedule_id: str, moment: Moment, until: datetime) -> datetime:
    change = next_change(moment.config, schedule_id, moment.now)
    times = [until, moment.now + LOOK_EVERY, *([change] if change is not None else [])]
    return min(one for one in times if one > moment.now)


STEPS = {
    "notify_on_call_from_schedule": StepType(
        NotifyOnCall, notify_on_call_from_schedule, can_be_important=True
    ),
    "notify_next_on_call": StepType(NotifyNextOnCall, notify_next_on_call, can_be_important=True),
    "wait_until_on_call": StepType(WaitUntilOnCall, wait_until_on_call),
}
