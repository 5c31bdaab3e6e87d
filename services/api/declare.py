"""Carries a declaration over into a draft: the same checks as for every single write, and ids that stay."""

from __future__ import annotations

from typing import Any, TypeVar

from services.api.declare_children import Children
from services.api.declare_faults import NOTHING_STORED, Faults
from services.api.declare_integrations import integration_fields
from services.api.declare_maintenance import window_fields
from services.api.declare_ownership import Ownership
from services.api.declare_people import user_fields, write_contact_points, write_reminders
from services.api.declare_schedules import (
    BOUNDS,
    schedule_fields,
    shift_fields,
    write_shared_shifts,
    write_shifts,
)
from services.api.resources.chains import CHAINS
from services.api.resources.desk import Desk, Resource
from services.api.resources.event_subscriptions import EVENT_SUBSCRIPTIONS
from services.api.resources.integration_tokens import retoken
from services.api.resources.integrations import INTEGRATIONS
from services.api.resources.maintenance_windows import MAINTENANCE_WINDOWS
from services.api.resources.on_call_shifts import SHIFTS
from services.api.resources.routes import default_of
from services.api.resources.schedules import SCHEDULES
from services.api.resources.teams import TEAMS
from services.api.resources.users import USERS
from services.api.resources.webhooks import WEBHOOKS
from shared.domain.access_form import MASK
from shared.domain.configuration import Chain, Integration, Team, User, Webhook
from shared.domain.declaration import (
    Declaration,
    DeclarationRefused,
    DeclaredChain,
    DeclaredEventSubscription,
    DeclaredIntegration,
    DeclaredMaintenance,
    DeclaredTeam,
    DeclaredUser,
    DeclaredWebhook,
    Path,
)
from shared.domain.declaration_names import candidates
from shared.domain.declaration_parts import Owned
from shared.domain.declared_schedules import DeclaredSchedule, DeclaredSharedShift
from shared.domain.event_subscription import EventSubscription
from shared.domain.maintenance import MaintenanceWindow
from shared.domain.schedules import Schedule, Shift

N = TypeVar(
    "N", User, Team, Webhook, Chain, Integration, MaintenanceWindow, Schedule, Shift, EventSubscription
)
T = TypeVar("T", Chain, Integration, Schedule, Shift)
WEBHOOK_SECRETS = ("password", "authorization_header", "signing_secret")


def declare(desk: Desk, declaration: Declaration, *, adopt: bool = False) -> list[str]:
    """Edit the draft until it is as declared; return the ids of the marks of what is declared.

    Objects are found by name, so their ids stay. Lists inside a declared object (rules, steps, routes) become
    exactly what is written. An object that an earlier declaration of the same set made and that is no longer
    declared is removed; everything else is left alone. `adopt` makes what is declared the set's own.

    Raises:
        DeclarationRefused: with every mistake that was found; the draft is then of no use.
    """
    return _Declaring(desk, declaration, adopt=adopt).run()


class _Declaring:
    """One run over one declaration, collecting mistakes."""

    def __init__(self, desk: Desk, declaration: Declaration, *, adopt: bool) -> None:
        self._desk = desk
        self._declaration = declaration
        self._faults = Faults(desk)
        self._children = Children(desk, self._faults)
        self._ownership = Ownership(desk, self._faults, declaration.set, adopt=adopt)

    def run(self) -> list[str]:
        """Do everything, in an order in which what is referred to comes first; return the ids of the marks."""
        declared = self._declaration
        for position, user in enumerate(declared.users):
            self._user(("users", position), user)
        for position, team in enumerate(declared.teams):
            self._team(("teams", position), team)
        for position, webhook in enumerate(declared.webhooks):
            self._webhook(("webhooks", position), webhook)
        for position, shift in enumerate(declared.shifts):
            self._shift(("shifts", position), shift)
        for position, schedule in enumerate(declared.schedules):
            self._schedule(("schedules", position), schedule)
        for position, chain in enumerate(declared.chains):
            self._chain(("chains", position), chain)
        for position, integration in enumerate(declared.integrations):
            self._integration(("integrations", position), integration)
        for position, window in enumerate(declared.maintenance):
            self._window(("maintenance", position), window)
        for position, subscription in enumerate(declared.event_subscriptions):
            self._subscription(("event_subscriptions", position), subscription)
        for position, webhook in enumerate(declared.webhooks):
            self._integration_filter(("webhooks", position), webhook)
        if self._faults.found:
            raise DeclarationRefused(self._faults.found)
        self._ownership.remove_undeclared()
        return self._ownership.declared()

    def _user(self, path: Path, declared: DeclaredUser) -> None:
        with self._faults.at(path):
            before = self._faults.find(User, declared.username)
            row = self._saved(USERS, path, declared, user_fields(declared), before)
            points = (*path, "contact_points")
            row = write_contact_points(self._desk, self._faults, points, row, declared.contact_points)
            write_reminders(self._desk, self._faults, (*path, "on_call_reminders"), row, declared)
            rules = declared.rules
            self._children.rules((*path, "rules", "default"), row, rules.default, important=False)
            self._children.rules((*path, "rules", "important"), row, rules.important, important=True)

    def _team(self, path: Path, declared: DeclaredTeam) -> None:
        with self._faults.at(path):
            fields: dict[str, Any] = declared.model_dump(exclude={"members", "set"})
            if declared.members is not None:
                inner = (*path, "members")
                ids = [self._faults.id_of(User, name, inner) for name in declared.members]
                fields["members"] = [one for one in ids if one is not None]
            self._saved(TEAMS, path, declared, fields, self._faults.find(Team, declared.name))

    def _webhook(self, path: Path, declared: DeclaredWebhook) -> None:
        with self._faults.at(path):
            before = self._faults.find(Webhook, declared.name)
            fields = declared.model_dump(exclude={"enabled", "integrations", "set", "team"})
            fields |= {"is_webhook_enabled": declared.enabled}
            fields["team_id"] = self._faults.team_id(declared.team, path)
            for name in WEBHOOK_SECRETS:
                stored = getattr(before, name) if before is not None else None
                fields[name] = self._faults.secret((*path, name), getattr(declared, name), stored)
            if declared.signing_secret is None:
                del fields["signing_secret"]  # one that was made by the api stays
            self._saved(WEBHOOKS, path, declared, fields, before)

    def _shift(self, path: Path, declared: DeclaredSharedShift) -> None:
        with self._faults.at(path):
            before = self._of_team(Shift, declared.name, declared.team, declared, path)
            row = self._saved(SHIFTS, path, declared, shift_fields(self._faults, path, declared), before)
            bounds = {name: getattr(declared, name) for name in BOUNDS}
            self._desk.draft.put(row.model_copy(update=bounds))

    def _schedule(self, path: Path, declared: DeclaredSchedule) -> None:
        with self._faults.at(path):
            before = self._of_team(Schedule, declared.name, declared.team, declared, path)
            fields = schedule_fields(self._faults, path, declared, before)
            row = self._saved(SCHEDULES, path, declared, fields, before)
            write_shifts(self._desk, self._faults, (*path, "shifts"), row, declared.shifts)
            write_shared_shifts(
                self._desk, self._faults, (*path, "shared_shifts"), row, declared.shared_shifts
            )

    def _chain(self, path: Path, declared: DeclaredChain) -> None:
        with self._faults.at(path):
            before = self._of_team(Chain, declared.name, declared.team, declared, path)
            fields = {"name": declared.name, "team_id": self._faults.team_id(declared.team, path)}
            row = self._saved(CHAINS, path, declared, fields, before)
            self._children.steps((*path, "steps"), row, declared.steps)

    def _integration(self, path: Path, declared: DeclaredIntegration) -> None:
        with self._faults.at(path):
            before = self._of_team(Integration, declared.name, declared.team, declared, path)
            if before is not None:
                # What is no longer written goes back to the default.
                before = before.model_copy(update={"templates": {}})
                self._desk.draft.put(before)
            fields = integration_fields(declared)
            fields["team_id"] = self._faults.team_id(declared.team, path)
            row = self._saved(INTEGRATIONS, path, declared, fields, before)
            if declared.token == MASK and before is None:
                self._faults.add((*path, "token"), NOTHING_STORED)
            elif declared.token is not None and declared.token != MASK:
                row = retoken(self._desk, row, declared.token)
            self._children.routes((*path, "routes"), row, declared.routes)
            if declared.default_route is not None:
                target = default_of(self._desk, row)
                self._children.write_route((*path, "default_route"), target, declared.default_route)

    def _window(self, path: Path, declared: DeclaredMaintenance) -> None:
        with self._faults.at(path):
            fields = window_fields(self._desk, self._faults, path, declared)
            before = self._faults.find(MaintenanceWindow, declared.name)
            self._saved(MAINTENANCE_WINDOWS, path, declared, fields, before)

    def _subscription(self, path: Path, declared: DeclaredEventSubscription) -> None:
        with self._faults.at(path):
            before = self._faults.find(EventSubscription, declared.name)
            fields = declared.model_dump(exclude={"enabled", "integrations", "set", "team", "signing_secret"})
            fields |= {"is_enabled": declared.enabled, "team_id": self._faults.team_id(declared.team, path)}
            inner, kept = (*path, "integrations"), before.integration_ids if before is not None else ()
            ids = [self._faults.id_of(Integration, one, inner, kept) for one in declared.integrations]
            fields["integration_ids"] = [one for one in ids if one is not None]
            if declared.signing_secret is not None:  # without one, what was made by the api stays
                stored = before.signing_secret if before is not None else None
                secret = self._faults.secret((*path, "signing_secret"), declared.signing_secret, stored)
                fields["signing_secret"] = secret
            self._saved(EVENT_SUBSCRIPTIONS, path, declared, fields, before)

    def _integration_filter(self, path: Path, declared: DeclaredWebhook) -> None:
        """Webhooks refer to integrations, which come after them."""
        row = self._faults.find(Webhook, declared.name)
        inner, stored = (*path, "integrations"), row.integration_filter if row is not None else ()
        ids = [self._faults.id_of(Integration, one, inner, stored) for one in declared.integrations]
        if row is not None:
            kept = tuple(one for one in ids if one is not None)
            self._desk.draft.put(row.model_copy(update={"integration_filter": kept}))

    def _of_team(self, model: type[T], name: str, team: str | None, declared: Owned, path: Path) -> T | None:
        """Return the object that is declared: of this name and team, else the set's own one of this name alone."""
        found = self._faults.find(model, name, self._faults.team_id(team, path))
        if found is not None:
            return found
        others = candidates(self._desk.draft.find, model, name)
        is_moved = len(others) == 1 and self._ownership.owns(others[0], declared.set)
        return others[0] if is_moved and not self._is_declared(others[0]) else None

    def _is_declared(self, row: Chain | Integration | Schedule | Shift) -> bool:
        """Whether an object of a team is declared as it is, so that another of its name is not this one moved."""
        sections: dict[type[Any], Any] = {
            Chain: self._declaration.chains,
            Integration: self._declaration.integrations,
            Schedule: self._declaration.schedules,
            Shift: self._declaration.shifts,
        }
        team = self._desk.draft.get(Team, row.team_id)
        written = (row.name, team.name if team is not None else None)
        return any((one.name, one.team) == written for one in sections[type(row)])

    def _saved(
        self,
        resource: Resource[N, Any],
        path: Path,
        declared: Owned,
        fields: dict[str, Any],
        before: N | None,
    ) -> N:
        """Create the object, or change the one there is, as a client of the API would."""
        assert resource.create is not None
        assert resource.change is not None
        body = resource.body.model_validate(fields)
        row = (
            resource.create(self._desk, body) if before is None else resource.change(self._desk, before, body)
        )
        self._ownership.claim(path, row, declared.set, is_new=before is None)
        return row
