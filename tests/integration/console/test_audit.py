"""The audit log: who changed what from what to what, found by its filters, with no secret in it."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest

from shared import clock
from shared.domain.configuration import User
from tests.integration.api.acting_running import a_person
from tests.integration.api.api_running import RunningApi
from tests.integration.console.browsing import Browser, by_token

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]
SECRETS = {"password": "hunter2 hunter2", "authorization_header": "Bearer abc123def"}


async def an_admin(api: RunningApi) -> tuple[User, Browser]:
    user = await a_person(api, role="admin")
    return user, await by_token(api, user)


def cells(text: str) -> list[tuple[str, str, str]]:
    found = re.findall(r'<th scope="row">(.*?)</th><td[^>]*>(.*?)</td><td[^>]*>(.*?)</td>', text, re.DOTALL)
    return [(name, before, after) for name, before, after in found]


async def test_a_change_is_found_by_its_actor_with_what_was_before_and_after(api: RunningApi):
    user, browser = await an_admin(api)
    target = await a_person(api)
    headers = {"Authorization": await api.new_token(user_id=user.id)}
    await api.ask("PUT", f"users/{target.id}", {"name": "<i>Ann</i>", "role": "viewer"}, headers=headers)
    page = await browser.get(f"/audit?actor={user.username}")
    whole = await browser.get(f"/audit?object_id={target.id}")
    nothing = await browser.get(f"/audit?actor={user.username}&table=teams")

    assert page.text.count('<details class="entry">') == 1
    assert sorted(cells(page.text)) == [
        ("name", "–", "&lt;i&gt;Ann&lt;/i&gt;"),
        ("role", "editor", "viewer"),
    ]
    assert whole.text.count('<details class="entry">') == 2
    assert "No change is like this." in nothing.text
    assert f'href="/users/{target.id}"' in page.text


async def test_no_secret_is_shown_neither_in_clear_nor_as_ciphertext(api: RunningApi):
    user, browser = await an_admin(api)
    headers = {"Authorization": await api.new_token(user_id=user.id)}
    body = {
        "name": uuid.uuid4().hex,
        "url": "https://u:pw123@example.org/x?token=t0k3n",
        "headers": '{"X-Api-Key": "k3y-in-clear"}',
        "username": "bob",
        **SECRETS,
    }
    made = await api.ask("POST", "webhooks", body, headers=headers)
    assert made.status == 201, made
    await api.ask("PUT", f"webhooks/{made.body['id']}", {"password": "another one"}, headers=headers)
    page = await browser.get(f"/audit?object_id={made.body['id']}")
    stored = str(await api.store.collection("webhooks").find({"_id": made.body["id"]}))

    assert page.text.count('<details class="entry">') == 2
    for secret in (*SECRETS.values(), "another one", "pw123", "t0k3n", "k3y-in-clear"):
        assert secret not in page.text, secret
    for ciphertext in re.findall(r"gAAAA[\w=-]+", stored):
        assert ciphertext not in page.text
    assert ("password", "(secret)", "(secret)") in cells(page.text)


async def test_days_are_those_of_the_reader_and_pages_go_on(api: RunningApi):
    _, browser = await an_admin(api)
    audit, now = api.store.collection("configuration_audit"), clock.now()
    actor = {"kind": "user", "id": None, "name": uuid.uuid4().hex}
    entry = {"actor": actor, "table": "teams", "object_id": "T1", "before": None, "after": {"name": "x"}}
    rows = [
        {**entry, "_id": uuid.uuid4().hex, "version": None, "at": now - timedelta(days=30, seconds=one)}
        for one in range(55)
    ]
    await audit.insert_new(rows)
    path = f"/audit?actor={actor['name']}"
    first, second = await browser.get(path), await browser.get(f"{path}&page=2")
    day = (now - timedelta(days=32)).date().isoformat()
    after, before = await browser.get(f"{path}&from={day}"), await browser.get(f"{path}&to={day}")

    assert [one.text.count('<details class="entry">') for one in (first, second)] == [50, 5]
    assert "page=2" in first.text
    assert [one.text.count('<details class="entry">') for one in (after, before)] == [50, 0]


@pytest.mark.parametrize("query", ["from=yesterday", "to=2026-13-01", "page=0", "page=x"])
async def test_a_filter_that_cannot_be_read_is_named(api: RunningApi, query: str):
    _, browser = await an_admin(api)
    answer = await browser.get(f"/audit?{query}")
    assert answer.status == 400
    assert f"{query.partition('=')[0]}: " in answer.text


async def test_editors_do_not_read_it(api: RunningApi):
    browser = await by_token(api, await a_person(api, role="editor"))
    assert (await browser.get("/audit")).status == 403
