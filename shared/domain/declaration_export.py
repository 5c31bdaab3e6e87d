"""The configuration as a declaration: what `tocsin export` writes, and applied again it changes nothing.

Ids, times of making, what Slack told, overrides, swaps, windows begun by hand and what a person proved alone are
no part of it. Secrets are references to environment variables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from shared.domain.configuration import Chain, Integration, Team, User, Webhook
from shared.domain.configuration_draft import TABLE_OF, Declared, Tables
from shared.domain.declaration import (
    DeclaredChain,
    DeclaredEventSubscription,
    DeclaredMaintenance,
    DeclaredOnCallReminders,
    DeclaredTeam,
    DeclaredUser,
    DeclaredWebhook,
)
from shared.domain.event_subscription import EventSubscription
from shared.domain.exported_integrations import exported_integration
from shared.domain.exported_names import ExportedNames, dumped, word_if_bare
from shared.domain.exported_people import exported_points, exported_rules
from shared.domain.exported_schedules import exported_schedule, exported_shared_shift
from shared.domain.exported_steps import exported_step
from shared.domain.maintenance import MaintenanceWindow
from shared.domain.schedules import Schedule, Shift

DEFAULT_SET = "default"
WEBHOOK_SECRETS = ("password", "authorization_header", "signing_secret")
Written = dict[str, Any]


def exported(tables: Tables, only_set: str | None = None) -> Written:
    """Return the whole configuration as a declaration, or what one set owns.

    Of the whole, an object of another set than the default one says whose it is.
    """
    export = _Export(tables, only_set)
    head = {"set": only_set} if only_set not in (None, DEFAULT_SET) else {}
    return {**head, **{section: rows for section, rows in export.sections() if rows}}


class _Export:
    """One export."""

    def __init__(self, tables: Tables, only_set: str | None) -> None:
        self._tables = tables
        self._only = only_set
        self._config = tables.snapshot()
        self._names = ExportedNames(tables)
        self._owners = {one.id: one.set for one in tables.of(Declared).values()}

    def sections(self) -> Iterator[tuple[str, list[Written]]]:
        """Return the sections in the order in which they are read best."""
        yield "users", self._rows(User, self._user)
        yield "teams", self._rows(Team, self._team)
        yield "webhooks", self._rows(Webhook, self._webhook)
        yield "shifts", self._rows(Shift, lambda row: exported_shared_shift(row, self._names))
        yield "schedules", self._rows(Schedule, self._schedule)
        yield "chains", self._rows(Chain, self._chain)
        yield "integrations", self._rows(Integration, self._integration)
        yield "maintenance", self._rows(MaintenanceWindow, self._window)
        yield "event_subscriptions", self._rows(EventSubscription, self._subscription)

    def _rows(self, model: type[Any], write: Callable[[Any], Written]) -> list[Written]:
        found = []
        for row in self._tables.of(model).values():
            owner = self._owners.get(f"{TABLE_OF[model]}/{row.id}")
            if self._names.is_exported(row) and self._only in (None, owner):
                found.append({**write(row), **self._owner(owner)})
        return found

    def _owner(self, owner: str | None) -> Written:
        is_said = self._only is None and owner not in (None, DEFAULT_SET)
        return {"set": owner} if is_said else {}

    def _user(self, row: User) -> Written:
        reminders, points = row.on_call_reminders, exported_points(row, self._names)
        written = DeclaredOnCallReminders(before=list(reminders.before), channel=reminders.channel)
        declared = DeclaredUser(
            username=row.username,
            name=row.name,
            email=row.email,
            role=row.role,
            timezone=row.timezone,
            phone_number=row.phone_number,
            slack_user_id=row.slack_user_id,
            slack_team_id=row.slack_team_id,
            on_call_reminders=written if written != DeclaredOnCallReminders() else None,
            contact_points=points or None,
            rules=exported_rules(row, self._config),
        )
        found = dumped(declared)
        rules = {
            which: [word_if_bare(one) for one in found["rules"][which]] for which in found.get("rules", ())
        }
        return {**found, "rules": rules} if rules else found

    def _team(self, row: Team) -> Written:
        declared = DeclaredTeam.model_validate(
            {
                "name": row.name,
                "email": row.email,
                "avatar_url": row.avatar_url,
                "members": [one.username for one in self._config.members_of(row.id)],
                "acknowledge_reminder": row.acknowledge_reminder.model_dump(),
            }
        )
        return dumped(declared)

    def _webhook(self, row: Webhook) -> Written:
        plain = row.model_dump(include=set(DeclaredWebhook.model_fields) - {*WEBHOOK_SECRETS, "team", "set"})
        filtered = [self._names.of(Integration, one) for one in row.integration_filter]
        declared = DeclaredWebhook.model_validate(
            {
                **plain,
                "enabled": row.is_webhook_enabled,
                "team": self._names.team(row.team_id),
                "integrations": filtered,
            }
        )
        secrets = {
            name: self._names.secret("webhook", row.name, name)
            for name in WEBHOOK_SECRETS
            if getattr(row, name)
        }
        return {**dumped(declared), **secrets}

    def _subscription(self, row: EventSubscription) -> Written:
        declared = DeclaredEventSubscription.model_validate(
            {
                **row.model_dump(include={"name", "url", "types", "start", "batch_size"}),
                "enabled": row.is_enabled,
                "team": self._names.team(row.team_id),
                "integrations": [self._names.of(Integration, one) for one in row.integration_ids],
            }
        )
        words = ("event subscription", row.name, "signing_secret")
        secret = {words[-1]: self._names.secret(*words)} if row.signing_secret else {}
        return {**dumped(declared), **secret}

    def _schedule(self, row: Schedule) -> Written:
        return exported_schedule(row, self._config, self._names)

    def _chain(self, row: Chain) -> Written:
        declared = DeclaredChain(name=row.name, team=self._names.team(row.team_id))
        steps = self._config.steps_of.get(row.id, ())
        return {**dumped(declared), "steps": [exported_step(one, self._names) for one in steps]}

    def _integration(self, row: Integration) -> Written:
        return exported_integration(row, self._config, self._names)

    def _window(self, row: MaintenanceWindow) -> Written:
        plain = row.model_dump(include={"name", "mode", "duration", "time_zone", "rrule", "comment"})
        declared = DeclaredMaintenance.model_validate(
            {
                **plain,
                "starts_at": row.starts_at,
                "integrations": [self._names.of(Integration, one) for one in row.integration_ids],
                "routes": [
                    self._window_route(one) for one in row.route_ids if one in self._config.route_by_id
                ],
                "labels": {one.name: list(one.values) for one in row.labels},
            }
        )
        return dumped(declared)

    def _window_route(self, route_id: str) -> Written:
        route = self._config.route_by_id[route_id]
        place = self._config.routes_of[route.integration_id].index(route) + 1
        integration = self._names.of(Integration, route.integration_id)
        return {"integration": integration, "route": "default" if route.is_default else place}
