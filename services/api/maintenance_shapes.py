"""The shapes of answers about maintenance, storms and other settings of integrations, for the OpenAPI document."""

from __future__ import annotations

from services.api.shape import Shape


class StormSettings(Shape):
    """When an integration is in a storm; null stands for the installation's value."""

    groups_per_minute: int | None
    digest_interval: int | None


class StormState(Shape):
    """A storm that is on; over at `until` unless it goes on."""

    since: str
    until: str
    groups_per_minute: int


class MaintenanceWindow(Shape):
    """A time in which escalation is held back; empty lists and objects mean everything."""

    id: str
    name: str
    mode: str
    starts_at: str
    duration: int
    time_zone: str
    rrule: str
    integration_ids: list[str]
    route_ids: list[str]
    labels: dict[str, list[str]]
    comment: str
    author: str
    is_active: bool
    active_since: str | None
    active_until: str | None
    next_starts_at: str | None
    stopped_at: str | None


class ReminderSettings(Shape):
    """Acknowledge reminders, in seconds; 0: never, null: as the team or the installation says."""

    remind_after: int | None
    unacknowledge_after: int | None


class ResumeSettings(Shape):
    """Where the escalation goes on, `start` or `continue`."""

    after_silence: str
    after_unacknowledge: str


class Reminded(Shape):
    """What has acknowledge reminders of its own."""

    acknowledge_reminder: ReminderSettings


class GroupSettings(Reminded):
    """What an integration says about its alert groups."""

    escalation_resumes: ResumeSettings
    resolution_note_required: bool | None
