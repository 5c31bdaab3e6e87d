"""Alert groups of an integration in the public API: reminders, required notes, how an escalation goes on."""

from __future__ import annotations

from typing import Any, Literal

from services.api.refusals import Invalid
from services.api.resources.desk import Body, Desk
from shared.domain.configuration import Integration
from shared.domain.group_settings import (
    LONGEST_REMINDER_S,
    SHORTEST_REMINDER_S,
    ReminderSettings,
    ResumeSettings,
)


class ReminderForm(Body):
    """Seconds from 300; 0: never; null: as the team or the installation says."""

    remind_after: int | None = None
    unacknowledge_after: int | None = None


class ResumeForm(Body):
    """Where the escalation goes on: at its start, or where it was."""

    after_silence: Literal["start", "continue"] | None = None
    after_unacknowledge: Literal["start", "continue"] | None = None


class GroupsBody(Body):
    """What a client writes about an integration's alert groups; null puts a setting back to its default."""

    acknowledge_reminder: ReminderForm | None = None
    escalation_resumes: ResumeForm | None = None
    resolution_note_required: bool | None = None


def shown(_desk: Desk, row: Integration) -> dict[str, Any]:
    """Return the settings."""
    return {
        "acknowledge_reminder": row.groups.acknowledge_reminder.model_dump(),
        "escalation_resumes": row.groups.escalation_resumes.model_dump(),
        "resolution_note_required": row.groups.resolution_note_required,
    }


def changes(_desk: Desk, row: Integration, body: GroupsBody) -> dict[str, Any]:
    """Return the changed field of the integration; what is not sent of it stays.

    Raises:
        Invalid: a time is out of range.
    """
    after: dict[str, Any] = {}
    if body.sent("acknowledge_reminder"):
        after["acknowledge_reminder"] = reminder_of(
            row.groups.acknowledge_reminder, body.acknowledge_reminder
        )
    if body.sent("escalation_resumes"):
        sent = body.escalation_resumes or ResumeForm()
        said = sent.model_dump(exclude_none=True)
        before = row.groups.escalation_resumes if body.escalation_resumes else ResumeSettings()
        after["escalation_resumes"] = before.model_copy(update=said)
    if body.sent("resolution_note_required"):
        after["resolution_note_required"] = body.resolution_note_required
    return {"groups": row.groups.model_copy(update=after)} if after else {}


def reminder_of(before: ReminderSettings, form: ReminderForm | None) -> ReminderSettings:
    """Return reminders as a client wrote them; what is not sent stays, null for all puts them back.

    Raises:
        Invalid: a time is out of range.
    """
    if form is None:
        return ReminderSettings()
    after = before.model_copy(update=form.model_dump(exclude_unset=True))
    for name, value in after.model_dump().items():
        if value and not SHORTEST_REMINDER_S <= value <= LONGEST_REMINDER_S:
            words = (
                f"{name}: must be 0 (never), or from {SHORTEST_REMINDER_S} to {LONGEST_REMINDER_S} seconds."
            )
            raise Invalid.field("acknowledge_reminder", words)
    return after
