"""What an integration or a team says about its alert groups: reminders, required notes, how an escalation goes on."""

from __future__ import annotations

from typing import Literal

from shared.domain.model import Frozen

# Shorter reminders would be noise, longer ones no reminders.
SHORTEST_REMINDER_S = 300
LONGEST_REMINDER_S = 7 * 86_400


class ReminderSettings(Frozen):
    """Acknowledge reminders, in seconds; None: what stands above it (team, then installation), 0: never."""

    remind_after: int | None = None
    unacknowledge_after: int | None = None


class ResumeSettings(Frozen):
    """Where an escalation goes on after a silence and after an unacknowledge: at its start, or where it was."""

    after_silence: Literal["start", "continue"] = "start"
    after_unacknowledge: Literal["start", "continue"] = "start"


class GroupSettings(Frozen):
    """All of it, of one integration. `resolution_note_required` None: as the installation says."""

    acknowledge_reminder: ReminderSettings = ReminderSettings()
    escalation_resumes: ResumeSettings = ResumeSettings()
    resolution_note_required: bool | None = None
