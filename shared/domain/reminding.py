"""Acknowledge reminders: whether whoever took a group still works on it, and what becomes of it without a word.

The due time stands in the group, so one versioned write asks, and no crash asks twice or never (docs/adr/0031).
A reminder never stops by age.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.group_settings import ReminderSettings
from shared.domain.model import SYSTEM, Group, Reminder, State
from shared.events import Due, Event, GroupReminded, GroupUnacknowledged


@dataclass(frozen=True)
class Reminders:
    """What counts, in seconds: asked so long after an acknowledge and each confirm, given up so long after being asked.

    0: never.
    """

    remind_after_s: int = 0
    unacknowledge_after_s: int = 0

    def of(self, *levels: ReminderSettings | None) -> Reminders:
        """Return what counts where these say something of their own, the nearest first."""
        said = [one for one in levels if one is not None]
        remind = next((one.remind_after for one in said if one.remind_after is not None), None)
        give_up = next((one.unacknowledge_after for one in said if one.unacknowledge_after is not None), None)
        return Reminders(
            self.remind_after_s if remind is None else remind,
            self.unacknowledge_after_s if give_up is None else give_up,
        )


NEVER = Reminders()


def first_reminder(reminders: Reminders, now: datetime, before: Reminder | None = None) -> Reminder | None:
    """Return what is planned from now on, after an acknowledge or a confirm; None: nobody is ever asked.

    The count of questions goes on from `before`: no two questions of a run have the same number.
    """
    if reminders.remind_after_s <= 0:
        return None
    count = before.count if before is not None else 0
    return Reminder(count=count, next_at=now + timedelta(seconds=reminders.remind_after_s))


def reminder_due_at(group: Group) -> datetime | None:
    """Return when the group is to be looked at because of its acknowledge; an attached group follows its root."""
    reminder = group.reminder
    if reminder is None or group.state is not State.ACKNOWLEDGED or group.root_id is not None:
        return None
    return reminder.confirm_by or reminder.next_at


def is_asked(group: Group) -> bool:
    """Whether a reminder waits for a confirm; of an attached group its root is asked."""
    is_taken = group.state is State.ACKNOWLEDGED and group.root_id is None
    return is_taken and group.reminder is not None and group.reminder.asked_at is not None


def remind(group: Group, now: datetime, reminders: Reminders) -> tuple[Group, list[Event]]:
    """Ask, or give up, when the time for it has come; otherwise nothing changes.

    `reminders` are what counts now: what was switched off since then is not carried out any more.
    """
    due_at, reminder = reminder_due_at(group), group.reminder
    if due_at is None or reminder is None or due_at > now:
        return group, []
    if reminders.remind_after_s <= 0:
        return group.model_copy(update={"reminder": None, "version": group.version + 1}), []
    if reminder.confirm_by is None:
        return _asked(group, reminder, now, reminders)
    if reminders.unacknowledge_after_s <= 0:
        next_one = first_reminder(reminders, now, reminder)
        return group.model_copy(update={"reminder": next_one, "version": group.version + 1}), []
    return _given_up(group, due_at, now)


def _asked(
    group: Group, reminder: Reminder, now: datetime, reminders: Reminders
) -> tuple[Group, list[Event]]:
    waits = reminders.unacknowledge_after_s > 0
    asked = Reminder(
        count=reminder.count + 1,
        asked_at=now,
        confirm_by=now + timedelta(seconds=reminders.unacknowledge_after_s) if waits else None,
        next_at=None if waits else now + timedelta(seconds=reminders.remind_after_s),
    )
    after = group.model_copy(update={"reminder": asked, "version": group.version + 1})
    cause = Due.of(group.id, "reminder", reminder.next_at or now, alert_id=group.last_alert_id)
    words = f"{group.acknowledged_by} acknowledged it: does somebody still work on it?"
    fact = GroupReminded.following(
        cause, time=now, subject=group.id, group=after, actor=SYSTEM, decision="reminded", reason=words
    )
    return after, [fact]


def _given_up(group: Group, due_at: datetime, now: datetime) -> tuple[Group, list[Event]]:
    after = group.model_copy(
        update={
            "acknowledged_at": None,
            "acknowledged_by": None,
            "reminder": None,
            "run": group.run + 1,
            "version": group.version + 1,
        }
    )
    cause = Due.of(group.id, "confirm", due_at, alert_id=group.last_alert_id)
    fact = GroupUnacknowledged.following(
        cause,
        time=now,
        subject=group.id,
        group=after,
        actor=SYSTEM,
        decision="unacknowledged",
        reason=f"by timeout: {group.acknowledged_by} did not confirm in time",
    )
    return after, [fact]
