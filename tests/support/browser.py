"""A real Chromium, driven by Playwright: no page may log an error, and axe-core may find no serious fault."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, async_playwright

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"),
]
# The faults that keep somebody from using a page.
SERIOUS = ("serious", "critical")


@asynccontextmanager
async def a_browser() -> AsyncIterator[Browser]:
    """Start Debian's Chromium and end it again."""
    found = shutil.which("chromium")
    assert found is not None, "make system-test installs chromium"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=FLAGS)
        try:
            yield browser
        finally:
            await browser.close()


class Window:
    """One window of one person, with everything that went wrong in it."""

    def __init__(self, context: BrowserContext, page: Page, url: str) -> None:
        self.context = context
        self.page = page
        self.url = url
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._heard)

    async def go(self, path: str) -> Page:
        """Load a page."""
        answer = await self.page.goto(self.url + path)
        assert answer is not None
        assert answer.status == 200, f"{path}: {answer.status}"
        return self.page

    async def faults(self) -> list[str]:
        """Return the serious faults of the page as it is shown now."""
        await self.page.evaluate(AXE.read_text())
        found: dict[str, Any] = await self.page.evaluate("axe.run()")
        return [
            f"{one['id']}: {[node['html'][:160] for node in one['nodes']]}"
            for one in found["violations"]
            if one["impact"] in SERIOUS
        ]

    def _heard(self, message: Any) -> None:
        if message.type == "error":
            self.errors.append(message.text)


@asynccontextmanager
async def a_window(
    browser: Browser, url: str, size: dict[str, int] = DESKTOP, dark: bool = False, **more: Any
) -> AsyncIterator[Window]:
    """Open a window; at its end nothing may have gone wrong in it."""
    look = "dark" if dark else "light"
    context = await browser.new_context(viewport=size, color_scheme=look, **more)
    window = Window(context, await context.new_page(), url)
    try:
        yield window
        assert window.errors == []
    finally:
        await context.close()
