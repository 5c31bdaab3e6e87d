"""Every page asks who is there, and lets in whom its need names: all pages, all roles, as the router lists them."""

from __future__ import annotations

import re

import pytest

from services.api.console.visits import role_of
from services.api.permissions import LEVELS
from shared.domain.people import Role
from tests.integration.api.acting_running import a_person
from tests.integration.api.api_running import RunningApi
from tests.integration.console.browsing import Browser, signed_in, with_password
from tests.support.endpoints import pages

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
# It goes on for ten minutes; that a stranger is kept out of it is asked below.
ENDLESS = ("GET", "/live/groups")


async def statuses(browser: Browser, csrf: str) -> dict[tuple[str, str], int]:
    found = {}
    for method, template in pages():
        path = re.sub(r"\{[^}]*\}", "none", template)
        if method == "POST":
            found[method, template] = (await browser.post(path, {}, csrf=csrf)).status
        elif (method, template) != ENDLESS or not browser.cookie:
            found[method, template] = (await browser.get(path)).status
    return found


async def test_a_stranger_is_sent_to_the_sign_in_by_every_page(api: RunningApi):
    assert set((await statuses(Browser(api), "")).values()) == {303}
    planted = Browser(api, cookie="__Host-tocsin=somebody-else")
    assert set((await statuses(planted, "")).values()) == {303}


@pytest.mark.parametrize("role", LEVELS)
async def test_a_role_is_let_in_exactly_where_its_page_says(api: RunningApi, role: Role):
    browser = await signed_in(api, await with_password(api, await a_person(api, role=role)))
    answered = await statuses(browser, await browser.csrf())
    needs = pages()
    wrong = {
        one: status
        for one, status in answered.items()
        if (status == 403) == (LEVELS[role] >= LEVELS[role_of(needs[one])])
    }
    assert wrong == {}
    assert {one: status for one, status in answered.items() if status >= 500} == {}


async def test_a_token_for_reading_opens_no_form(api: RunningApi):
    user = await a_person(api, role="admin")
    browser = Browser(api)
    await browser.sign_in(token=await api.new_token(user_id=user.id, scope="read"))
    answered = await statuses(browser, await browser.csrf())
    assert {status for (method, _), status in answered.items() if method == "POST"} == {403}
