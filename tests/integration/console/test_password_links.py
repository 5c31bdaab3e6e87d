"""Links to set a password: made by admins, shown once, used once, and no way round what guards a password."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from deploy.local.servers import Servers
from shared import clock
from shared.domain.configuration import User
from shared.secrets import digest
from shared.store.password_links import PasswordLink, PasswordLinks
from tests.integration.api.acting_running import a_person, telling_api
from tests.integration.api.api_running import PUBLIC, RunningApi
from tests.integration.console.browsing import (
    PASSWORD,
    Answer,
    Browser,
    by_token,
    signed_in,
    with_password,
)
from tests.support.one_service import until
from tests.support.smtp_double import SmtpDouble

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
NEW = "four words are quite enough"
LINK = re.compile(rf"{PUBLIC}(/set-password/[\w-]+)")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def smtp() -> AsyncIterator[SmtpDouble]:
    async with SmtpDouble() as double:
        yield double


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(
    servers: Servers, smtp: SmtpDouble, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningApi]:
    async with telling_api(servers, tmp_path_factory.mktemp("links"), smtp) as running:
        yield running


async def an_admin(api: RunningApi) -> Browser:
    return await by_token(api, await a_person(api, role="admin"))


def link_on(page: Answer) -> str:
    found = LINK.search(page.text)
    assert found is not None, page
    return found.group(1)


async def send(browser: Browser, path: str, new: str = NEW, repeated: str = NEW, **headers: str) -> Answer:
    return await browser.post(path, {"new_password": new, "repeated": repeated}, csrf="", **headers)


async def a_link(api: RunningApi, user: User, lasts: timedelta = timedelta(hours=1)) -> str:
    now = clock.now()
    await PasswordLinks(api.store).put(f"token-{user.id}", PasswordLink(user.id, "ann", now, now + lasts))
    return f"/set-password/token-{user.id}"


async def test_an_admin_gives_a_link_that_is_mailed_and_sets_a_password_once(
    api: RunningApi, smtp: SmtpDouble
):
    user = await a_person(api, role="viewer", email="new@example.org")
    admin, theirs = await an_admin(api), Browser(api)
    made = await admin.post(f"/users/{user.id}/password-link")
    path = link_on(made)
    await until(lambda: [one for one in smtp.mails if one.recipient == "new@example.org"])
    assert LINK.findall(smtp.mails[-1].message.get_content()) == [path]
    seen = await admin.get(f"/users/{user.id}")
    assert ("waits to be used" in seen.text, LINK.search(seen.text)) == (True, None)

    shown = [await theirs.get(path) for _ in range(2)]
    refused = [await send(theirs, path, "short", "short"), await send(theirs, path, NEW, "another one")]
    assert [one.status for one in (*shown, *refused)] == [200, 200, 400, 400]
    assert user.username in refused[1].text
    assert "new_password: Must have" in refused[0].text
    assert "repeated: The two new passwords differ." in refused[1].text

    done = await send(theirs, path)
    assert (done.status, done.location) == (303, "/users/current")
    assert user.username in (await theirs.get("/users/current")).text
    again = await send(Browser(api), path)
    assert (again.status, (await Browser(api).get(path)).status) == (404, 404)
    assert (await Browser(api).sign_in(username=user.username, password=NEW)).status == 303


async def test_a_link_is_kept_as_a_digest_and_every_step_stands_in_the_audit(api: RunningApi):
    user, admin = await a_person(api), await an_admin(api)
    made = await admin.post(f"/users/{user.id}/password-link")
    path = link_on(made)
    assert "has no e-mail address that counts" in made.text
    (stored,) = await api.store.collection("password_links").find({"_id": user.id})
    assert stored["digest"] == digest(path.removeprefix("/set-password/"))
    assert path.removeprefix("/set-password/") not in str(stored)
    await send(Browser(api), path)
    await admin.post(f"/users/{user.id}/password-link")
    await admin.post(f"/users/{user.id}/password-link/remove")
    await admin.post(f"/users/{user.id}/password/remove")

    entries = await api.store.collection("configuration_audit").find({"object_id": user.id}, sort=[("at", 1)])
    told = [(one["table"], one["before"] is None, one["after"] is None) for one in entries]
    assert told[-5:] == [
        ("password_links", True, False),
        ("passwords", True, False),
        ("password_links", True, False),
        ("password_links", False, True),
        ("passwords", False, True),
    ]
    assert entries[-4]["actor"]["name"] == user.username
    assert (await Browser(api).sign_in(username=user.username, password=NEW)).status == 401


async def test_a_reset_leaves_the_password_until_the_link_is_used_and_then_ends_every_session(
    api: RunningApi,
):
    user = await with_password(api, await a_person(api))
    open_one, admin = await signed_in(api, user), await an_admin(api)
    assert "Reset the password" in (await admin.get(f"/users/{user.id}")).text
    path = link_on(await admin.post(f"/users/{user.id}/password-link"))
    assert (await open_one.get("/users/current")).status == 200
    assert (await Browser(api).sign_in(username=user.username, password=PASSWORD)).status == 303

    await send(Browser(api), path)
    assert (await open_one.get("/users/current")).status == 303
    assert (await Browser(api).sign_in(username=user.username, password=PASSWORD)).status == 401


async def test_a_link_is_void_when_it_is_old_taken_back_or_followed_by_another_or_its_person_is_gone(
    api: RunningApi,
):
    user, admin = await a_person(api), await an_admin(api)
    page = f"/users/{user.id}/password-link"
    old = await a_link(api, user, timedelta(seconds=-1))
    assert (await send(Browser(api), old)).status == 404
    first, second = link_on(await admin.post(page)), link_on(await admin.post(page))
    assert [(await Browser(api).get(one)).status for one in (first, second)] == [404, 200]
    await admin.post(f"{page}/remove")
    assert (await send(Browser(api), second)).status == 404
    third = link_on(await admin.post(page))
    await admin.post(f"/users/{user.id}/remove")
    assert (await send(Browser(api), third)).status == 404


async def test_a_changed_password_makes_a_link_that_waits_void(api: RunningApi):
    user = await with_password(api, await a_person(api))
    path, browser = await a_link(api, user), await signed_in(api, user)
    fields = {"password": PASSWORD, "new_password": NEW, "repeated": NEW}
    assert (await browser.post("/users/current/password", fields)).status == 303
    assert (await send(Browser(api), path)).status == 404


async def test_neither_a_session_that_was_left_open_nor_a_token_that_ends_becomes_a_password(api: RunningApi):
    admin = await with_password(api, await a_person(api, role="admin"))
    own = await by_token(api, admin)
    refused = await own.post("/users/current/password-link")
    assert (refused.status, "with the present one" in refused.text) == (400, True)
    borrowed = Browser(api)
    token = await api.new_token(user_id=admin.id, expires_at=clock.now() + timedelta(hours=1))
    await borrowed.sign_in(token=token)
    other = await a_person(api)
    ends = await borrowed.post(f"/users/{other.id}/password-link")
    assert (ends.status, "API token that ends" in ends.text) == (400, True)
    foreign = await send(Browser(api), await a_link(api, other), Sec_Fetch_Site="cross-site")
    assert foreign.status == 403
    assert await api.store.collection("passwords").find({"_id": other.id}) == []


async def test_unknown_links_are_counted_as_wrong_answers_are(api: RunningApi):
    tried = [(await send(Browser(api), f"/set-password/guess-{n}")).status for n in range(12)]
    assert (set(tried), tried[-1]) == ({404, 429}, 429)
    await api.store.collection("sign_in_guesses").delete_many({})
