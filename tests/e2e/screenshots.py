"""`make screenshots`: every page of the console, light and dark, on a desk and on a phone, as pictures to look at."""

from __future__ import annotations

import argparse
import asyncio
import re
import tempfile
from pathlib import Path
from typing import Any

import aiohttp

from deploy.local.servers import LocalServers
from tests.e2e.story import BOT, CONFIGURATION, WEB_TOKEN, calling
from tests.support.browser import DESKTOP, PHONE, a_browser, a_window
from tests.support.poison import poison
from tests.support.smtp_double import SmtpDouble
from tests.support.stack import Stack
from tests.support.tour import tour

LOOKS = {
    "desktop": (DESKTOP, False),
    "desktop-dark": (DESKTOP, True),
    "phone": (PHONE, False),
    "phone-dark": (PHONE, True),
}
ALERTS = (
    "Disk of db1 is full",
    "Queue of orders grows",
    "Certificate of shop expires",
    "Latency of search is high",
)


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
                    await stack.start(
                        CONFIGURATION.replace("username: alice", "username: alice\n    role: admin") + BOT
                    )
                    return await _shots(stack, folder)
                finally:
                    await stack.stop()
        finally:
            servers.destroy()


async def _shots(stack: Stack, folder: Path) -> int:
    await _events(stack)
    password = (await stack.command("password", "set", "alice", "--generate")).strip()
    count = 0
    async with a_browser() as browser:
        async with a_window(browser, stack.url("api")) as first:
            page = await first.go("/")
            await page.get_by_label("Username").fill("alice")
            await page.get_by_label("Password").fill(password)
            await page.get_by_role("button", name="Sign in", exact=True).click()
            await page.wait_for_url("**/alert-groups")
            paths = await tour(first)
            state = await first.context.storage_state()
        for look, (size, dark) in LOOKS.items():
            async with a_window(browser, stack.url("api"), size, dark, storage_state=state) as window:
                for template, path in paths.items():
                    page = await window.go(path)
                    await page.screenshot(path=folder / f"{_name(template)}.{look}.png", full_page=True)
                    count += 1
    return count


async def _events(stack: Stack) -> None:
    """Let alerts arrive and people act on them."""
    url = f"{stack.url('receiver')}/integrations/v1/webhook/{WEB_TOKEN}/"
    async with aiohttp.ClientSession() as client:
        for number, title in enumerate(ALERTS):
            body: dict[str, Any] = {
                "alert_uid": str(number),
                "title": title,
                "message": "**97 %** for 5 minutes",
            }
            async with client.post(url, json=body) as answer:
                assert answer.status in (200, 202), await answer.text()
    async with calling(stack) as api:
        groups = {title: await api.the_group("firing", title) for title in ALERTS}
        await api.post(f"/api/v1/alert_groups/{groups[ALERTS[1]]['id']}/acknowledge")
        await api.post(f"/api/v1/alert_groups/{groups[ALERTS[2]]['id']}/silence", {"delay": 3600})
        integrations = (await api.get("/api/v1/integrations/"))["results"]
    await poison(stack.environment["TOCSIN_AMQP_URL"], integrations[0]["id"], {"title": "Orders are late"})
    while not (await stack.command("deadletter", "list", "-q")).strip():
        await asyncio.sleep(0.1)


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
