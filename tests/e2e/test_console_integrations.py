"""A new user's way in a real browser: an integration, its first alert live, a template, a route; then on a phone."""

from __future__ import annotations

import asyncio
import re

import aiohttp
import pytest
from playwright.async_api import Page, expect

from tests.e2e.story import CONFIGURATION
from tests.e2e.test_console import PATIENCE_MS, sign_in
from tests.support.browser import PHONE, a_browser, a_window
from tests.support.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]
ADMIN = CONFIGURATION.replace("- username: alice\n", "- username: alice\n    role: admin\n")
ALERT = {"alert_uid": "checkout", "title": "Checkout slow", "severity": "critical"}
UPPER = "{{ payload.title | upper }} now"


async def send(url: str) -> None:
    """Send the alert as a tool would; a new URL is known everywhere a moment after it was made."""
    async with asyncio.timeout(30), aiohttp.ClientSession() as client:
        while True:
            async with client.post(url, json=ALERT) as answer:
                if answer.status in (200, 202):
                    return
            await asyncio.sleep(0.2)


async def create(page: Page) -> str:
    """Create a webhook integration by the three steps; return its page's path."""
    await page.get_by_role("link", name="Integrations", exact=True).click()
    await page.get_by_role("link", name="New integration").click()
    await page.get_by_role("searchbox").fill("webhook")
    await expect(page.locator('a.tile[href="/integrations/new/zabbix"]')).to_have_count(0)
    await page.locator('a.tile[href="/integrations/new/webhook"]').click()
    await page.get_by_label("Name", exact=True).fill("Shop checks")
    await page.get_by_label("Escalation chain of its default route").select_option(label="Alice, then Bob")
    await page.get_by_role("button", name="Create the integration").click()
    await expect(page.get_by_role("heading", name="Shop checks")).to_be_visible()
    return page.url.partition("#")[0].removeprefix(page.url.partition("/integrations")[0])


async def edit_a_template(page: Page) -> None:
    await page.get_by_role("link", name="Template playground").click()
    await expect(page.locator("#payload")).to_have_value(re.compile("Checkout slow"))
    field, shown = page.locator("#t-slack-title"), page.locator(".medium.slack .card-title")
    await page.locator("details", has=field).locator("summary").first.click()
    await field.fill("{{ payload.nothing.at_all }}")
    await expect(page.locator("#result .fault")).to_contain_text("slack.title", timeout=PATIENCE_MS)
    await expect(field).to_have_attribute("aria-invalid", "true")
    await field.fill(UPPER)
    await expect(shown).to_have_text("CHECKOUT SLOW now", timeout=PATIENCE_MS)
    await expect(page.locator("#compared")).to_contain_text("1 of the last 1", timeout=PATIENCE_MS)
    await page.get_by_role("button", name="Save the templates").click()
    await expect(page.get_by_text("The templates are saved")).to_be_visible()


async def add_a_route(page: Page, text: str, taken: str) -> None:
    await page.get_by_role("link", name="Add a route").click()
    await page.get_by_label("Template or pattern").fill(text)
    await expect(page.locator("#tried")).to_contain_text(taken, timeout=PATIENCE_MS)
    await page.get_by_role("button", name="Add the route").click()
    await expect(page.locator(".route .condition", has_text=text)).to_be_visible()


@pytest.mark.deep
async def test_a_first_alert_arrives_live_a_template_is_edited_and_a_route_is_added_and_moved(stack: Stack):
    await stack.start(ADMIN)
    password = (await stack.command("password", "set", "alice", "--generate")).strip()
    async with a_browser() as browser:
        async with a_window(browser, stack.url("api")) as desk:
            page = await sign_in(desk, password)
            path = await create(page)
            await expect(page.locator("#first-alert")).to_contain_text("Waiting for the first alert")
            await send(await page.get_by_label("URL to send alerts to").input_value())
            arrived = page.locator("#first-alert").get_by_role("link", name="Checkout slow")
            await expect(arrived).to_be_visible(timeout=PATIENCE_MS)

            await edit_a_template(page)
            await desk.go(path)
            await add_a_route(page, "{{ payload.severity == 'info' }}", "0 of the last 1")
            await add_a_route(page, "{{ payload.severity == 'critical' }}", "1 of the last 1")
            second = page.locator(".route", has_text="critical")
            await second.focus()
            await page.keyboard.press("K")
            await expect(page.locator(".route").first).to_contain_text("critical")
            await expect(page.locator(".route").first).to_be_focused()
            edit = await page.locator(".route").first.get_by_role("link", name="Edit").get_attribute("href")
            state = await desk.context.storage_state()

        paths = ["/integrations", "/integrations/new", "/integrations/new/webhook", path]
        paths += [f"{path}/playground", f"{path}/remove", str(edit)]
        faults = {}
        for size, dark in ((PHONE, True), ({"width": 1280, "height": 900}, False)):
            async with a_window(browser, stack.url("api"), size, dark, storage_state=state) as window:
                for one in paths:
                    page = await window.go(one)
                    faults[f"{one} {size['width']}"] = await window.faults()
                    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), one
        assert {one: found for one, found in faults.items() if found} == {}
