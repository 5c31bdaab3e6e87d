"""Every route of the api asks who is there, and lets in whom the table of permissions names: all routes, all roles.

The routes are those of the router itself, so one that is added is asked too; what is public must be named here.
"""

from __future__ import annotations

import re

import pytest

from services.api.authentication import BASE
from services.api.permissions import LEVELS, PUBLIC, needed
from shared.domain.people import Role
from tests.integration.api.api_running import RunningApi
from tests.support.endpoints import pages, served

pytestmark = pytest.mark.integration
ABSENT = "NONE"
STRANGERS = {
    "no token": None,
    "a foreign token": "0" * 64,
}
# What asks for no token, and what a stranger who brings nothing else is answered there.
OPEN: dict[tuple[str, str], int] = {
    ("GET", "/sign-in"): 200,
    ("POST", "/sign-in"): 401,
    ("GET", "/sign-in/oidc"): 404,
    ("GET", "/sign-in/oidc/callback"): 400,
    ("POST", "/sign-out"): 303,
    ("GET", "/assets/{name}"): 404,
    ("GET", "/act/{ticket}"): 403,
    ("POST", "/act/{ticket}"): 403,
    ("GET", f"{BASE}openapi.yaml"): 200,
    ("POST", f"{BASE}slack/interactive"): 403,
    ("POST", "/slack/interactive_api_endpoint"): 403,
    ("POST", "/mattermost/{part}"): 403,
    ("POST", "/pushover/{part}"): 403,
    ("POST", "/telegram/{part}"): 403,
    ("POST", "/twilio/{part}"): 403,
    ("POST", "/vonage/{part}"): 403,
}
# The stream of events goes on, unless it is told not to.
ASKED_WITH = {f"{BASE}events": "?follow=false"}
# Their own secret stands in the query; a caller of the api is let in as well.
WITH_A_SECRET = {("GET", f"{BASE}schedules/{{id}}/export"), ("GET", f"{BASE}users/{{id}}/schedule_export")}
# The console's pages know sessions, not tokens: who may see them is asked in tests/integration/console.
GUARDED = [one for one in served() if one not in OPEN and one not in pages()]


def path_for(template: str, user_id: str = ABSENT) -> str:
    """Return a path with ids in it: the caller's own where it is about users, else one that nothing has."""
    own = template.startswith(f"{BASE}users/")
    first = template.replace("{id}", user_id if own else ABSENT, 1)
    return re.sub(r"\{[^}]*\}", ABSENT.lower(), first) + ASKED_WITH.get(template, "")


def words_of(template: str) -> str:
    return template.removeprefix(BASE)


async def statuses(api: RunningApi, routes: list[tuple[str, str]], token: str | None, user_id: str = ABSENT):
    """Ask every route with an empty body; return what each was answered."""
    found: dict[tuple[str, str], int] = {}
    for method, template in routes:
        body = {} if method in ("POST", "PUT", "PATCH") else None
        reply = await api.ask(method, path_for(template, user_id), body, headers={"Authorization": token})
        found[method, template] = reply.status
    return found


def test_nothing_but_what_is_named_here_is_open_to_strangers():
    """A new route outside of the api, or one that is public, needs a line above that says what strangers get."""
    assert {one for one in OPEN if one not in served()} == set()
    assert [one for one in GUARDED if not one[1].startswith(BASE)] == []
    assert [one for one in GUARDED if words_of(one[1]).split("/", 1)[0] in PUBLIC] == []


@pytest.mark.parametrize("stranger", STRANGERS)
async def test_a_stranger_is_let_in_nowhere(api: RunningApi, stranger: str):
    answered = await statuses(api, GUARDED, STRANGERS[stranger])

    refused = {one: status for one, status in answered.items() if one not in WITH_A_SECRET}
    assert {one: status for one, status in refused.items() if status != 401} == {}
    assert {answered[one] for one in WITH_A_SECRET} <= {401, 403, 404}


async def test_what_needs_no_token_gives_a_stranger_nothing(api: RunningApi):
    assert await statuses(api, list(OPEN), None) == OPEN


@pytest.mark.parametrize(("role", "scope"), [*((one, "full") for one in LEVELS), ("admin", "read")])
async def test_a_role_is_let_in_exactly_where_the_table_says(api: RunningApi, role: Role, scope: str):
    user = await api.post("users/", username=role, role=role)
    token = await api.new_token(user_id=user["id"], scope=scope)

    # What removes the caller himself comes last.
    last = ("DELETE", f"{BASE}users/{{id}}")
    routes = [*(one for one in GUARDED if one != last), last]
    answered = await statuses(api, routes, token, user["id"])

    def may(method: str, template: str) -> bool:
        wanted = needed(method, words_of(template))
        return LEVELS[role] >= LEVELS[wanted] and (scope == "full" or method in ("GET", "HEAD"))

    wrong = {
        one: status
        for one, status in answered.items()
        if one not in WITH_A_SECRET and (status in (401, 403)) == may(*one)
    }
    assert wrong == {}
    # Whoever is let in is answered about his request: not one of them breaks on an empty body or an unknown id.
    assert {one: status for one, status in answered.items() if status == 500} == {}
