"""The configuration as one immutable, versioned snapshot: what users declare, and how it is looked up."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Literal

from pydantic import ConfigDict, Field

from shared.domain.access import Access, FormerToken
from shared.domain.group_settings import GroupSettings
from shared.domain.heartbeat_settings import HeartbeatSettings
from shared.domain.labels import Label, LabelSettings
from shared.domain.maintenance import MaintenanceWindow
from shared.domain.model import Frozen
from shared.domain.outgoing_webhook import Webhook as Webhook
from shared.domain.people import Rule as Rule
from shared.domain.people import SlackChannel as SlackChannel
from shared.domain.people import Team as Team
from shared.domain.people import User as User
from shared.domain.people import UserGroup as UserGroup
from shared.domain.schedules import Calendar, Schedule, Shift, Swap, Which
from shared.domain.storm import StormSettings

# A text per behavioural template, a {part: text} per medium; None means the type's default (reference 4.5).
Templates = dict[str, str | dict[str, str | None] | None]


class Integration(Frozen):
    """A way in. `token_digest` is the SHA-256 hex of its URL token; the token itself is kept encrypted.

    `each_instance`: where a body lists inner alerts (Alertmanager, Grafana), each is an alert of its own, and
    their group is over with the last of them. `base_url` is the tool's own address: it completes links that
    the tool sends without one.
    """

    id: str
    name: str
    type: str
    token_digest: str
    token_encrypted: str = ""
    description_short: str | None = None
    team_id: str | None = None
    allow_source_based_resolving: bool = True
    each_instance: bool = False
    base_url: str | None = None
    templates: Templates = Field(default_factory=dict)
    labels: LabelSettings = LabelSettings()
    access: Access = Access()
    heartbeat: HeartbeatSettings = HeartbeatSettings()
    storm: StormSettings = StormSettings()
    groups: GroupSettings = GroupSettings()


class ChatTarget(Frozen):
    """Where a route posts in one chat product; `enabled` without an id means that product's default channel."""

    id: str | None = None
    enabled: bool = False


class Route(Frozen):
    """One line of an integration's routing table; the default route matches always and comes last.

    `routing_type` is "jinja2" or "regex", whose expression is `routing_regex`, or "labels": every one of
    `filtering_labels` must be a label of the alert (reference 2.2). What is empty never matches.
    """

    id: str
    integration_id: str
    position: int = 0
    is_default: bool = False
    routing_type: Literal["jinja2", "regex", "labels"] = "regex"
    routing_regex: str = ""
    filtering_labels: tuple[Label, ...] = ()
    escalation_chain_id: str | None = None
    slack: ChatTarget = ChatTarget(enabled=True)
    telegram: ChatTarget = ChatTarget()
    msteams: ChatTarget = ChatTarget()
    mattermost: ChatTarget = ChatTarget()


class Chain(Frozen):
    """An escalation chain; its steps are looked up by chain id."""

    id: str
    name: str
    team_id: str | None = None


class StepConfig(Frozen):
    """One step of a chain as stored: `type` is the public API's word, `parameters` are those of the type.

    `condition`: a template; where it is not true of the group the step is skipped. None: it is always done.
    """

    id: str
    escalation_chain_id: str
    position: int = 0
    type: str
    important: bool = False
    condition: str | None = None
    parameters: dict[str, Any] = Field(default_factory=dict)


class ConfigSnapshot(Frozen):
    """Everything users declared, as of one version. Version 0 is the empty configuration nobody stored."""

    model_config = ConfigDict(frozen=True, extra="ignore", ignored_types=(cached_property,))

    version: int = 0
    integrations: tuple[Integration, ...] = ()
    routes: tuple[Route, ...] = ()
    chains: tuple[Chain, ...] = ()
    steps: tuple[StepConfig, ...] = ()
    users: tuple[User, ...] = ()
    rules: tuple[Rule, ...] = ()
    webhooks: tuple[Webhook, ...] = ()
    maintenance_windows: tuple[MaintenanceWindow, ...] = ()
    teams: tuple[Team, ...] = ()
    user_groups: tuple[UserGroup, ...] = ()
    slack_channels: tuple[SlackChannel, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    shifts: tuple[Shift, ...] = ()
    swaps: tuple[Swap, ...] = ()
    calendars: tuple[Calendar, ...] = ()

    @cached_property
    def integration_by_digest(self) -> dict[str, Integration]:
        """Integrations by the SHA-256 hex of their URL token."""
        return {one.token_digest: one for one in self.integrations}

    @cached_property
    def former_by_digest(self) -> dict[str, tuple[Integration, FormerToken]]:
        """Integrations by the SHA-256 hex of URL tokens that were replaced; whoever looks must look at their time."""
        return {token.digest: (one, token) for one in self.integrations for token in one.access.former_tokens}

    @cached_property
    def integration_by_id(self) -> dict[str, Integration]:
        """Integrations by id."""
        return {one.id: one for one in self.integrations}

    @cached_property
    def route_by_id(self) -> dict[str, Route]:
        """Routes by id."""
        return {one.id: one for one in self.routes}

    @cached_property
    def routes_of(self) -> dict[str, tuple[Route, ...]]:
        """Routes of each integration id in the order in which they are tried; the default one last."""
        ordered = sorted(self.routes, key=lambda one: (one.is_default, one.position, one.id))
        table: dict[str, list[Route]] = {}
        for one in ordered:
            table.setdefault(one.integration_id, []).append(one)
        return {key: tuple(value) for key, value in table.items()}

    @cached_property
    def chain_by_id(self) -> dict[str, Chain]:
        """Chains by id."""
        return {one.id: one for one in self.chains}

    @cached_property
    def steps_of(self) -> dict[str, tuple[StepConfig, ...]]:
        """Steps of each chain id, in order."""
        table: dict[str, list[StepConfig]] = {}
        for one in sorted(self.steps, key=lambda one: (one.position, one.id)):
            table.setdefault(one.escalation_chain_id, []).append(one)
        return {key: tuple(value) for key, value in table.items()}

    @cached_property
    def user_by_id(self) -> dict[str, User]:
        """Users by id."""
        return {one.id: one for one in self.users}

    @cached_property
    def user_by_slack_id(self) -> dict[str, User]:
        """Users by their id in Slack, as far as it is vouched for."""
        points = ((one, one.contact("slack")) for one in self.users)
        return {point.address: one for one, point in points if point is not None}

    @cached_property
    def team_by_id(self) -> dict[str, Team]:
        """Teams by id."""
        return {one.id: one for one in self.teams}

    def members_of(self, team_id: str) -> tuple[User, ...]:
        """Return the members of a team by username; none of a team that is not there."""
        return self._members.get(team_id, ())

    @cached_property
    def _members(self) -> dict[str, tuple[User, ...]]:
        table: dict[str, list[User]] = {}
        for one in sorted(self.users, key=lambda one: (one.username, one.id)):
            for team_id in one.team_ids:
                table.setdefault(team_id, []).append(one)
        return {key: tuple(value) for key, value in table.items()}

    @cached_property
    def user_group_by_id(self) -> dict[str, UserGroup]:
        """Slack's user groups by id."""
        return {one.id: one for one in self.user_groups}

    def members_of_group(self, user_group_id: str) -> tuple[User, ...]:
        """Return the users who are in a user group of Slack, by username; who is unknown here is left out."""
        group = self.user_group_by_id.get(user_group_id)
        return self.users_of_slack(group.slack_user_ids if group is not None else ())

    def users_of_slack(self, slack_ids: tuple[str, ...]) -> tuple[User, ...]:
        """Return the users who have these ids in Slack, by username."""
        found = {self.user_by_slack_id[one].id for one in slack_ids if one in self.user_by_slack_id}
        return tuple(sorted((self.user_by_id[one] for one in found), key=lambda one: (one.username, one.id)))

    @cached_property
    def rules_of(self) -> dict[tuple[str, bool], tuple[Rule, ...]]:
        """Personal rules of each (user id, important), in order."""
        table: dict[tuple[str, bool], list[Rule]] = {}
        for one in sorted(self.rules, key=lambda one: (one.position, one.id)):
            table.setdefault((one.user_id, one.important), []).append(one)
        return {key: tuple(value) for key, value in table.items()}

    @cached_property
    def webhook_by_id(self) -> dict[str, Webhook]:
        """Outgoing webhooks by id."""
        return {one.id: one for one in self.webhooks}

    @cached_property
    def schedule_by_id(self) -> dict[str, Schedule]:
        """Schedules by id."""
        return {one.id: one for one in self.schedules}

    @cached_property
    def shift_by_id(self) -> dict[str, Shift]:
        """Shifts and overrides by id."""
        return {one.id: one for one in self.shifts}

    def shifts_of(self, schedule: Schedule) -> tuple[Shift, ...]:
        """Shifts of a schedule, overrides among them: those that it refers to, then those that it owns."""
        referred = (self.shift_by_id[id] for id in schedule.shift_ids if id in self.shift_by_id)
        both = [*referred, *self._shifts_owned.get(schedule.id, ())]
        return tuple({one.id: one for one in both}.values())

    @cached_property
    def _shifts_owned(self) -> dict[str, tuple[Shift, ...]]:
        table: dict[str, list[Shift]] = {}
        for one in self.shifts:
            if one.schedule_id is not None:
                table.setdefault(one.schedule_id, []).append(one)
        return {key: tuple(value) for key, value in table.items()}

    @cached_property
    def swaps_of(self) -> dict[str, tuple[Swap, ...]]:
        """Swaps of each schedule id, in the order in which they were asked for."""
        table: dict[str, list[Swap]] = {}
        for one in sorted(self.swaps, key=lambda one: (one.created_at, one.id)):
            table.setdefault(one.schedule_id, []).append(one)
        return {key: tuple(value) for key, value in table.items()}

    @cached_property
    def calendar_of(self) -> dict[tuple[str, Which], Calendar]:
        """The last good external calendar of each (schedule id, which)."""
        return {(one.schedule_id, one.which): one for one in self.calendars}

    @cached_property
    def prepared(self) -> dict[str, object]:
        """What was worked out of this very snapshot and is worth keeping as long as it lives."""
        return {}

    @cached_property
    def webhooks_by_trigger(self) -> dict[str, tuple[Webhook, ...]]:
        """Outgoing webhooks that changes of groups ask for, by trigger; a chain's step names its webhook itself."""
        table: dict[str, list[Webhook]] = {}
        for one in self.webhooks:
            if one.trigger_type != "escalation":
                table.setdefault(one.trigger_type, []).append(one)
        return {key: tuple(value) for key, value in table.items()}

    def windows_of(self, integration_id: str) -> tuple[MaintenanceWindow, ...]:
        """Maintenance windows that may be about groups of an integration."""
        own, general = self._windows
        return own.get(integration_id, general)

    @cached_property
    def _windows(self) -> tuple[dict[str, tuple[MaintenanceWindow, ...]], tuple[MaintenanceWindow, ...]]:
        """Return the windows by the integrations that they name, and those that name none."""
        general = tuple(one for one in self.maintenance_windows if not one.integration_ids)
        named = {id for one in self.maintenance_windows for id in one.integration_ids}
        own = {
            id: (*general, *(one for one in self.maintenance_windows if id in one.integration_ids))
            for id in named
        }
        return own, general
