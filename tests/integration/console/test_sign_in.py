"""Who gets in, for how long, and what a stranger's page can do with a session that is not his."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared import clock
from shared.domain.model import SYSTEM
from shared.domain.passwords import PAIR_LIMIT
from shared.store.configuration import ConfigurationStore
from shared.store.passwords import Passwords
from shared.store.sessions import IDLE_FOR, Sessions
from tests.integration.api.acting_running import a_person
from tests.integration.api.api_running import RunningApi
from tests.integration.console.browsing import PASSWORD, Browser, signed_in, with_password

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]


async def test_a_page_sends_a_stranger_to_the_sign_in_and_from_there_back(api: RunningApi):
    user = await with_password(api, await a_person(api))
    browser = Browser(api)
    first = await browser.get("/alert-groups?state=resolved")
    form = await browser.get(first.location)
    done = await browser.sign_in(
        username=user.username.upper(), password=PASSWORD, next="/alert-groups?state=resolved"
    )
    page = await browser.get(done.location)

    assert (first.status, form.status, done.status, page.status) == (303, 200, 303, 200)
    assert 'value="/alert-groups?state=resolved"' in form.text
    assert user.username in page.text
    cookie = done.headers["Set-Cookie"]
    assert cookie.startswith("__Host-tocsin=")
    for word in ("HttpOnly", "Secure", "SameSite=Lax", "Path=/"):
        assert word in cookie


async def test_a_wrong_name_and_a_wrong_password_get_the_same_answer(api: RunningApi):
    user = await with_password(api, await a_person(api))
    without = await a_person(api)
    answers = [
        await Browser(api).sign_in(username=user.username, password="wrong"),
        await Browser(api).sign_in(username="nobody at all", password="wrong"),
        await Browser(api).sign_in(username=without.username, password=""),
    ]
    assert {one.status for one in answers} == {401}
    assert (
        len(
            {
                one.text.replace(user.username, "").replace(without.username, "").replace("nobody at all", "")
                for one in answers
            }
        )
        == 1
    )


async def test_whoever_guesses_has_to_wait_and_locks_out_nobody_elsewhere(api: RunningApi):
    user = await with_password(api, await a_person(api))
    for _ in range(PAIR_LIMIT):
        assert (await Browser(api).sign_in(username=user.username, password="wrong")).status == 401
    refused = await Browser(api).sign_in(username=user.username, password=PASSWORD)
    assert refused.status == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 901
    other = await with_password(api, await a_person(api))
    assert (await Browser(api).sign_in(username=other.username, password=PASSWORD)).status == 303


async def test_an_api_token_signs_in_for_as_long_as_it_is_valid(api: RunningApi):
    user = await a_person(api)
    token = await api.new_token(user_id=user.id, expires_at=clock.now() + timedelta(hours=1))
    browser = Browser(api)
    assert (await browser.sign_in(token=token)).status == 303
    assert (await browser.get("/alert-groups")).status == 200
    assert (await Browser(api).sign_in(token="0" * 64)).status == 401

    await api.store.collection("api_tokens").update_one(
        {"user_id": user.id}, {"$set": {"expires_at": clock.now() - timedelta(seconds=1)}}
    )
    assert (await browser.get("/alert-groups")).status == 303


async def test_a_session_that_was_planted_or_ended_opens_nothing(api: RunningApi):
    user = await with_password(api, await a_person(api))
    browser = Browser(api, cookie="__Host-tocsin=planted-by-somebody-else")
    await browser.sign_in(username=user.username, password=PASSWORD)
    first = browser.cookie
    await browser.sign_in(username=user.username, password=PASSWORD)

    assert "planted" not in first
    assert (await Browser(api, cookie=first).get("/alert-groups")).status == 303
    assert (await browser.post("/sign-out")).status == 303
    ended = browser.cookie
    assert (await Browser(api, cookie=ended).get("/alert-groups")).status == 303


async def test_a_session_ends_when_it_is_left_alone_and_when_its_person_is_removed(api: RunningApi):
    user = await with_password(api, await a_person(api))
    browser = await signed_in(api, user)
    (session,) = await Sessions(api.store).of_user(user.id, clock.now())
    seen_at = clock.now() - IDLE_FOR - timedelta(minutes=1)
    await api.store.collection("sessions").update_one({"_id": session.id}, {"$set": {"seen_at": seen_at}})
    assert (await browser.get("/alert-groups")).status == 303

    browser = await signed_in(api, user)
    await ConfigurationStore(api.store).change(lambda draft: draft.remove(user), SYSTEM, clock.now())
    assert (await browser.get("/alert-groups")).status == 303


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example/", "/\\evil.example", "\x01/"])
async def test_the_sign_in_sends_nobody_to_another_site(api: RunningApi, target: str):
    user = await with_password(api, await a_person(api))
    done = await Browser(api).sign_in(username=user.username, password=PASSWORD, next=target)
    assert (done.status, done.location) == (303, "/")


async def test_a_form_of_another_site_or_session_is_refused(api: RunningApi):
    user = await with_password(api, await a_person(api))
    mine, other = await signed_in(api, user), await signed_in(api, user)
    path = "/alert-groups/actions/acknowledge"
    assert (await mine.post(path, {"id": "I1"}, csrf="")).status == 403
    assert (await mine.post(path, {"id": "I1"}, csrf=await other.csrf())).status == 403
    assert (await mine.post(path, {"id": "I1"}, Sec_Fetch_Site="cross-site")).status == 403
    assert (await Browser(api).sign_in(username=user.username, password="x")).status == 401
    foreign = Browser(api, headers={"Sec_Fetch_Site": "cross-site"})
    assert (await foreign.sign_in(username=user.username, password=PASSWORD)).status == 403
    assert (await mine.post("/sign-out", Sec_Fetch_Site="cross-site")).status == 303
    assert (await mine.get("/alert-groups")).status == 200


async def test_a_weak_hash_is_made_anew_with_the_password_that_fits(api: RunningApi):
    user = await with_password(api, await a_person(api))
    before = await Passwords(api.store).hash_of(user.id)
    await signed_in(api, user)
    after = await Passwords(api.store).hash_of(user.id)
    assert before != after
    assert after is not None
    assert "m=65536" in after
    assert (await Browser(api).sign_in(username=user.username, password=PASSWORD)).status == 303
