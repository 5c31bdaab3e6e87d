"""A chain is built and simulated, and an override is pulled across a schedule's picture, in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from tests.e2e.story import CONFIGURATION
from tests.e2e.test_console import sign_in
from tests.support.browser import DESKTOP, PHONE, a_browser, a_window
from tests.support.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(480)]
ADMIN = CONFIGURATION.replace("username: alice\n", "username: alice\n    role: admin\n")


async def build_a_chain(page: Page) -> str:
    """Build a chain by clicking; return its path."""
    await page.get_by_role("link", name="Escalation chains").first.click()
    await page.get_by_text("New escalation chain").click()
    await page.get_by_label("Name").fill("Nights")
    await page.get_by_role("button", name="Create it").click()
    await page.get_by_role("link", name="Certain people, all at once").click()
    await page.get_by_label("People 1").fill("bob")
    await page.get_by_label("important").check()
    await page.get_by_role("button", name="Add the step").click()
    await page.get_by_text("Add a step", exact=True).click()
    await page.get_by_role("link", name="For a while").click()
    await page.get_by_label("How long").fill("10")
    await page.get_by_label("Place").select_option("before step 1")
    await page.get_by_role("button", name="Add the step").click()
    sentences = page.locator(".chain-steps .sentence")
    await expect(sentences).to_have_text(["Wait 10 minutes", "Page bob, important"])
    return page.url.partition("?")[0].partition("://")[2].partition("/")[2]


async def simulate(page: Page) -> None:
    """Ask who would be paged at a time, and read it."""
    await page.get_by_label("At (UTC)").fill("2027-01-03T03:00")
    await page.get_by_role("button", name="Simulate").click()
    await expect(page.locator(".played .page", has_text="bob").first).to_contain_text("Sun 03 Jan 03:10")
    await expect(page).to_have_url(re.compile("at=2027-01-03T03"))


async def make_a_schedule(page: Page) -> str:
    """Make a schedule with one layer; return its path."""
    await page.get_by_role("link", name="Schedules").first.click()
    await page.get_by_role("link", name="New schedule", exact=True).click()
    await page.get_by_label("Name").fill("Primary")
    await page.get_by_role("button", name="Create it").click()
    await page.get_by_label("Turn 1").fill("alice")
    await page.get_by_label("The first turn begins (UTC)").fill("2027-01-04T09:00")
    await page.get_by_role("button", name="Add the layer").click()
    await expect(page.get_by_role("heading", name="Primary", exact=True)).to_be_visible()
    return page.url.partition("?")[0].partition("://")[2].partition("/")[2]


async def pull_an_override(page: Page) -> None:
    """Pull from Wednesday to Friday across the picture, and create what the form then has."""
    strip = page.locator("[data-strip]").first
    box = await strip.bounding_box()
    assert box is not None
    day = box["width"] / 7
    await page.mouse.move(box["x"] + 2 * day + 2, box["y"] + 60)
    await page.mouse.down()
    await page.mouse.move(box["x"] + 3.5 * day, box["y"] + 60)
    await page.mouse.move(box["x"] + 5 * day - 2, box["y"] + 60)
    await page.mouse.up()
    form = page.locator("#override")
    await expect(form.get_by_label("From")).to_have_value("2027-01-06T00:00")
    await expect(form.get_by_label("To")).to_have_value("2027-01-09T00:00")
    await form.get_by_label("On call 1").fill("bob")
    await form.get_by_role("button", name="Create the override").click()
    await expect(page.locator(".shift.override")).to_contain_text("bob")
    await expect(page.locator(".shift.final", has_text="bob")).to_have_count(1)


@pytest.mark.deep
async def test_a_chain_is_built_and_simulated_and_an_override_is_pulled_across_a_picture(stack: Stack):
    await stack.start(ADMIN)
    password = (await stack.command("password", "set", "alice", "--generate")).strip()
    async with a_browser() as browser:
        async with a_window(browser, stack.url("api")) as window:
            page = await sign_in(window, password)
            chain = await build_a_chain(page)
            await simulate(page)
            schedule = await make_a_schedule(page)
            await window.go(f"/{schedule}?from=2027-01-04")
            await pull_an_override(page)
            state = await window.context.storage_state()
        paths = (
            f"/{chain}?add=notify_if_time_from_to",
            f"/{schedule}?from=2027-01-04&health=yes",
            f"/{schedule}?view=month&from=2027-01-04",
            f"/{schedule}/layers/new",
        )
        faults = {}
        for size, dark in ((PHONE, True), (DESKTOP, False)):
            async with a_window(browser, stack.url("api"), size, dark, storage_state=state) as window:
                for path in paths:
                    await window.go(path)
                    faults[f"{path} {size['width']}"] = await window.faults()
                    assert await window.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
                        path
                    )
    assert {path: found for path, found in faults.items() if found} == {}
