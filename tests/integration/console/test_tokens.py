"""API tokens on the console: shown once, valid as far and as long as was asked for, and taken back."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from shared import clock
from shared.domain.people import Role
from shared.secrets import api_token_digest
from shared.store.api_tokens import ApiTokens
from tests.integration.api.acting_running import a_person
from tests.integration.api.api_running import RunningApi
from tests.integration.console.browsing import Answer, Browser, by_token

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
SHOWN = re.compile(r'class="secret">([0-9a-f]{64})<')


async def somebody(api: RunningApi, role: Role) -> Browser:
    return await by_token(api, await a_person(api, role=role))


def token_in(answer: Answer) -> str:
    found = SHOWN.search(answer.text)
    assert found is not None, answer.text
    return found[1]


async def status_of(api: RunningApi, token: str, method: str = "GET", path: str = "teams") -> int:
    headers = {"Authorization": token}
    return (await api.ask(method, path, {"name": "x"} if method == "POST" else None, headers=headers)).status


async def test_a_token_is_shown_once_and_works_until_it_is_taken_back(api: RunningApi):
    browser = await somebody(api, "viewer")
    made = await browser.post("/tokens", {"name": "<b>grafana", "scope": "full", "days": "30"})
    token = token_in(made)
    later = await browser.get("/tokens")
    kept = await ApiTokens(api.store).find(token)

    assert kept is not None
    assert kept.expires_at is not None
    assert timedelta(days=29) < kept.expires_at - clock.now() <= timedelta(days=30)
    assert "&lt;b&gt;grafana" in later.text
    assert token not in later.text
    assert await status_of(api, token) == 200
    assert await status_of(api, token, "POST") == 403

    held = Browser(api)
    await held.sign_in(token=token)
    gone = await browser.post(f"/tokens/{api_token_digest(token)[:24]}/revoke")
    assert gone.status == 303
    assert await status_of(api, token) == 401
    assert (await held.get("/tokens")).status == 303
    audit = await api.store.collection("configuration_audit").find({"table": "api_tokens"}, sort=[("at", 1)])
    mine = [one for one in audit if "grafana" in str(one)]
    assert [(one["before"] is None, one["after"] is None) for one in mine] == [(True, False), (False, True)]
    assert token not in str(mine)


async def test_a_token_for_reading_reads_and_an_admin_makes_one_that_is_nobodys(api: RunningApi):
    browser = await somebody(api, "admin")
    reads = token_in(await browser.post("/tokens", {"name": "r", "scope": "read", "days": ""}))
    nobodys = token_in(await browser.post("/tokens", {"name": "n", "owner": "nobody"}))

    assert (await status_of(api, reads), await status_of(api, reads, "POST")) == (200, 403)
    kept = await ApiTokens(api.store).find(nobodys)
    assert kept is not None
    assert (kept.user_id, await status_of(api, nobodys, "POST")) == (None, 201)


@pytest.mark.parametrize(
    ("field", "value"), [("name", " "), ("scope", "root"), ("days", "9999"), ("owner", "nobody")]
)
async def test_what_cannot_be_asked_for_is_named_and_nothing_is_made(api: RunningApi, field: str, value: str):
    browser = await somebody(api, "editor")
    answer = await browser.post("/tokens", {"name": "fine", field: value})
    assert (answer.status, SHOWN.search(answer.text)) == (400, None)
    assert f"{field}: " in answer.text
    assert "<strong>fine</strong>" not in (await browser.get("/tokens")).text


async def test_tokens_of_others_are_seen_and_taken_back_by_admins_only(api: RunningApi):
    owner, other, admin = [await somebody(api, one) for one in ("editor", "editor", "admin")]
    token = token_in(await owner.post("/tokens", {"name": "owned"}))
    path = f"/tokens/{api_token_digest(token)[:24]}"

    assert path not in (await other.get("/tokens")).text
    assert (await other.post(f"{path}/revoke")).status == 403
    assert await status_of(api, token) == 200
    assert path in (await admin.get("/tokens")).text
    assert (await admin.post(f"{path}/revoke")).status == 303
    assert await status_of(api, token) == 401
    assert (await admin.post(f"{path}/revoke")).status == 404
    assert (await admin.post("/tokens/.*/revoke")).status == 404


async def test_no_token_outlives_the_one_that_its_maker_signed_in_with(api: RunningApi):
    user = await a_person(api, role="admin")
    ends = clock.now() + timedelta(days=2)
    browser = Browser(api)
    await browser.sign_in(token=await api.new_token(user_id=user.id, expires_at=ends))
    for days in ("365", "", "7"):
        kept = await ApiTokens(api.store).find(
            token_in(await browser.post("/tokens", {"name": "t", "days": days}))
        )
        assert kept is not None
        assert kept.expires_at is not None
        assert abs(kept.expires_at - ends) < timedelta(seconds=1)
