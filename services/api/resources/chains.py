"""Escalation chains: a name; the steps are objects of their own."""

from __future__ import annotations

from typing import Any

from services.api.refusals import Invalid
from services.api.resources.desk import Body, Desk, Resource, at_most, named, of_team, required
from shared.domain.configuration import Chain, Route, StepConfig

MAX_NAME = 100


class ChainBody(Body):
    """What a client writes of a chain."""

    name: str | None = None
    team_id: str | None = None


def show(_desk: Desk, row: Chain, _query: dict[str, str]) -> dict[str, Any]:
    """Return the public shape."""
    return {"id": row.id, "name": row.name, "team_id": row.team_id}


def select(desk: Desk, query: dict[str, str]) -> list[Chain]:
    """Return chains, oldest first."""
    return of_team(named(desk.draft.all(Chain), query), query)


def create(desk: Desk, body: ChainBody) -> Chain:
    """Add a chain without steps."""
    name = required(body.name, "name")
    return _stored(desk, Chain(id=desk.new_id(Chain), name=name, team_id=desk.team_id(body.team_id)))


def change(desk: Desk, row: Chain, body: ChainBody) -> Chain:
    """Rename a chain or give it to another team."""
    changes: dict[str, Any] = {}
    if body.sent("name"):
        changes["name"] = required(body.name, "name")
    if body.sent("team_id"):
        changes["team_id"] = desk.team_id(body.team_id)
    return _stored(desk, row.model_copy(update=changes))


def remove(desk: Desk, row: Chain) -> None:
    """Remove a chain with its steps; routes that used it are left without one."""
    for step in desk.draft.find(StepConfig, "escalation_chain_id", row.id):
        desk.draft.remove(step)
    for route in desk.draft.find(Route, "escalation_chain_id", row.id):
        desk.draft.put(route.model_copy(update={"escalation_chain_id": None}))
    desk.draft.remove(row)


def _stored(desk: Desk, row: Chain) -> Chain:
    at_most(row.name, MAX_NAME, "name")
    for one in desk.draft.find(Chain, "name", row.name):
        if one.id != row.id and (one.name, one.team_id) == (row.name, row.team_id):
            raise Invalid.field("name", "Another escalation chain of this team has this name.")
    desk.draft.put(row)
    return row


CHAINS = Resource(
    name="escalation_chains",
    model=Chain,
    body=ChainBody,
    show=show,
    select=select,
    create=create,
    change=change,
    remove=remove,
)
