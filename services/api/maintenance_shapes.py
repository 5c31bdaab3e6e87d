"""The shapes of answers about maintenance and storms, for the OpenAPI document."""

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
