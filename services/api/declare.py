"""Carries a declaration over into a draft: the same checks as for every single write, and ids that stay."""

from __future__ import annotations

from typing import Any, TypeVar

from services.api.declare_children import Children, heartbeat_body, label_bodies
from services.api.declare_faults import Faults
from services.api.declare_maintenance import window_fields
from services.api.declare_schedules import schedule_fields, write_shifts
from services.api.resources.chains import CHAINS
from services.api.resources.desk import Desk, Resource
from services.api.resources.integration_tokens import retoken
from services.api.resources.integrations import INTEGRATIONS
from services.api.resources.maintenance_windows import MAINTENANCE_WINDOWS
from services.api.resources.routes import default_of
from services.api.resources.schedules import SCHEDULES
from services.api.resources.teams import TEAMS
from services.api.resources.users import USERS
from services.api.resources.webhooks import WEBHOOKS
from shared.domain.configuration import Chain, Integration, Team, User, Webhook
from shared.domain.configuration_draft import Declared
from shared.domain.declaration import (
    Declaration,
    DeclarationRefused,
    DeclaredChain,
    DeclaredIntegration,
    DeclaredMaintenance,
    DeclaredTeam,
    DeclaredUser,
    DeclaredWebhook,
    Path,
)
from shared.domain.declared_schedules import DeclaredSchedule
from shared.domain.maintenance import MaintenanceWindow
from shared.domain.schedules import Schedule

N = TypeVar("N", User, Team, Webhook, Chain, Integration, MaintenanceWindow, Schedule)
# In the order in which they can be removed.
OWNED: dict[str, Resource[Any, Any]] = {
    one.name: one for one in (MAINTENANCE_WINDOWS, INTEGRATIONS, CHAINS, SCHEDULES, WEBHOOKS, TEAMS, USERS)
}


def declare(desk: Desk, declaration: Declaration) -> None:
    """Edit the draft until it is as declared.

    Objects are found by name, so their ids stay. Lists inside a declared object (rules, steps, routes) become
    exactly what is written. An object that an earlier declaration of the same set made and that is no longer
    declared is removed; everything else is left alone.

    Raises:
        DeclarationRefused: with every mistake that was found; the draft is then of no use.
    """
    _Declaring(desk, declaration).run()


class _Declaring:
    """One run over one declaration, collecting mistakes."""

    def __init__(self, desk: Desk, declaration: Declaration) -> None:
        self._desk = desk
        self._declaration = declaration
        self._faults = Faults(desk)
        self._children = Children(desk, self._faults)
        self._kept: set[str] = set()

    def run(self) -> None:
        """Do everything, in an order in which what is referred to comes first."""
        declared = self._declaration
        for position, user in enumerate(declared.users):
            self._user(("users", position), user)
        for position, team in enumerate(declared.teams):
            self._team(("teams", position), team)
        for position, webhook in enumerate(declared.webhooks):
            self._webhook(("webhooks", position), webhook)
        for position, schedule in enumerate(declared.schedules):
            self._schedule(("schedules", position), schedule)
        for position, chain in enumerate(declared.chains):
            self._chain(("chains", position), chain)
        for position, integration in enumerate(declared.integrations):
            self._integration(("integrations", position), integration)
        for position, window in enumerate(declared.maintenance):
            self._window(("maintenance", position), window)
        for position, webhook in enumerate(declared.webhooks):
            self._integration_filter(("webhooks", position), webhook)
        if self._faults.found:
            raise DeclarationRefused(self._faults.found)
        self._remove_undeclared()

    def _user(self, path: Path, declared: DeclaredUser) -> None:
        with self._faults.at(path):
            fields = declared.model_dump(exclude={"rules", "slack_user_id", "contact_points"})
            fields["slack"] = {"user_id": declared.slack_user_id}
            row = self._saved(USERS, declared.username, fields)
            row = self._children.contact_points((*path, "contact_points"), row, declared.contact_points)
            rules = declared.rules
            self._children.rules((*path, "rules", "default"), row, rules.default, important=False)
            self._children.rules((*path, "rules", "important"), row, rules.important, important=True)

    def _team(self, path: Path, declared: DeclaredTeam) -> None:
        with self._faults.at(path):
            fields: dict[str, Any] = declared.model_dump(exclude={"members"})
            if declared.members is not None:
                inner = (*path, "members")
                ids = [self._faults.id_of(User, name, inner) for name in declared.members]
                fields["members"] = [one for one in ids if one is not None]
            self._saved(TEAMS, declared.name, fields)

    def _webhook(self, path: Path, declared: DeclaredWebhook) -> None:
        with self._faults.at(path):
            fields = declared.model_dump(exclude={"enabled", "integrations"})
            if declared.signing_secret is None:
                del fields["signing_secret"]  # one that was made by the api stays
            self._saved(WEBHOOKS, declared.name, {**fields, "is_webhook_enabled": declared.enabled})

    def _schedule(self, path: Path, declared: DeclaredSchedule) -> None:
        with self._faults.at(path):
            row = self._saved(SCHEDULES, declared.name, schedule_fields(declared))
            write_shifts(self._desk, self._faults, (*path, "shifts"), row, declared.shifts)

    def _chain(self, path: Path, declared: DeclaredChain) -> None:
        with self._faults.at(path):
            row = self._saved(CHAINS, declared.name, {"name": declared.name})
            self._children.steps((*path, "steps"), row, declared.steps)

    def _integration(self, path: Path, declared: DeclaredIntegration) -> None:
        with self._faults.at(path):
            before = self._faults.find(Integration, declared.name)
            if before is not None:
                # What is no longer written goes back to the default.
                self._desk.draft.put(before.model_copy(update={"templates": {}}))
            names = {"name", "type", "description_short", "allow_source_based_resolving", "templates"}
            fields = declared.model_dump(include=names | {"label_template", "each_instance", "base_url"})
            for name in ("labels", "dynamic_labels"):
                fields[name] = label_bodies(getattr(declared, name))
            asked = declared.authentication
            fields["authentication"] = asked.whole if asked is not None else None
            fields |= {"rate_limit": declared.rate_limit, "storm": declared.storm.model_dump()}
            about_groups = {"acknowledge_reminder", "escalation_resumes", "resolution_note_required"}
            fields |= declared.model_dump(include=about_groups)
            fields["heartbeat"] = heartbeat_body(declared.heartbeat)
            row = self._saved(INTEGRATIONS, declared.name, fields)
            if declared.token is not None:
                row = retoken(self._desk, row, declared.token)
            self._children.routes((*path, "routes"), row, declared.routes)
            if declared.default_route is not None:
                target = default_of(self._desk, row)
                self._children.write_route((*path, "default_route"), target, declared.default_route)

    def _window(self, path: Path, declared: DeclaredMaintenance) -> None:
        with self._faults.at(path):
            fields = window_fields(self._desk, self._faults, path, declared)
            self._saved(MAINTENANCE_WINDOWS, declared.name, fields)

    def _integration_filter(self, path: Path, declared: DeclaredWebhook) -> None:
        """Webhooks refer to integrations, which come after them."""
        row = self._faults.find(Webhook, declared.name)
        inner = (*path, "integrations")
        ids = [self._faults.id_of(Integration, name, inner) for name in declared.integrations]
        if row is not None:
            kept = tuple(one for one in ids if one is not None)
            self._desk.draft.put(row.model_copy(update={"integration_filter": kept}))

    def _saved(self, resource: Resource[N, Any], name: str, fields: dict[str, Any]) -> N:
        """Create the object with this name, or change the one there is, as a client of the API would."""
        assert resource.create is not None
        assert resource.change is not None
        body = resource.body.model_validate(fields)
        before = self._faults.find(resource.model, name)
        row = (
            resource.create(self._desk, body) if before is None else resource.change(self._desk, before, body)
        )
        mark = Declared(id=f"{resource.name}/{row.id}", set=self._declaration.set)
        self._kept.add(mark.id)
        if before is None:
            self._desk.draft.put(mark)
        return row

    def _remove_undeclared(self) -> None:
        for mark in self._desk.draft.all(Declared):
            table, _, row_id = mark.id.partition("/")
            row = self._desk.draft.get(OWNED[table].model, row_id)
            if row is None:
                self._desk.draft.remove(mark)
            elif mark.set == self._declaration.set and mark.id not in self._kept:
                remove = OWNED[table].remove
                assert remove is not None
                remove(self._desk, row)
                self._desk.draft.remove(mark)
