"""The console in a real browser: an alert arrives while somebody looks, and is acknowledged by key and on a phone."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Page, Route, expect

from tests.e2e import furnished
from tests.e2e.story import CONFIGURATION, WEB_TOKEN, calling
from tests.support.browser import DESKTOP, PHONE, Window, a_browser, a_window
from tests.support.house import until
from tests.support.stack import Stack
from tests.support.tour import tour

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(480)]
PATIENCE_MS = 30_000


async def fire(stack: Stack, name: str, **more: Any) -> None:
    url = f"{stack.url('receiver')}/integrations/v1/webhook/{WEB_TOKEN}/"
    body = {"alert_uid": name, "title": f"Disk of {name} full", "message": "**97 %** used", **more}
    async with aiohttp.ClientSession() as client, client.post(url, json=body) as answer:
        assert answer.status in (200, 202)


async def continued(route: Route, when: asyncio.Event) -> None:
    """Let a request go on once something has happened."""
    await when.wait()
    await route.continue_()


async def is_paging(stack: Stack) -> bool:
    """Whether somebody is being paged: the chain waits then, and nothing more is told of the group by itself."""
    headers = {"Authorization": f"Bearer {stack.token}"}
    url = f"{stack.url('api')}/api/v1/deliveries"
    async with aiohttp.ClientSession(headers=headers) as client, client.get(url) as answer:
        return bool((await answer.json())["results"])


async def sign_in(window: Window, password: str) -> Page:
    page = await window.go("/")
    await page.get_by_label("Username").fill("alice")
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await expect(page.get_by_role("heading", name="Alert groups")).to_be_visible()
    return page


async def test_an_alert_arrives_while_somebody_looks_and_is_acknowledged_by_key_and_on_a_phone(stack: Stack):
    await stack.start(CONFIGURATION)
    password = (await stack.command("password", "set", "alice", "--generate")).strip()
    async with a_browser() as browser:
        async with a_window(browser, stack.url("api")) as desk:
            # The feed opens only after the alert came: nothing will ever tell of what happened before.
            feed = asyncio.Event()
            await desk.context.route("**/live/groups", lambda route: continued(route, feed))
            page = await sign_in(desk, password)
            await fire(stack, "db1")
            await until(lambda: is_paging(stack), what="somebody is being paged")
            row = page.locator(".row", has_text="Disk of db1 full")
            await expect(row).to_have_count(0)
            feed.set()
            await expect(row).to_contain_text("Alice, then Bob", timeout=PATIENCE_MS)
            await expect(page.locator(".card.firing strong")).to_have_text("1", timeout=PATIENCE_MS)

            await page.keyboard.press("j")
            await expect(row).to_be_focused()
            await page.keyboard.press("a")
            await expect(row.locator(".state")).to_have_text("acknowledged", timeout=PATIENCE_MS)
            await page.get_by_role("button", name="Undo").click()
            await expect(row.locator(".state")).to_have_text("firing", timeout=PATIENCE_MS)

            # Whoever works in the list keeps his place until he asks for what is new.
            await row.locator(".pick input").check()
            assert await desk.faults() == []
            await fire(stack, "db2")
            await page.get_by_role("button", name="Show what is new").click(timeout=PATIENCE_MS)
            await expect(page.locator(".row", has_text="Disk of db2 full")).to_be_visible()
            state = await desk.context.storage_state()

        async with a_window(browser, stack.url("api"), PHONE, dark=True, storage_state=state) as phone:
            page = await phone.go("/alert-groups")
            await page.get_by_role("link", name="Disk of db1 full").click()
            await page.get_by_role("button", name="Acknowledge", exact=True).click()
            await expect(page.locator(".group-head .state")).to_have_text("acknowledged", timeout=PATIENCE_MS)
            await expect(page.locator(".story")).to_contain_text("acknowledged", timeout=PATIENCE_MS)
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert await phone.faults() == []
            await page.get_by_role("link", name="Trace").first.click()
            await expect(page.locator(".waterfall")).to_contain_text("router")
        async with calling(stack) as api:
            await api.the_group("acknowledged", title="db1")


@pytest.mark.deep
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("size", "dark"),
    [pytest.param(PHONE, True, id="phone, dark"), pytest.param(DESKTOP, False, id="desktop, light")],
)
async def test_every_page_can_be_used_by_everybody(stack: Stack, size: dict[str, int], dark: bool):
    await stack.start(furnished.CONFIGURATION)
    password = (await stack.command("password", "set", "alice", "--generate")).strip()
    await furnished.furnish(stack)
    url = stack.url("api")
    async with a_browser() as browser:
        async with a_window(browser, url) as first:
            faults = {"/sign-in": await _faults(first, "/sign-in")}
            page = await sign_in(first, password)
            link = await furnished.password_link(page, url)
            paths = await tour(first)
            state = await first.context.storage_state()
        assert paths.keys() >= furnished.whole_pages()
        async with a_window(browser, url, size, dark, storage_state=state) as window:
            for path in (*paths.values(), link):
                faults[path] = await _faults(window, path)
    assert {path: found for path, found in faults.items() if found} == {}


async def test_pages_are_read_and_groups_acknowledged_without_scripts(stack: Stack):
    await stack.start(CONFIGURATION)
    password = (await stack.command("password", "set", "alice", "--generate")).strip()
    await fire(stack, "db1")
    async with calling(stack) as api:
        await api.the_group("firing")
    async with (
        a_browser() as browser,
        a_window(browser, stack.url("api"), java_script_enabled=False) as window,
    ):
        page = await sign_in(window, password)
        await page.locator(".row").get_by_role("button", name="Acknowledge").click()
        await expect(page.locator(".row .state")).to_have_text("acknowledged")


async def _faults(window: Window, path: str) -> list[str]:
    await window.go(path)
    return await window.faults()
