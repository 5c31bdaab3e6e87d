"""Teams: who belongs together, added, changed and removed on one page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from services.api.console.keepers import keepers
from services.api.console.visits import Visit, reasons
from services.api.refusals import Refused
from services.api.resources.teams import TEAMS
from shared.domain.configuration import ConfigSnapshot, Team, User

PATH = "/teams"
CREATING, CHANGING, REMOVING = ("POST", "teams"), ("PUT", "teams/{id}"), ("DELETE", "teams/{id}")


@dataclass(frozen=True)
class TeamRow:
    """One team with its members, and how many things belong to it."""

    team: Team
    members: tuple[User, ...]
    owns: int


async def show_teams(
    visit: Visit, problems: Sequence[str] = (), status: int = 200, refused_id: str | None = None
) -> web.Response:
    """GET: all teams by name; `problems` are those of a form that was refused, "" being that of a new team."""
    config = await visit.api.configuration.load()
    ordered = sorted(config.teams, key=lambda one: (one.name.casefold(), one.id))
    return visit.page(
        "teams.html",
        status,
        rows=[TeamRow(one, config.members_of(one.id), _owned(config, one)) for one in ordered],
        keepers=await keepers(visit, Team),
        people=sorted(config.users, key=lambda one: one.username.casefold()),
        problems=problems,
        form=visit.form,
        refused_id=refused_id,
        may_change=visit.may(*CREATING),
    )


async def create_team(visit: Visit) -> web.Response:
    """POST: adds a team."""
    try:
        await visit.objects(TEAMS).create(_body(visit))
    except Refused as refused:
        return await _again(visit, refused)
    return visit.see(PATH)


async def change_team(visit: Visit) -> web.Response:
    """POST: changes a team's name, address and members."""
    try:
        await visit.objects(TEAMS).change(visit.request.match_info["id"], _body(visit))
    except Refused as refused:
        return await _again(visit, refused)
    return visit.see(PATH)


async def remove_team(visit: Visit) -> web.Response:
    """POST: removes a team; what it owned is nobody's then."""
    try:
        await visit.objects(TEAMS).remove(visit.request.match_info["id"])
    except Refused as refused:
        return await _again(visit, refused)
    return visit.see(PATH)


async def _again(visit: Visit, refused: Refused) -> web.Response:
    if refused.status != 400:
        raise refused
    refused_id = visit.request.match_info.get("id", "")
    return await show_teams(visit, reasons(refused), refused.status, refused_id)


def _body(visit: Visit) -> dict[str, Any]:
    form = visit.form
    email = form.get("email", "").strip() or None
    return {"name": form.get("name", "").strip(), "email": email, "members": form.getall("member", [])}


def _owned(config: ConfigSnapshot, team: Team) -> int:
    kinds = (config.integrations, config.chains, config.schedules, config.webhooks)
    return sum(getattr(one, "team_id", None) == team.id for rows in kinds for one in rows)
