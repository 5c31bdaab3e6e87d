"""A session belongs to one browser and one sign-in: it is not planted, not kept too long, not read."""

from __future__ import annotations

from http.cookies import Morsel, SimpleCookie
from pathlib import Path

import pytest

from deploy.local.servers import Servers
from shared import clock
from shared.store.passwords import Passwords
from shared.store.sessions import Sessions
from tests.integration.api.acting_running import a_person
from tests.integration.api.api_running import RunningApi
from tests.integration.api.one_of_each import an_api_of_its_own
from tests.integration.console.browsing import PASSWORD, Answer, Browser, by_token, signed_in, with_password

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
NEW = "another horse battery"


def cookie_in(answer: Answer) -> Morsel[str]:
    (found,) = SimpleCookie(answer.headers["Set-Cookie"]).values()
    return found


async def is_in(api: RunningApi, cookie: str) -> bool:
    return (await Browser(api, cookie=cookie).get("/alert-groups")).status == 200


async def test_a_sign_in_takes_no_session_that_was_there_before_and_ends_it(api: RunningApi):
    """Whoever planted a cookie of his own in the browser sees nothing of what is done after the sign-in."""
    attacker = await by_token(api, await a_person(api))
    victim = await with_password(api, await a_person(api))
    planted = attacker.cookie
    browser = Browser(api, cookie=planted)
    await browser.sign_in(username=victim.username, password=PASSWORD)

    assert browser.cookie != planted
    assert await is_in(api, browser.cookie)
    assert not await is_in(api, planted)


async def test_every_sign_in_gets_a_cookie_of_its_own_and_a_refused_one_none(api: RunningApi):
    user = await with_password(api, await a_person(api))
    cookies = [(await signed_in(api, user)).cookie for _ in range(3)]
    refused = await Browser(api).sign_in(username=user.username, password="wrong")

    assert len(set(cookies)) == 3
    assert all(len(one.partition("=")[2]) >= 43 for one in cookies)
    assert "Set-Cookie" not in refused.headers


async def test_a_new_password_ends_every_other_session_and_gives_this_one_another_cookie(api: RunningApi):
    user = await with_password(api, await a_person(api))
    browser, other = await signed_in(api, user), await signed_in(api, user)
    copied = browser.cookie
    fields = {"password": PASSWORD, "new_password": NEW, "repeated": NEW}
    done = await browser.post(f"/users/{user.id}/password", fields)

    assert done.status == 303
    assert browser.cookie != copied
    assert [await is_in(api, one) for one in (browser.cookie, copied, other.cookie)] == [True, False, False]
    assert len(await Sessions(api.store).of_user(user.id, clock.now())) == 1


async def test_a_refused_new_password_changes_neither_password_nor_sessions(api: RunningApi):
    user = await with_password(api, await a_person(api))
    browser, before = await signed_in(api, user), await Passwords(api.store).hash_of(user.id)
    copied = browser.cookie
    fields = {"password": "wrong", "new_password": NEW, "repeated": NEW}

    assert (await browser.post(f"/users/{user.id}/password", fields)).status == 400
    assert (browser.cookie, await Passwords(api.store).hash_of(user.id)) == (copied, before)
    assert await is_in(api, copied)


async def test_a_sign_out_ends_the_session_itself_and_takes_the_cookie_away(api: RunningApi):
    browser = await by_token(api, await a_person(api))
    copied = browser.cookie
    answer = await browser.post("/sign-out", csrf="")

    assert (answer.status, answer.location) == (303, "/sign-in")
    gone = cookie_in(answer)
    # A browser keeps a cookie with this prefix when it is told to drop it without saying that it is of https.
    assert (gone.key, gone["max-age"], gone["secure"]) == (copied.partition("=")[0], "0", True)
    assert not await is_in(api, copied)


async def test_a_removed_person_is_out_and_a_lowered_role_counts_in_sessions_that_go_on(api: RunningApi):
    admin = await by_token(api, await a_person(api, role="admin"))
    user = await a_person(api, role="admin")
    browser = await by_token(api, user)
    before = await browser.get("/audit")
    lowered = await admin.post(f"/users/{user.id}", {"role": "viewer"})
    after = await browser.get("/audit")
    removed = await admin.post(f"/users/{user.id}/remove")

    assert (before.status, lowered.status, after.status, removed.status) == (200, 303, 403, 303)
    assert not await is_in(api, browser.cookie)
    assert await Sessions(api.store).of_user(user.id, clock.now()) == []


async def test_no_script_and_no_other_site_gets_the_cookie(api: RunningApi):
    user = await with_password(api, await a_person(api))
    found = cookie_in(await Browser(api).sign_in(username=user.username, password=PASSWORD))
    browser = await by_token(api, user)
    theme = cookie_in(await browser.post("/theme", {"theme": "dark"}))

    for one in (found, theme):
        assert (one["httponly"], one["secure"], one["samesite"]) == (True, True, "Lax")
        assert (one["path"], one["domain"]) == ("/", "")
    # The prefix has browsers refuse it from other hosts of the domain, which could plant one otherwise.
    assert found.key.startswith("__Host-")


async def test_without_https_the_cookie_is_still_kept_from_scripts_and_other_sites(
    servers: Servers, tmp_path: Path
):
    async with an_api_of_its_own(servers, tmp_path, public_url="http://127.0.0.1:8080") as api:
        user = await a_person(api)
        found = cookie_in(await Browser(api).sign_in(token=await api.new_token(user_id=user.id)))
    assert (found["httponly"], found["secure"], found["samesite"]) == (True, "", "Lax")


async def test_a_session_is_kept_as_a_digest_and_never_shown(api: RunningApi):
    user = await with_password(api, await a_person(api))
    browser = await signed_in(api, user)
    token = browser.cookie.partition("=")[2]
    page = await browser.get(f"/users/{user.id}")
    found = await api.store.collection("sessions").find({"user_id": user.id})

    assert token not in page.text
    assert token not in str(found)
    assert token not in await browser.csrf()
