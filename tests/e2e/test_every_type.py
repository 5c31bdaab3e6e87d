"""Every type at its real URL: its firing example opens a group that says what it is, its resolved one ends it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from shared.integrations import all_types, path_word
from shared.integrations.integration_type import IntegrationType
from tests.e2e.story import Caller, calling
from tests.support.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]
# Its messages must be signed by Amazon: tests/integration/test_mail_webhooks.py sends those.
SIGNED = {"amazon_sns"}
TYPES = [one for one in all_types() if one.has_url and one.slug not in SIGNED]
CONFIGURATION = "integrations:\n" + "".join(
    f"  - {{name: {one.slug}, type: {one.slug}, token: {('every' + one.slug.replace('_', '0')).ljust(24, '0')}}}\n"
    for one in TYPES
)


async def sent(stack: Stack, api: Caller, kind: IntegrationType, body: Any) -> list[str]:
    token = f"every{kind.slug.replace('_', '0')}".ljust(24, "0")
    url = f"{stack.url('receiver')}/integrations/v1/{path_word(kind.slug)}/{token}/"
    async with api.client.post(url, json=body) as answer:
        told = await answer.json()
        assert answer.status in (200, 202), (kind.slug, told)
        assert told["ids"], (kind.slug, told)
        return list(told["ids"])


async def groups_by_type(api: Caller) -> dict[str, list[dict[str, Any]]]:
    names = {one["id"]: one["type"] for one in await everything(api, "integrations")}
    found: dict[str, list[dict[str, Any]]] = {}
    for group in await everything(api, "alert_groups"):
        found.setdefault(names[group["integration_id"]], []).append(group)
    return found


async def everything(api: Caller, what: str) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = []
    page = 1
    while True:
        answer = await api.get(f"/api/v1/{what}/?page={page}")
        results += answer["results"]
        if answer["next"] is None:
            return results
        page += 1


async def settled(api: Caller, ready: Any) -> dict[str, list[dict[str, Any]]]:
    async with asyncio.timeout(60):
        while True:
            found = await groups_by_type(api)
            if all(ready(one, found.get(one.slug, [])) for one in TYPES):
                return found
            await asyncio.sleep(0.1)


async def test_every_type_opens_a_group_with_a_name_and_resolves_it(stack: Stack) -> None:
    await stack.start(CONFIGURATION)
    async with calling(stack) as api:
        for kind in TYPES:
            await sent(stack, api, kind, kind.example_firing)
        opened = await settled(api, lambda _, groups: any(one["state"] == "firing" for one in groups))
        for kind in TYPES:
            title = opened[kind.slug][0]["title"]
            assert title, kind.slug
            assert title not in (kind.slug, kind.title, "Incident", "Alert", f"Alert from {kind.slug}"), title

        resolving = [one for one in TYPES if one.example_resolved is not None]
        for kind in resolving:
            await sent(stack, api, kind, kind.example_resolved)
        over = await settled(
            api,
            lambda kind, groups: (
                kind.example_resolved is None or [one["state"] for one in groups] == ["resolved"]
            ),
        )
        assert {one.slug for one in resolving} <= set(over)
        assert len(resolving) >= 50
    assert (await stack.command("deadletter", "list", "-q")).strip() == ""
