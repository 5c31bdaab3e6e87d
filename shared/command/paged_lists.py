"""Reads whole lists of another product's API, page by page, and waits when it is asked to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson

from shared.command.failure import CommandFailed
from shared.command.output import plain

BUSY = 429
UNAVAILABLE = (500, 502, 503, 504)
# After a failure it is tried again so often, after so many seconds; an answer may say another time.
WAITS_S = (1.0, 2.0, 4.0, 8.0)
# So often in a row it waits because it was asked to, each time at most so long.
MOST_LIMITED = 30
LONGEST_WAIT_S = 300.0
MOST_PAGES = 10_000
# So much of an answer that cannot be used is shown.
SHOWN_CHARS = 200
Row = dict[str, Any]


@dataclass(frozen=True)
class Answered:
    """One answer: status, headers, the whole body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class PagedLists:
    """The lists of one API. The token goes to its address alone: no link and no redirect is followed.

    `tell` is told in a sentence whenever it waits. Use as an async context manager.
    """

    def __init__(
        self, base: str, headers: Mapping[str, str], timeout_s: float, tell: Callable[[str], None]
    ) -> None:
        self._base = base
        self._headers = dict(headers)
        self._timeout_s = timeout_s
        self._tell = tell

    async def __aenter__(self) -> PagedLists:
        timeout = aiohttp.ClientTimeout(total=self._timeout_s)
        self._client = aiohttp.ClientSession(timeout=timeout, headers=self._headers)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()

    async def rows(self, name: str) -> list[Row] | None:
        """Return everything that a list holds; None: there is no such list.

        Raises:
            CommandFailed: no answer, or none that can be used; the sentence says which list.
        """
        found: list[Row] = []
        for number in range(1, MOST_PAGES + 1):
            answer = await self._answer(name, number)
            if answer.status == 404 and number == 1:
                return None
            page = self._page(name, answer)
            found += page["results"]
            if not page.get("next"):
                return found
        raise CommandFailed(f"{self._base}{name}/ has more than {MOST_PAGES} pages")

    async def _answer(self, name: str, number: int) -> Answered:
        """Return the answer for one page, asked for again while the API is busy or not well."""
        failures = limited = 0
        while True:
            found = await self._tried(name, number)
            if isinstance(found, Answered) and found.status not in (BUSY, *UNAVAILABLE):
                return found
            asked_s = asked_to_wait_s(found.headers) if isinstance(found, Answered) else None
            if isinstance(found, Answered) and found.status == BUSY and asked_s is not None:
                limited += 1
                if limited <= MOST_LIMITED:
                    await self._wait(f"the limit of requests is reached at {name}", asked_s)
                    continue
            why = f"it answers {found.status}" if isinstance(found, Answered) else found
            if failures == len(WAITS_S):
                raise CommandFailed(f"{self._base}{name}/ cannot be read: {why}")
            wait_s = WAITS_S[failures] if asked_s is None else asked_s
            await self._wait(f"{self._base}{name}/: {why}", wait_s)
            failures += 1

    async def _tried(self, name: str, number: int) -> Answered | str:
        """Return what was answered, or why nothing was."""
        try:
            return await self._get(name, number)
        except (aiohttp.InvalidURL, ValueError) as error:
            raise CommandFailed(f"{self._base}{name}/ cannot be asked for: {error}") from error
        except (aiohttp.ClientError, TimeoutError) as error:
            return str(error) or type(error).__name__

    async def _get(self, name: str, number: int) -> Answered:
        query = {"page": str(number)}
        url = f"{self._base}{name}/"
        async with self._client.get(url, params=query, allow_redirects=False) as response:
            return Answered(response.status, response.headers, await response.read())

    async def _wait(self, why: str, wait_s: float) -> None:
        if wait_s > LONGEST_WAIT_S:
            raise CommandFailed(f"{why}, for {wait_s:g} s: try again later")
        self._tell(f"{why}: waiting {wait_s:g} s")
        await asyncio.sleep(wait_s)

    def _page(self, name: str, answer: Answered) -> Row:
        url = f"{self._base}{name}/"
        if answer.status in (401, 403):
            raise CommandFailed(f"{url} refuses the token: {_shown(answer)}")
        if 300 <= answer.status < 400:
            leads = plain(answer.headers.get("Location", "nowhere"))
            raise CommandFailed(f"{url} leads to {leads}, which is not followed: give the address behind it")
        if answer.status != 200:
            raise CommandFailed(f"{url} answers {answer.status}: {_shown(answer)}")
        try:
            page = orjson.loads(answer.body)
        except orjson.JSONDecodeError:
            page = None
        results = page.get("results") if isinstance(page, dict) else None
        if not isinstance(results, list) or not all(isinstance(one, dict) for one in results):
            raise CommandFailed(f"{url} does not answer with a list: is the address right? {_shown(answer)}")
        assert isinstance(page, dict)
        return page


def asked_to_wait_s(headers: Mapping[str, str]) -> float | None:
    """Return after how many seconds an answer asks to be asked again, None when it does not say."""
    for name in ("Retry-After", "RateLimit-Reset"):
        text = headers.get(name, "")
        if text.isascii() and text.isdigit():
            return float(text)
    return None


def _shown(answer: Answered) -> str:
    return plain(answer.body[:SHOWN_CHARS].decode(errors="replace"))
