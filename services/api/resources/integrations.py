"""Integrations: the ways in, with their URL token, their templates and their default route."""

from __future__ import annotations

from typing import Any

from services.api.refusals import Invalid
from services.api.resources import (
    chat_targets,
    integration_access,
    integration_groups,
    integration_heartbeat,
    integration_labels,
    integration_maintenance,
    integration_reading,
    integration_storm,
    maintenance_windows,
    routes,
)
from services.api.resources import templates as template_objects
from services.api.resources.checks import integration_types
from services.api.resources.desk import Desk, Resource, at_most, named, of_team
from services.api.resources.integration_access import AccessBody
from services.api.resources.integration_tokens import inbound_email_of, link_of, new_token
from shared.domain.configuration import Integration, Route

MAX_NAME, MAX_DESCRIPTION = 150, 250


class DefaultRouteBody(chat_targets.TargetsBody):
    """The default route inside an integration; its `id` is ignored: an integration has exactly one."""

    id: str | None = None
    escalation_chain_id: str | None = None


class IntegrationBody(
    integration_labels.LabelsBody,
    integration_reading.ReadingBody,
    AccessBody,
    integration_heartbeat.HeartbeatBody,
    integration_storm.StormBody,
    integration_groups.GroupsBody,
):
    """What a client writes of an integration. `templates` may hold any subset of the keys."""

    name: str | None = None
    description_short: str | None = None
    team_id: str | None = None
    type: str | None = None
    default_route: DefaultRouteBody | None = None
    templates: dict[str, Any] | None = None
    allow_source_based_resolving: bool | None = None


def show(desk: Desk, row: Integration, _query: dict[str, str]) -> dict[str, Any]:
    """Return the public shape; `default_route` and `templates` are always whole objects."""
    default = routes.default_of(desk, row)
    link = link_of(desk, row)
    return {
        "id": row.id,
        "name": row.name,
        "description_short": row.description_short,
        "team_id": row.team_id,
        "link": link,
        "inbound_email": inbound_email_of(desk, row),
        "type": row.type,
        "default_route": {
            "id": default.id,
            "escalation_chain_id": default.escalation_chain_id,
            **chat_targets.shown(default),
        },
        "templates": template_objects.shown(row.templates),
        "allow_source_based_resolving": row.allow_source_based_resolving,
        **integration_access.shown(desk, row),
        "heartbeat": integration_heartbeat.shown(row, link) if link else None,
        **integration_labels.shown(desk, row),
        **integration_reading.shown(desk, row),
        **integration_maintenance.shown(desk, row),
        **integration_storm.shown(desk, row),
        **integration_groups.shown(desk, row),
    }


def select(desk: Desk, query: dict[str, str]) -> list[Integration]:
    """Return integrations, oldest first."""
    return of_team(named(desk.draft.all(Integration), query), query)


def create(desk: Desk, body: IntegrationBody) -> Integration:
    """Add an integration with its default route."""
    known = integration_types()
    if body.type not in known:
        raise Invalid.field("type", f"Must be one of {', '.join(sorted(known))}.")
    team_id = desk.team_id(body.team_id)
    name = body.name or _free_name(desk, known[body.type], team_id)
    row = Integration(
        id=desk.new_id(Integration),
        name=name,
        type=body.type,
        team_id=team_id,
        token_digest="",
    ).model_copy(update=new_token(desk, body.type))
    routes.add_default(desk, row)
    return _written(desk, row, body, team_id)


def change(desk: Desk, row: Integration, body: IntegrationBody) -> Integration:
    """Change an integration; its type is for ever."""
    if body.type not in (None, row.type):
        raise Invalid.field("type", "The type of an integration cannot be changed.")
    team_id = desk.team_id(body.team_id) if body.sent("team_id") else row.team_id
    return _written(desk, row, body, team_id)


def remove(desk: Desk, row: Integration) -> None:
    """Remove an integration and its routes; its alert groups stay readable."""
    maintenance_windows.forget_integration(desk, row.id)
    for route in desk.draft.find(Route, "integration_id", row.id):
        desk.draft.remove(route)
    desk.draft.remove(row)


def _written(desk: Desk, row: Integration, body: IntegrationBody, team_id: str | None) -> Integration:
    changes: dict[str, Any] = {"team_id": team_id}
    if body.name:
        changes["name"] = body.name
    if body.sent("description_short"):
        at_most(body.description_short, MAX_DESCRIPTION, "description_short")
        changes["description_short"] = body.description_short
    if body.allow_source_based_resolving is not None:
        changes["allow_source_based_resolving"] = body.allow_source_based_resolving
    if body.sent("templates"):
        changes["templates"] = template_objects.merged(row.templates, body.templates)
    changes |= integration_labels.changes(desk, row, body)
    changes |= integration_reading.changes(desk, row, body)
    changes |= integration_access.changes(desk, row, body)
    changes |= integration_heartbeat.changes(row, body)
    changes |= integration_storm.changes(desk, row, body)
    changes |= integration_groups.changes(desk, row, body)
    after = row.model_copy(update=changes)
    _check_name(desk, after)
    desk.draft.put(after)
    _write_default_route(desk, after, body)
    return after


def _write_default_route(desk: Desk, row: Integration, body: IntegrationBody) -> None:
    if body.default_route is None:
        return
    sent = body.default_route.model_dump(exclude_unset=True, exclude={"id"})
    routes.change(desk, routes.default_of(desk, row), routes.RouteBody.model_validate(sent))


def _check_name(desk: Desk, row: Integration) -> None:
    at_most(row.name, MAX_NAME, "name")
    for one in desk.draft.find(Integration, "name", row.name):
        if one.id != row.id and (one.name, one.team_id) == (row.name, row.team_id):
            raise Invalid.field("name", "Another integration of this team has this name.")


def _free_name(desk: Desk, title: str, team_id: str | None) -> str:
    taken = {one.name for one in desk.draft.all(Integration) if one.team_id == team_id}
    number = 1
    while f"{title} {number}" in taken:
        number += 1
    return f"{title} {number}"


INTEGRATIONS = Resource(
    name="integrations",
    model=Integration,
    body=IntegrationBody,
    show=show,
    select=select,
    create=create,
    change=change,
    remove=remove,
)
