"""No page of another site changes anything: every form is refused unless a page of this very session made it."""

from __future__ import annotations

from typing import Any

import pymongo
import pytest

from tests.integration.api.acting_running import a_person
from tests.integration.api.api_running import PUBLIC, RunningApi
from tests.integration.api.one_of_each import one_of_each
from tests.integration.console.browsing import Browser, by_token
from tests.integration.security.access import API_ACCESS, PAGE_ACCESS
from tests.integration.security.places import address_of
from tests.integration.security.stored import stored

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
FORMS = sorted(path for method, path in PAGE_ACCESS if method == "POST")
STREAMS = ("/live/groups", "/live/pipeline", "/api/v1/events")
# Fields that would do something on one page or another, if it were done.
FIELDS = {"name": "planted", "username": "planted", "scope": "full", "all": "yes", "theme": "dark"}
FOREIGN: dict[str, dict[str, str]] = {
    "a page of another site": {"Sec_Fetch_Site": "cross-site"},
    "a page of another host of the domain": {"Sec_Fetch_Site": "same-site"},
    "a page of another site, in an older browser": {"Origin": "https://evil.example"},
    "a page of the same host at another port": {"Origin": f"{PUBLIC}:8443"},
    "a page that hides where it is from": {"Origin": "null"},
    "a page whose host only begins like ours": {"Origin": f"{PUBLIC}.evil.example"},
}


async def statuses(browser: Browser, csrf: str, **headers: str) -> dict[str, int]:
    """Send every form with these headers; return what was not refused."""
    found = {}
    for template in FORMS:
        answer = await browser.post(address_of(template, {}), FIELDS, csrf=csrf, **headers)
        if answer.status != 403:
            found[template] = answer.status
    return found


async def test_a_form_without_the_token_of_its_session_does_nothing(
    api: RunningApi, mongo_client: pymongo.MongoClient[dict[str, Any]]
):
    user = await a_person(api, role="admin")
    mine, other = await by_token(api, user), await by_token(api, user)
    csrf, theirs = await mine.csrf(), await other.csrf()
    before = stored(mongo_client, api)

    assert csrf != theirs
    assert await statuses(mine, "") == {}
    assert await statuses(mine, csrf[:-1] + ("A" if csrf[-1] != "A" else "B")) == {}
    assert await statuses(mine, theirs) == {}
    assert stored(mongo_client, api) == before


@pytest.mark.parametrize("foreign", FOREIGN)
async def test_a_form_that_another_site_sent_does_nothing_even_with_the_right_token(
    api: RunningApi, mongo_client: pymongo.MongoClient[dict[str, Any]], foreign: str
):
    mine = await by_token(api, await a_person(api, role="admin"))
    csrf, before = await mine.csrf(), stored(mongo_client, api)

    assert await statuses(mine, csrf, **FOREIGN[foreign]) == {}
    assert stored(mongo_client, api) == before


@pytest.mark.parametrize("foreign", FOREIGN)
async def test_another_site_signs_nobody_in_and_nobody_out(api: RunningApi, foreign: str):
    user = await a_person(api)
    token = await api.new_token(user_id=user.id)
    mine, headers = await by_token(api, user), FOREIGN[foreign]
    stranger = Browser(api, headers=headers)
    refused = await stranger.sign_in(token=token)
    await mine.post("/sign-out", csrf="", **headers)

    assert (refused.status, stranger.cookie) == (403, "")
    assert (await mine.get("/alert-groups")).status == 200


@pytest.mark.parametrize("origin", [PUBLIC, PUBLIC.upper(), "the address that is used"])
async def test_a_form_of_our_own_page_is_taken_by_whichever_address_it_is_reached(
    api: RunningApi, origin: str
):
    mine = await by_token(api, await a_person(api))
    sent = origin if origin.casefold() == PUBLIC else api.url
    assert (await mine.post("/theme", {"theme": "dark"}, Origin=sent)).status == 303


async def test_no_form_is_taken_from_an_address_or_with_another_method(api: RunningApi):
    """A GET with a form's fields, or one that a header or a field calls a POST, is a GET."""
    mine = await by_token(api, await a_person(api, role="admin"))
    csrf, found = await mine.csrf(), {}
    gets = {path for method, path in PAGE_ACCESS if method == "GET"}
    for template in FORMS:
        path = f"{address_of(template, {})}?csrf={csrf}&_method=POST&name=planted&username=planted&all=yes"
        answer = await mine.get(path, X_HTTP_Method_Override="POST")
        if answer.status != 405 and template not in gets:
            found[template] = answer.status
    # Where a path is another page's too ("/users/{id}" of "/users/none"), that page says what it has.
    assert {template: status for template, status in found.items() if status != 404} == {}


async def test_no_get_changes_anything(api: RunningApi, mongo_client: pymongo.MongoClient[dict[str, Any]]):
    ids = await one_of_each(api)
    browser = await by_token(api, await a_person(api, role="admin"))
    before, found = stored(mongo_client, api), {}
    for method, template in sorted((*PAGE_ACCESS, *API_ACCESS)):
        if method != "GET" or template in STREAMS:
            continue
        path = address_of(template, ids)
        if template.startswith("/api/"):
            found[template] = (await api.ask("GET", path)).status
        else:
            found[template] = (await browser.get(path)).status
    after = stored(mongo_client, api)

    assert [name for name in after if after[name] != before.get(name)] == []
    assert {template: status for template, status in found.items() if status >= 500} == {}
    # It is asked for what there is: nearly every address answers with something.
    without = {template for template, status in found.items() if status not in (200, 303)}
    assert without <= {
        "/api/v1/organizations/{id}",
        "/api/v1/schedules/{id}/final_shifts",
        "/schedules/{id}/layers/{shift_id}",
        "/schedules/{id}/overrides/{override_id}",
        "/api/v1/schedules/{id}/export",
        "/api/v1/schedules/{id}/export_token",
        "/api/v1/users/{id}/schedule_export",
        "/api/v1/users/{id}/schedule_export_token",
        "/pipeline/dead-letters/{service}/{id}",
    }
