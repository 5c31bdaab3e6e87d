"""What is kept by code says so on its pages and in its list, with what was changed by hand since."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.integration.api.acting_running import a_person
from tests.integration.api.api_running import RunningApi
from tests.integration.console.browsing import Browser, by_token

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]


async def declared(api: RunningApi, set: str) -> dict[str, str]:
    """Have a set make one object of each kind, named after it; return their pages by kind."""
    name = f"kept {set}"
    body: dict[str, Any] = {
        "set": set,
        "users": [{"username": name}],
        "teams": [{"name": name, "members": []}],
        "webhooks": [{"name": name, "url": "https://x.example"}],
        "schedules": [{"name": name, "type": "web", "time_zone": "UTC", "shifts": []}],
        "chains": [{"name": name, "steps": []}],
        "integrations": [{"name": name, "type": "webhook"}],
        "event_subscriptions": [{"name": name, "url": "https://x.example"}],
    }
    reply = await api.ask("POST", "config/apply", body, params={"overwrite": "true"})
    assert reply.status == 200, reply
    kinds = {"escalation_chains": "escalation-chains", "event_subscriptions": "event-subscriptions"}
    made = {one["kind"]: one["id"] for one in reply.body["changes"] if one["kind"] != "routes"}
    return {kinds.get(kind, kind): f"/{kinds.get(kind, kind)}/{id}" for kind, id in made.items()}


async def an_admin(api: RunningApi) -> Browser:
    return await by_token(api, await a_person(api, role="admin"))


async def test_lists_and_pages_name_the_set_and_the_forms_warn(api: RunningApi):
    set, browser = uuid.uuid4().hex, await an_admin(api)
    pages = await declared(api, set)
    lists = {kind: (await browser.get(f"/{kind}?q={set}")).text for kind in pages}
    texts = {kind: (await browser.get(path)).text for kind, path in pages.items() if kind != "teams"}
    forms = [f"{pages['integrations']}/routes/new", f"{pages['schedules']}/edit"]
    forms += [f"{pages['schedules']}/layers/new"]

    assert set in lists["teams"]
    assert {kind: f"kept by code: {set}" in text for kind, text in lists.items()} == dict.fromkeys(
        pages, True
    )
    assert {kind: f"in the set <strong>{set}" in text for kind, text in texts.items()} == dict.fromkeys(
        texts, True
    )
    assert len(texts) == 6
    assert all(["next <code>tocsin apply" in (await browser.get(one)).text for one in forms])
    assert not any("Changed by hand" in text for text in texts.values())


async def test_a_change_by_hand_is_named_until_it_is_applied_again(api: RunningApi):
    set, browser = uuid.uuid4().hex, await an_admin(api)
    page = (await declared(api, set))["integrations"]
    fields = {"name": f"kept {set}", "base_url": "https://a.example"}
    done = await browser.post(f"{page}/settings/general", fields)
    changed = (await browser.get(page)).text
    await declared(api, set)
    again = (await browser.get(page)).text

    assert done.status == 303
    assert "Changed by hand since the last apply:</strong>" in changed
    assert "base url" in changed
    assert "Kept by code" in again
    assert "Changed by hand" not in again


async def test_what_nobody_declared_is_kept_by_nobody(api: RunningApi):
    browser = await an_admin(api)
    made = await api.post("escalation_chains/", name=uuid.uuid4().hex)
    page = (await browser.get(f"/escalation-chains/{made['id']}")).text
    assert "Kept by code" not in page
    assert f'value="{made["name"]}"' in page
