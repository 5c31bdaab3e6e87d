"""Every address of the running api, asked by everybody: a role is let in exactly where the table by hand says.

The addresses are those of the running application's own router: one that is added fails here until it has a line.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

import pytest
import pytest_asyncio
from aiohttp import web

from services.recorder.handlers import as_kept
from shared import clock
from shared.bus import wire
from shared.domain.configuration import User
from shared.domain.model import SYSTEM
from shared.secrets import api_token_digest
from shared.store.api_tokens import ID_LENGTH, ApiTokens
from shared.store.configuration import ConfigurationStore
from shared.store.journal import Journal, Page
from tests.integration.api.acting_running import a_person
from tests.integration.api.api_running import RunningApi
from tests.integration.console.browsing import Browser
from tests.integration.security.access import API_ACCESS, PAGE_ACCESS, STRANGER_ANSWERS, Route
from tests.support.build import an_alert, routed

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
LEVELS = {"viewer": 0, "editor": 1, "admin": 2}
READING = ("GET", "HEAD")
FOREIGN = "0" * 64
ABSENT = "none"
# Streams go on unless they are told not to; of the pages' one only the head of the answer is read.
ASKED_WITH = {"/api/v1/events": "?follow=false"}


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def traced(api: RunningApi) -> None:
    """Have the alert that addresses name be known to the journal: a trace of nothing is waited for."""
    alert, now = an_alert().model_copy(update={"id": ABSENT}), clock.now()
    told = wire.encode(routed(alert=alert, at=now), wire.Provenance("router", "test"))
    entries = [as_kept(one) for one in wire.envelopes(wire.join([told]))]
    await Journal(api.store).add([Page(entries, [ABSENT], [], now, now + timedelta(days=1))])


def routes_of(app: web.Application) -> set[Route]:
    """Return method and path template of everything that is served, without the optional last slash."""
    return {
        (route.method, route.resource.canonical.removesuffix("{slash}"))
        for route in app.router.routes()
        if route.resource is not None
    }


@dataclass
class Somebody:
    """A person with what is his own: a token, a session, a rule."""

    user: User
    token: str
    browser: Browser
    rule_id: str

    @property
    def token_id(self) -> str:
        """What lists call the token."""
        return api_token_digest(self.token)[:ID_LENGTH]


async def somebody(api: RunningApi, role: str, scope: str = "full") -> Somebody:
    user = await a_person(api, role=role)
    token = await api.new_token(user_id=user.id, scope=scope)
    browser = Browser(api)
    assert (await browser.sign_in(token=token)).status == 303
    rule = await api.post("personal_notification_rules/", user_id=user.id, type="wait", duration=60)
    return Somebody(user, token, browser, rule["id"])


def path_of(template: str, access: str, owner: Somebody | None = None) -> str:
    """Return an address with ids in it: of what is somebody's own where the access says so, else of nothing."""
    path = template
    if owner is not None and access in ("own", "self"):
        ids = {"/users/": owner.user.id, "/personal_notification_rules/": owner.rule_id}
        ids["/tokens/"] = owner.token_id
        for word, id in ids.items():
            path = path.replace(f"{word}{{id}}", f"{word}{id}", 1)
    return re.sub(r"\{[^}]*\}", ABSENT, path) + ASKED_WITH.get(template, "")


async def by_token(
    api: RunningApi, route: Route, path: str, token: str | None, owner: Somebody | None
) -> int:
    body = {} if route[0] in ("POST", "PUT", "PATCH") else None
    if route == ("POST", "/api/v1/personal_notification_rules") and owner is not None:
        body = {"user_id": owner.user.id}
    if route == ("POST", "/api/v1/users/{id}/test_notification"):
        body = {"channel": "none"}
    return (await api.ask(route[0], path, body, headers={"Authorization": token})).status


async def by_session(api: RunningApi, route: Route, path: str, cookie: str, csrf: str) -> int:
    """Ask for a page and return its status; of an endless one no more than that is read."""
    headers = {"Cookie": cookie} if cookie else {}
    fields = {"csrf": csrf} if route[0] == "POST" else None
    async with api.client.request(
        route[0], api.url + path, data=fields, headers=headers, allow_redirects=False
    ) as answer:
        if answer.status == 303 and answer.headers["Location"].startswith("/sign-in"):
            return 401
        return answer.status


def expected(access: str, method: str, role: str, scope: str, is_own: bool) -> bool:
    """Whether somebody is let in."""
    if scope == "read" and method not in READING:
        return False
    if access == "self":
        return is_own
    if access == "own":
        return is_own or role == "admin"
    return LEVELS[role] >= LEVELS[access]


def wrong(
    answered: dict[Route, int], access: dict[Route, str], role: str, scope: str, is_own: bool
) -> dict[Route, int]:
    """Return what was answered otherwise than it should: 403 to whoever may not, else anything but that or a bug."""
    found = {}
    for route, status in answered.items():
        may = expected(access[route], route[0], role, scope, is_own)
        if status in (401, 403, 500) if may else status != 403:
            found[route] = status
    return found


async def answers(routes: Iterable[Route], ask: Callable[[Route], Awaitable[int]]) -> dict[Route, int]:
    return {route: await ask(route) for route in sorted(routes, key=lambda one: (one[1], one[0]))}


async def test_every_address_that_is_served_has_its_line_in_the_table(api: RunningApi):
    """One that is missing: write down who may do it, by what people expect and not by what the product says."""
    known = {*API_ACCESS, *PAGE_ACCESS, *STRANGER_ANSWERS}
    heads = {("HEAD", path) for method, path in known if method == "GET"}
    served = routes_of(api.running.io.http)
    assert sorted(served - known - heads) == []
    assert sorted(known - served) == []


async def test_nobody_without_a_valid_token_is_let_into_the_api(api: RunningApi):
    admin = await somebody(api, "admin")
    gone = await somebody(api, "admin")
    revoked, expired = await api.new_token(), await api.new_token()
    tokens = ApiTokens(api.store)
    await tokens.remove(api_token_digest(revoked)[:ID_LENGTH])
    ended = {"$set": {"expires_at": clock.now() - timedelta(seconds=1)}}
    await api.store.collection("api_tokens").update_one({"_id": api_token_digest(expired)}, ended)
    await ConfigurationStore(api.store).change(lambda draft: draft.remove(gone.user), SYSTEM, clock.now())
    strangers: dict[str, dict[str, str | None]] = {
        "nothing": {"Authorization": None},
        "a foreign token": {"Authorization": FOREIGN},
        "a revoked token": {"Authorization": f"Bearer {revoked}"},
        "an expired token": {"Authorization": expired},
        "the token of somebody who is gone": {"Authorization": gone.token},
        "the cookie of an admin": {"Authorization": None, "Cookie": admin.browser.cookie},
        "a token in the wrong place": {"Authorization": None, "X-Api-Key": admin.token},
    }
    found = {}
    for name, headers in strangers.items():
        for (method, template), access in API_ACCESS.items():
            body = {} if method in ("POST", "PUT", "PATCH") else None
            status = (await api.ask(method, path_of(template, access), body, headers=headers)).status
            if status != 401 and not (access == "secret" and status == 403):
                found[name, method, template] = status
    assert found == {}


async def test_nobody_without_a_valid_session_sees_a_page(api: RunningApi):
    out, gone, revoked = [await somebody(api, "admin") for _ in range(3)]
    csrf = await out.browser.csrf()
    former = out.browser.cookie
    await out.browser.post("/sign-out", csrf=csrf)
    await ConfigurationStore(api.store).change(lambda draft: draft.remove(gone.user), SYSTEM, clock.now())
    await ApiTokens(api.store).remove(revoked.token_id)
    strangers = {
        "nothing": "",
        "a made-up session": f"{former.partition('=')[0]}=somebody-else",
        "a session that was ended": former,
        "the session of somebody who is gone": gone.browser.cookie,
        "the session of a token that was revoked": revoked.browser.cookie,
        "a token in the place of a session": f"{former.partition('=')[0]}={revoked.token}",
    }
    found = {}
    for name, cookie in strangers.items():
        for route, access in PAGE_ACCESS.items():
            status = await by_session(api, route, path_of(route[1], access), cookie, csrf)
            if status != 401:
                found[name, *route] = status
    assert found == {}


@pytest.mark.parametrize(
    ("role", "scope"), [("viewer", "full"), ("editor", "full"), ("admin", "full"), ("admin", "read")]
)
async def test_a_role_is_let_in_exactly_where_the_table_says(api: RunningApi, role: str, scope: str):
    me, csrf = await somebody(api, role, scope), ""
    csrf = await me.browser.csrf()
    # What ends the caller's own token or session comes last, when nothing else is asked any more.
    last = ("POST", "/tokens/{id}/revoke")
    pages = [one for one in PAGE_ACCESS if one != last]
    rules = {one: access for one, access in API_ACCESS.items() if access != "secret"}

    async def at_api(route: Route) -> int:
        return await by_token(api, route, path_of(route[1], rules[route], me), me.token, me)

    async def at_console(route: Route) -> int:
        path = path_of(route[1], PAGE_ACCESS[route], me)
        return await by_session(api, route, path, me.browser.cookie, csrf)

    by_page = await answers(pages, at_console)
    by_endpoint = await answers(rules, at_api)
    by_page |= await answers([last], at_console)
    assert wrong(by_endpoint, rules, role, scope, is_own=True) == {}
    assert wrong(by_page, PAGE_ACCESS, role, scope, is_own=True) == {}


@pytest.mark.parametrize("role", LEVELS)
async def test_what_is_somebody_elses_is_left_to_them_and_to_admins(api: RunningApi, role: str):
    me, other = await somebody(api, role), await somebody(api, "viewer")
    csrf = await me.browser.csrf()
    theirs = {one: access for one, access in API_ACCESS.items() if access == "own"}
    pages = {one: access for one, access in PAGE_ACCESS.items() if access in ("own", "self")}

    async def at_api(route: Route) -> int:
        return await by_token(api, route, path_of(route[1], theirs[route], other), me.token, other)

    async def at_console(route: Route) -> int:
        path = path_of(route[1], pages[route], other)
        return await by_session(api, route, path, me.browser.cookie, csrf)

    assert wrong(await answers(theirs, at_api), theirs, role, "full", is_own=False) == {}
    assert wrong(await answers(pages, at_console), pages, role, "full", is_own=False) == {}


async def test_what_asks_nobody_who_it_is_gives_an_admin_no_more_than_a_stranger(api: RunningApi):
    admin = await somebody(api, "admin")
    found: dict[str, dict[Route, int]] = {}
    for name, headers in {
        "stranger": {"Authorization": None},
        "admin": {"Authorization": admin.token},
    }.items():
        found[name] = {}
        for method, template in STRANGER_ANSWERS:
            reply = await api.ask(method, path_of(template, ""), headers=headers)
            found[name][method, template] = reply.status
    assert found == {"stranger": STRANGER_ANSWERS, "admin": STRANGER_ANSWERS}


async def test_a_changed_role_counts_from_the_next_request_on(api: RunningApi):
    me = await somebody(api, "admin")
    csrf = await me.browser.csrf()
    makes_team = ("POST", "/teams")
    before = (
        await by_session(api, makes_team, "/teams", me.browser.cookie, csrf),
        await by_token(api, ("POST", "/api/v1/teams"), "/api/v1/teams", me.token, None),
    )
    await api.put(f"users/{me.user.id}", role="viewer")
    after = (
        await by_session(api, makes_team, "/teams", me.browser.cookie, csrf),
        await by_token(api, ("POST", "/api/v1/teams"), "/api/v1/teams", me.token, None),
    )
    assert (before, after) == ((400, 400), (403, 403))
