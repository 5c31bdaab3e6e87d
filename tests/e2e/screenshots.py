"""`make screenshots`: every page of the console, light and dark, on a desk and on a phone, as pictures to look at."""

from __future__ import annotations

import argparse
import asyncio
import re
import tempfile
from pathlib import Path

from deploy.local.servers import LocalServers
from tests.e2e.furnished import CONFIGURATION, furnish, password_link, whole_pages
from tests.support.browser import DESKTOP, PHONE, a_browser, a_window
from tests.support.smtp_double import SmtpDouble
from tests.support.stack import Stack
from tests.support.tour import tour

LOOKS = {
    "desktop": (DESKTOP, False),
    "desktop-dark": (DESKTOP, True),
    "phone": (PHONE, False),
    "phone-dark": (PHONE, True),
}


async def shoot(folder: Path) -> int:
    """Run everything, let a few alerts arrive, and write the pictures; return how many there are."""
    with tempfile.TemporaryDirectory(prefix="tocsin-screenshots-") as place:
        servers = LocalServers(Path(place) / "servers")
        servers.start()
        try:
            async with SmtpDouble() as smtp:
                mail = {"TOCSIN_SMTP_HOST": smtp.host, "TOCSIN_SMTP_PORT": str(smtp.port)}
                stack = Stack(
                    servers.rabbit.amqp_url(), servers.mongo.url(), Path(place) / "stack", settings=mail
                )
                try:
                    await stack.start(CONFIGURATION)
                    return await _shots(stack, folder)
                finally:
                    await stack.stop()
        finally:
            servers.destroy()


async def _shots(stack: Stack, folder: Path) -> int:
    await furnish(stack)
    password = (await stack.command("password", "set", "alice", "--generate")).strip()
    url, count = stack.url("api"), 0
    async with a_browser() as browser:
        async with a_window(browser, url) as first:
            page = await first.go("/")
            await page.get_by_label("Username").fill("alice")
            await page.get_by_label("Password").fill(password)
            await page.get_by_role("button", name="Sign in", exact=True).click()
            await page.wait_for_url("**/alert-groups")
            outside = {"/sign-in": "/sign-in", "/set-password": await password_link(page, url)}
            inside = await tour(first)
            assert inside.keys() >= whole_pages(), whole_pages() - inside.keys()
            state = await first.context.storage_state()
        for look, (size, dark) in LOOKS.items():
            for paths, storage in ((inside, state), (outside, None)):
                async with a_window(browser, url, size, dark, storage_state=storage) as window:
                    for template, path in paths.items():
                        page = await window.go(path)
                        await page.screenshot(path=folder / f"{_name(template)}.{look}.png", full_page=True)
                        count += 1
    return count


def _name(template: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", template).strip("-") or "start"


def main() -> None:
    """Parse the options and run."""
    parser = argparse.ArgumentParser(prog="screenshots")
    parser.add_argument("folder", type=Path, nargs="?", default=Path(".tocsin/screenshots"))
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    print(f"{asyncio.run(shoot(folder))} pictures in {folder}")


if __name__ == "__main__":
    main()
