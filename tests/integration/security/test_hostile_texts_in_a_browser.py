"""All pages full of hostile texts in a real browser: nothing runs, is loaded from elsewhere, or has to be blocked.

Blocked would mean that markup of somebody else's came as far as the browser, and that only the policy kept it out.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import quote

import pytest
import pytest_asyncio
from playwright.async_api import BrowserContext, Page, Route, expect

from deploy.local.servers import Servers
from tests.integration.api.acting_running import a_person, acting_api
from tests.integration.api.api_running import RunningApi
from tests.integration.console.browsing import by_token
from tests.integration.security.access import PAGE_ACCESS
from tests.integration.security.hostile_house import EVIL, MARK, MARKDOWN, hostile_house
from tests.integration.security.places import address_of
from tests.support.browser import Window, a_browser, a_window

pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]
STREAMS = ("/live/groups", "/live/pipeline")
TRAP = """
window.__blocked = [];
addEventListener("securitypolicyviolation", (event) => window.__blocked.push(event.effectiveDirective));
for (const name of ["alert", "confirm", "prompt"]) window[name] = () => { window.__xss = name; return false; };
"""
PLANTED = '<img src="/nothing.png" onerror="window.__xss=1">'
PATIENCE_MS = 30_000


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def api(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningApi]:
    """An api whose cookie a browser keeps without https."""
    folder = tmp_path_factory.mktemp("browser")
    async with acting_api(servers, folder, public_url="http://127.0.0.1:8080") as running:
        yield running


async def caught(page: Page) -> list[object]:
    """Return what ran or was blocked since the page was loaded."""
    ran, blocked = await page.evaluate("[window.__xss ?? null, window.__blocked]")
    return [*([ran] if ran is not None else []), *blocked]


async def prepare(context: BrowserContext, api: RunningApi, cookie: str) -> list[str]:
    """Sign a window in and set the trap; return the list that fills with what is asked of other hosts."""
    name, _, value = cookie.partition("=")
    await context.add_cookies([{"name": name, "value": value, "url": api.url}])
    await context.add_init_script(TRAP)
    elsewhere: list[str] = []

    async def refuse(route: Route) -> None:
        elsewhere.append(route.request.url)
        await route.abort()

    await context.route(lambda url: not url.startswith(f"{api.url}/"), refuse)
    return elsewhere


async def test_nothing_of_what_others_wrote_runs_on_any_page(api: RunningApi):
    ids = await hostile_house(api)
    cookie = (await by_token(api, await a_person(api, role="admin", name=EVIL))).cookie
    gets = [
        address_of(path, ids)
        for method, path in sorted(PAGE_ACCESS)
        if method == "GET" and path not in STREAMS
    ]
    gets += [
        f"/alert-groups?state=acknowledged&q={quote(EVIL[:40])}",
        f"/schedules/{ids['calendars']}?view=month",
        f"/escalation-chains/{ids['escalation_chains']}?at=2026-01-04T03:00&payload={quote(EVIL)}",
        f"/integrations/{ids['integrations']}/playground?alert={ids['alerts']}",
    ]
    async with a_browser() as browser, a_window(browser, api.url) as window:
        elsewhere, found = await prepare(window.context, api, cookie), {}
        for path in gets:
            page = await window.go(path)
            found[path] = await caught(page)
        found |= await pieces(window, ids)
        assert {path: one for path, one in found.items() if one} == {}
        assert elsewhere == []


async def pieces(window: Window, ids: dict[str, str]) -> dict[str, list[object]]:
    """Have scripts put pieces into pages: gaps of a schedule, the outcome of an action, a result of the playground."""
    found = {}
    page = await window.go(f"/schedules/{ids['schedules']}")
    await expect(page.locator(".health-facts").first).to_be_visible(timeout=PATIENCE_MS)
    found["gaps"] = await caught(page)

    page = await window.go("/alert-groups?state=acknowledged")
    row = page.locator(f"#row-{ids['alert_groups']}")
    await row.get_by_role("button", name="Unacknowledge").click()
    await expect(row.locator(".state")).to_have_text("firing", timeout=PATIENCE_MS)
    found["outcome"] = await caught(page)

    page = await window.go(f"/integrations/{ids['integrations']}/playground?alert={ids['alerts']}")
    for part in ("title", "message"):
        field = page.locator(f"[name='t.web.{part}']")
        await field.evaluate("(one) => one.closest('details')?.setAttribute('open', '')")
        await field.fill(f"typed {part} {MARKDOWN}")
    await expect(page.locator("#result")).to_contain_text("typed message", timeout=PATIENCE_MS)
    await expect(page.locator("#result")).to_contain_text(MARK)
    found["playground"] = await caught(page)
    return found


async def test_markup_that_did_come_through_would_be_blocked_and_seen(api: RunningApi):
    """Otherwise the test above could not fail."""
    cookie = (await by_token(api, await a_person(api))).cookie
    async with a_browser() as browser:
        context = await browser.new_context()
        await prepare(context, api, cookie)
        page = await context.new_page()
        await page.goto(f"{api.url}/users")
        await page.evaluate(f"document.body.insertAdjacentHTML('beforeend', {PLANTED!r})")
        await page.wait_for_function("window.__blocked.length > 0", timeout=PATIENCE_MS)
        assert await page.evaluate("window.__xss ?? null") is None
        await context.close()
