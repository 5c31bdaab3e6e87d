"""What the Go client of OnCall's public API decodes answers into: each field with its type, and whether it may be null.

Facts of `grafana/amixr-api-go-client` and of the provider that uses it. A number where it has a string, or the
reverse, is an error there and here; null and what is missing are the zero value, or nil behind a pointer.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator


class Struct(BaseModel):
    """JSON as encoding/json reads it into a struct."""

    model_config = ConfigDict(extra="ignore", strict=True)

    @model_validator(mode="before")
    @classmethod
    def _null_is_zero(cls, found: Any) -> Any:
        return (
            {key: value for key, value in found.items() if value is not None} if _is_object(found) else found
        )


def _is_object(found: Any) -> bool:
    return isinstance(found, dict)


class Name(Struct):
    id: str = ""
    name: str = ""


class Label(Struct):
    key: Name = Name()
    value: Name = Name()


class SlackRoute(Struct):
    channel_id: str | None = None
    enabled: bool = False


class ChatRoute(Struct):
    id: str | None = None
    enabled: bool = False


class DefaultRoute(Struct):
    id: str = ""
    escalation_chain_id: str | None = None
    slack: SlackRoute | None = None
    telegram: ChatRoute | None = None
    msteams: ChatRoute | None = None


class Texts(Struct):
    """The templates of a medium; those with fewer parts never have the others."""

    title: str | None = None
    message: str | None = None
    image_url: str | None = None


class Templates(Struct):
    grouping_key: str | None = None
    resolve_signal: str | None = None
    acknowledge_signal: str | None = None
    source_link: str | None = None
    slack: Texts | None = None
    web: Texts | None = None
    msteams: Texts | None = None
    telegram: Texts | None = None
    phone_call: Texts | None = None
    sms: Texts | None = None
    email: Texts | None = None
    mobile_app: Texts | None = None


class Integration(Struct):
    id: str = ""
    team_id: str = ""
    name: str = ""
    link: str = ""
    incidents_count: int = 0
    type: str = ""
    default_route: DefaultRoute | None = None
    templates: Templates | None = None
    labels: list[Label] = []
    dynamic_labels: list[Label] = []


class Route(Struct):
    id: str = ""
    integration_id: str = ""
    escalation_chain_id: str = ""
    position: int = 0
    routing_type: str = ""
    routing_regex: str = ""
    is_the_last_route: bool = False
    slack: SlackRoute | None = None
    telegram: ChatRoute | None = None
    msteams: ChatRoute | None = None


class EscalationChain(Struct):
    id: str = ""
    name: str = ""
    team_id: str = ""


class Escalation(Struct):
    id: str = ""
    escalation_chain_id: str = ""
    position: int = 0
    type: str | None = None
    duration: int | None = None
    persons_to_notify: list[str] | None = None
    persons_to_notify_next_each_time: list[str] | None = None
    team_to_notify: str | None = None
    notify_on_call_from_schedule: str | None = None
    action_to_trigger: str | None = None
    group_to_notify: str | None = None
    important: bool | None = None
    notify_if_time_from: str | None = None
    notify_if_time_to: str | None = None
    num_alerts_in_window: int | None = None
    num_minutes_in_window: int | None = None
    severity: str | None = None


class OnCallShift(Struct):
    id: str = ""
    team_id: str = ""
    type: str = ""
    name: str = ""
    level: int = 0
    start: str = ""
    until: str | None = None
    duration: int = 0
    frequency: str | None = None
    users: list[str] | None = None
    interval: int | None = None
    week_start: str | None = None
    by_day: list[str] | None = None
    by_month: list[int] | None = None
    by_monthday: list[int] | None = None
    rolling_users: list[list[str]] | None = None
    time_zone: str | None = None
    start_rotation_from_user_index: int | None = None


class SlackSchedule(Struct):
    channel_id: str | None = None
    user_group_id: str | None = None


class Schedule(Struct):
    id: str = ""
    team_id: str = ""
    type: str = ""
    on_call_now: list[str] = []
    name: str = ""
    ical_url_primary: str | None = None
    ical_url_overrides: str | None = None
    enable_web_overrides: bool = False
    time_zone: str = ""
    slack: SlackSchedule | None = None
    shifts: list[str] | None = None


class Webhook(Struct):
    id: str = ""
    name: str = ""
    team: str = ""
    url: str = ""
    trigger_type: str = ""
    http_method: str = ""
    data: str | None = None
    username: str | None = None
    password: str | None = None
    authorization_header: str | None = None
    trigger_template: str | None = None
    headers: str | None = None
    forward_all: bool = False
    integration_filter: list[str] | None = None
    is_webhook_enabled: bool = False
    preset: str = ""


class CustomAction(Struct):
    id: str = ""
    name: str = ""
    team_id: str = ""


class UserNotificationRule(Struct):
    id: str = ""
    user_id: str = ""
    position: int = 0
    duration: int = 0
    important: bool = False
    type: str = ""


class User(Struct):
    id: str = ""
    username: str = ""
    role: str = ""
    email: str = ""


class Team(Struct):
    id: str = ""
    name: str = ""
    email: str = ""
    avatar_url: str = ""
    is_sharing_resources_to_all: bool = False


class SlackUserGroup(Struct):
    id: str = ""
    name: str = ""
    handle: str = ""


class UserGroup(Struct):
    id: str = ""
    type: str = ""
    slack: SlackUserGroup | None = None


class SlackChannel(Struct):
    name: str = ""
    slack_id: str = ""


class AlertGroup(Struct):
    id: str = ""
    integration_id: str = ""
    route_id: str = ""
    alerts_count: int = 0
    state: str = ""
    created_at: str = ""
    resolved_at: str = ""
    acknowledged_at: str = ""
    title: str = ""
    permalinks: dict[str, str | None] = {}


class ResolutionNote(Struct):
    id: str = ""
    alert_group_id: str = ""
    author: str = ""
    source: str = ""
    created_at: str = ""
    text: str = ""


class Page(Struct):
    """One page of a list; the results are decoded by their own type."""

    count: int = 0
    next: str | None = None
    previous: str | None = None
    results: list[Any] = []
