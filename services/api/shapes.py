"""The shapes of answers, for the OpenAPI document; a test holds every real answer to them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from services.api.event_shapes import EventSubscription
from services.api.maintenance_shapes import GroupSettings, MaintenanceWindow, Reminded
from services.api.maintenance_shapes import StormSettings as StormSettings
from services.api.maintenance_shapes import StormState as StormState
from services.api.people_shapes import SlackChannel, UserGroup
from services.api.schedule_shapes import OnCallShift, Schedule, ShiftSwap
from services.api.shape import Shape
from services.api.webhook_shapes import CustomAction, Webhook
from shared.domain.rule_hours import RuleHours


class SlackTarget(Shape):
    """Where a route posts in Slack; no channel means the default one."""

    channel_id: str | None
    enabled: bool


class Target(Shape):
    """Where a route posts in another chat product."""

    id: str | None
    enabled: bool


class DefaultRoute(Shape):
    """The default route inside an integration."""

    id: str
    escalation_chain_id: str | None
    slack: SlackTarget
    telegram: Target
    msteams: Target
    mattermost: Target


class TitleMessageImage(Shape):
    """Templates of a medium with pictures."""

    title: str | None
    message: str | None
    image_url: str | None


class TitleMessage(Shape):
    """Templates of a medium of text."""

    title: str | None
    message: str | None


class Title(Shape):
    """Templates of a medium of one line."""

    title: str | None


class Templates(Shape):
    """Every template key; null stands for the default of the type."""

    grouping_key: str | None
    resolve_signal: str | None
    acknowledge_signal: str | None
    source_link: str | None
    slack: TitleMessageImage
    web: TitleMessageImage
    telegram: TitleMessageImage
    msteams: TitleMessageImage
    mattermost: TitleMessageImage
    email: TitleMessage
    mobile_app: TitleMessage
    sms: Title
    phone_call: Title


class Name(Shape):
    """A label's key or value."""

    id: str
    name: str


class Label(Shape):
    """A label; the value of a dynamic one is a template."""

    key: Name
    value: Name


class HmacAuthentication(Shape):
    """How bodies are signed; secrets read as asterisks."""

    preset: str
    header: str
    algorithm: str
    encoding: str
    prefix: str
    timestamp_header: str | None
    timestamp_key: str | None
    separator: str
    tolerance_s: int
    secret: str
    second_secret: str | None


class BasicAuthentication(Shape):
    """Username and password; passwords read as asterisks."""

    username: str
    password: str
    second_password: str | None


class BearerAuthentication(Shape):
    """The header of a token; tokens read as asterisks."""

    header: str
    token: str
    second_token: str | None


class Authentication(Shape):
    """What requests must show besides the URL; every method that is not null must hold."""

    hmac: HmacAuthentication | None
    basic: BasicAuthentication | None
    bearer: BearerAuthentication | None
    ip_allow_list: list[str]


class RateLimit(Shape):
    """How many alerts one receiver takes for it."""

    alerts_per_minute: int
    burst: int


class HeartbeatTemplates(Shape):
    """The templates of the two alerts of a heartbeat; null stands for the default text."""

    expired: TitleMessage
    restored: TitleMessage


class Heartbeat(Shape):
    """The heartbeat of an integration; `status` is never_seen, alive or expired."""

    link: str
    timeout_seconds: int
    status: Literal["never_seen", "alive", "expired"]
    last_heartbeat_at: str | None
    templates: HeartbeatTemplates


class Integration(GroupSettings):
    """A way in."""

    id: str
    name: str
    description_short: str | None
    team_id: str | None
    link: str | None
    inbound_email: str | None
    type: str
    default_route: DefaultRoute
    templates: Templates
    allow_source_based_resolving: bool
    authentication: Authentication
    rate_limit: RateLimit | None
    heartbeat: Heartbeat | None
    labels: list[Label]
    dynamic_labels: list[Label]
    label_template: str | None
    problems: int
    each_instance: bool
    base_url: str | None
    maintenance_mode: str | None
    maintenance_started_at: str | None
    maintenance_end_at: str | None
    storm: StormSettings
    storm_state: StormState | None


class Route(Shape):
    """One line of an integration's routing table."""

    id: str
    integration_id: str
    escalation_chain_id: str | None
    routing_type: str
    routing_regex: str | None
    filtering_labels: list[Label]
    position: int
    is_the_last_route: bool
    slack: SlackTarget
    telegram: Target
    msteams: Target
    mattermost: Target


class EscalationChain(Shape):
    """An escalation chain; its steps are escalation policies."""

    id: str
    name: str
    team_id: str | None


class EscalationPolicy(BaseModel):
    """One step of a chain, with the parameters of its type and no others."""

    model_config = ConfigDict(extra="allow")

    id: str
    escalation_chain_id: str
    position: int
    type: str


class SlackUser(Shape):
    """A person in Slack."""

    user_id: str
    team_id: str | None


class User(Shape):
    """A person; the short form has no `slack`, `timezone` and `teams`."""

    id: str
    grafana_id: int | None
    email: str
    slack: SlackUser | None = None
    username: str
    name: str
    role: str
    is_phone_number_verified: bool
    timezone: str = "UTC"
    teams: list[str] = Field(default_factory=list)


class PersonalNotificationRule(Shape):
    """One rule of a person; `duration` in seconds, for a wait only; `only_between` where it has hours."""

    id: str
    user_id: str
    position: int
    important: bool
    type: str
    duration: int = 0
    only_between: RuleHours | None = None


class Team(Reminded):
    """A team; `members` are ids of users. Nothing of a team is hidden from others."""

    id: str
    grafana_id: int | None
    name: str
    email: str | None
    avatar_url: str
    members: list[str]
    is_sharing_resources_to_all: bool


RESOURCE_SHAPES: dict[str, type[BaseModel]] = {
    "user_groups": UserGroup,
    "slack_channels": SlackChannel,
    "integrations": Integration,
    "routes": Route,
    "escalation_chains": EscalationChain,
    "escalation_policies": EscalationPolicy,
    "users": User,
    "personal_notification_rules": PersonalNotificationRule,
    "webhooks": Webhook,
    "actions": CustomAction,
    "event_subscriptions": EventSubscription,
    "maintenance_windows": MaintenanceWindow,
    "teams": Team,
    "schedules": Schedule,
    "on_call_shifts": OnCallShift,
    "shift_swaps": ShiftSwap,
}
