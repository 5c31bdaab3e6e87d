"""A walk over the console's pages as its links lead: one address for each page that somebody can get to."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from tests.support.browser import Window
from tests.support.endpoints import pages

LINKS = "[...document.querySelectorAll('a[href]')].map((one) => one.getAttribute('href'))"


async def tour(window: Window, start: str = "/alert-groups") -> dict[str, str]:
    """Return an address by page template, of every page that links lead to from `start`."""
    templates = {one: _pattern(one) for method, one in pages() if method == "GET"}
    found: dict[str, str] = {}
    waiting = [start]
    while waiting:
        path = waiting.pop(0)
        template = next((one for one, pattern in templates.items() if pattern.fullmatch(_plain(path))), None)
        if template is None or template in found:
            continue
        found[template] = path
        page = await window.go(path)
        hrefs: list[str] = await page.evaluate(LINKS)
        waiting += [one for one in hrefs if one.startswith("/") and not one.startswith("//")]
    return found


def _plain(path: str) -> str:
    return urlsplit(path).path.rstrip("/") or "/"


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"(\{[^}]*\})", template)
    return re.compile("".join("[^/]+" if one.startswith("{") else re.escape(one) for one in parts))
