"""Teams: who belongs together and owns objects. OnCall clients only list them; here they can be written as well."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.api.refusals import Invalid
from services.api.resources.desk import Body, Desk, Flag, Resource, at_most, named, required
from services.api.resources.integration_groups import ReminderForm, reminder_of
from shared.domain.configuration import Chain, StepConfig, Team, User
from shared.domain.configuration_draft import TABLES
from shared.domain.model import Frozen

MAX_TEXT = 200
HIDES_NOTHING = "Only true: what belongs to a team is seen by everybody who may read."


class TeamBody(Body):
    """What a client writes of a team; `members` are ids of users and become exactly these."""

    name: str | None = None
    email: str | None = None
    avatar_url: str | None = None
    members: list[str] | None = None
    acknowledge_reminder: ReminderForm | None = None
    is_sharing_resources_to_all: Flag | None = None


def show(desk: Desk, row: Team, _query: dict[str, str]) -> dict[str, Any]:
    """Return the public shape; members by username. Nothing of a team is hidden from others, and clients ask."""
    return {
        "id": row.id,
        "grafana_id": None,
        "name": row.name,
        "email": row.email,
        "avatar_url": row.avatar_url,
        "members": [one.id for one in members_of(desk, row)],
        "acknowledge_reminder": row.acknowledge_reminder.model_dump(),
        "is_sharing_resources_to_all": True,
    }


def select(desk: Desk, query: dict[str, str]) -> list[Team]:
    """Return teams, oldest first."""
    return named(desk.draft.all(Team), query)


def members_of(desk: Desk, row: Team) -> list[User]:
    """Return the members of a team by username."""
    found = [one for one in desk.draft.all(User) if row.id in one.team_ids]
    return sorted(found, key=lambda one: (one.username, one.id))


def create(desk: Desk, body: TeamBody) -> Team:
    """Add a team."""
    return _stored(desk, Team(id=desk.new_id(Team), name=required(body.name, "name")), body)


def change(desk: Desk, row: Team, body: TeamBody) -> Team:
    """Change a team; members that are not sent stay."""
    return _stored(desk, row, body)


def remove(desk: Desk, row: Team) -> None:
    """Remove a team; what it owned belongs to no team then, and its members leave it.

    Raises:
        Invalid: a step pages its members; the chain is named.
    """
    steps = [one for one in desk.draft.all(StepConfig) if row.id in one.parameters.values()]
    if steps:
        chain = desk.draft.get(Chain, steps[0].escalation_chain_id)
        name = chain.name if chain is not None else steps[0].escalation_chain_id
        raise Invalid.field(
            "detail",
            f"Step {steps[0].position + 1} of the escalation chain {name} pages this team: change it first.",
        )
    for owned in _owned_by(desk, row.id):
        desk.draft.put(owned.model_copy(update={"team_id": None}))
    for user in members_of(desk, row):
        desk.draft.put(_without(user, row.id))
    desk.draft.remove(row)


def _owned_by(desk: Desk, team_id: str) -> list[Any]:
    models: list[type[Frozen]] = [one for one in TABLES.values() if "team_id" in one.model_fields]
    return [row for model in models for row in desk.draft.all(model) if vars(row)["team_id"] == team_id]


def _stored(desk: Desk, row: Team, body: TeamBody) -> Team:
    changes: dict[str, Any] = {}
    if body.is_sharing_resources_to_all is False:
        raise Invalid.field("is_sharing_resources_to_all", HIDES_NOTHING)
    if body.sent("name"):
        changes["name"] = required(body.name, "name")
    if body.sent("email"):
        changes["email"] = body.email or None
    if body.sent("avatar_url"):
        changes["avatar_url"] = body.avatar_url or ""
    for name, value in changes.items():
        at_most(value, MAX_TEXT, name)
    if body.sent("acknowledge_reminder"):
        changes["acknowledge_reminder"] = reminder_of(row.acknowledge_reminder, body.acknowledge_reminder)
    after = row.model_copy(update=changes)
    if any(one.id != row.id for one in desk.draft.find(Team, "name", after.name)):
        raise Invalid.field("name", "Another team has this name.")
    desk.draft.put(after)
    if body.members is not None:
        set_members(desk, after, body.members)
    return after


def set_members(desk: Desk, row: Team, user_ids: Sequence[str]) -> None:
    """Make these users the members, and nobody else.

    Raises:
        Invalid: there is no such user.
    """
    for user_id in user_ids:
        desk.existing(User, user_id, "members")
    for user in desk.draft.all(User):
        belongs, is_in = user.id in user_ids, row.id in user.team_ids
        if belongs and not is_in:
            desk.draft.put(user.model_copy(update={"team_ids": (*user.team_ids, row.id)}))
        elif is_in and not belongs:
            desk.draft.put(_without(user, row.id))


def _without(user: User, team_id: str) -> User:
    return user.model_copy(update={"team_ids": tuple(one for one in user.team_ids if one != team_id)})


TEAMS = Resource(
    name="teams",
    model=Team,
    body=TeamBody,
    show=show,
    select=select,
    create=create,
    change=change,
    remove=remove,
)
