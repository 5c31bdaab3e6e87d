"""Pages of lists, in the shape that existing clients count or follow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aiohttp import web
from yarl import URL

from services.api.refusals import Refused

MAX_PER_PAGE = 100


@dataclass(frozen=True)
class Page:
    """The page that a request asks for: `number` from 1, `size` rows."""

    number: int
    size: int

    def within(self, count: int) -> Page:
        """Return the page that is answered: beyond the end it is the last one."""
        return Page(min(self.number, self.pages(count)), self.size)

    def pages(self, count: int) -> int:
        """Return how many pages `count` rows fill; no rows fill one."""
        return max(1, -(-count // self.size))

    @property
    def skip(self) -> int:
        """How many rows come before it."""
        return (self.number - 1) * self.size


def asked_page(request: web.Request, default_size: int) -> Page:
    """Return the page that `page` and `perpage` ask for.

    Raises:
        Refused: 404 for a page that is not a number from 1, as clients of paged lists expect.
    """
    number = _number(request.query.get("page"), 1)
    size = _number(request.query.get("perpage"), default_size)
    if number is None:
        raise Refused.because(404, "Invalid page.")
    return Page(number, min(size or default_size, MAX_PER_PAGE))


def page_body(request: web.Request, page: Page, count: int, results: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the answer; `next` and `previous` are reachable under the address that the client used."""
    total = page.pages(count)
    return {
        "count": count,
        "next": _link(request, page.number + 1) if page.number < total else None,
        "previous": _link(request, page.number - 1) if page.number > 1 else None,
        "results": results,
        "current_page_number": page.number,
        "page_size": page.size,
        "total_pages": total,
    }


def _link(request: web.Request, number: int) -> str:
    url = URL(str(request.url)).update_query(page=str(number))
    forwarded = request.headers.get("X-Forwarded-Proto", "")
    return str(url.with_scheme(forwarded) if forwarded in ("http", "https") else url)


def _number(text: str | None, default: int) -> int | None:
    if text is None:
        return default
    return int(text) if text.isdecimal() and text.isascii() and 0 < len(text) < 10 and int(text) > 0 else None
