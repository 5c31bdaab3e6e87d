"""The list of people: role, teams, how each is reached, and what would keep a page from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from services.api.console.keepers import keepers
from services.api.console.people_words import KIND_WORDS
from services.api.console.visits import Visit, reasons
from services.api.people_problems import people_problems
from services.api.refusals import Refused
from services.api.resources.users import ROLES, USERS
from shared.domain.configuration import ConfigSnapshot, User
from shared.domain.contacts import KINDS

FILTERS = ("q", "role", "team_id")
CREATING = ("POST", "users")


@dataclass(frozen=True)
class PersonRow:
    """One person as the list shows them; `problems` are sentences with their severity."""

    user: User
    teams: tuple[str, ...]
    reached_by: tuple[str, ...]
    problems: tuple[tuple[str, str], ...]


async def show_people(visit: Visit, problems: Sequence[str] = (), status: int = 200) -> web.Response:
    """GET: everybody whom the filters keep, by username; `problems` are those of a form that was refused."""
    config = await visit.api.configuration.load()
    asked = {name: visit.request.query.get(name, "") for name in FILTERS}
    found = [one for one in config.users if _is_wanted(one, asked)]
    concerns = await problems_by_person(visit)
    return visit.page(
        "users.html",
        status,
        rows=[_row(one, config, concerns) for one in sorted(found, key=lambda one: one.username.casefold())],
        keepers=await keepers(visit, User),
        asked=asked,
        roles=ROLES,
        teams=sorted(config.teams, key=lambda one: one.name.casefold()),
        problems=problems,
        form=visit.form,
        may_create=visit.may(*CREATING),
    )


async def create_person(visit: Visit) -> web.Response:
    """POST: adds a user and goes to his page."""
    names = ("username", "name", "email", "role")
    body = {name: value.strip() for name in names if (value := visit.form.get(name))}
    try:
        made = await visit.objects(USERS).create(body)
    except Refused as refused:
        return await show_people(visit, reasons(refused), refused.status)
    return visit.see(f"/users/{made['id']}")


async def problems_by_person(visit: Visit) -> dict[str, tuple[tuple[str, str], ...]]:
    """Return what is wrong with people, by user id: (severity, sentence)."""
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for one in await people_problems(visit.api):
        table, _, user_id = one["object"].partition("/")
        if table == "users":
            found[user_id] = (*found.get(user_id, ()), (one["severity"], one["message"]))
    return found


def reached_by(user: User) -> tuple[str, ...]:
    """Return the kinds of contact points through which somebody is reached, as words."""
    return tuple(KIND_WORDS[one] for one in KINDS if user.contact(one) is not None)


def _row(user: User, config: ConfigSnapshot, concerns: dict[str, tuple[tuple[str, str], ...]]) -> PersonRow:
    teams = [config.team_by_id[one].name for one in user.team_ids if one in config.team_by_id]
    return PersonRow(user, tuple(sorted(teams)), reached_by(user), concerns.get(user.id, ()))


def _is_wanted(user: User, asked: dict[str, str]) -> bool:
    texts = " ".join((user.username, user.name, user.email)).casefold()
    return (
        all(word in texts for word in asked["q"].casefold().split())
        and asked["role"] in ("", user.role)
        and (not asked["team_id"] or asked["team_id"] in user.team_ids)
    )
