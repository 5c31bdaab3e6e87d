"""Requests of the command line to the api and the receiver."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Annotated, Any

import aiohttp
import orjson
import typer

from shared.command.failure import CommandFailed
from shared.command.settings import Access, access

Url = Annotated[str | None, typer.Option("--url", help="base URL of the api [TOCSIN_API_URL]")]
Token = Annotated[str | None, typer.Option("--api-token", help="API token [TOCSIN_API_TOKEN]")]
Timeout = Annotated[float, typer.Option("--timeout", help="seconds to wait for an answer")]
TIMEOUT_S = 30.0
# A name may stand several times.
Query = dict[str, str] | list[tuple[str, str]]


@dataclass(frozen=True)
class Answer:
    """What was answered; `data` is the decoded JSON, or the text when it is none."""

    status: int
    data: Any


class ApiClient:
    """Talks to one api with one token."""

    def __init__(self, reach: Access, timeout_s: float = TIMEOUT_S) -> None:
        self._reach = reach
        self._timeout_s = timeout_s

    @classmethod
    def of(cls, url: str | None, token: str | None, timeout_s: float = TIMEOUT_S) -> ApiClient:
        """Return a client for what was given on the command line or found around it."""
        return cls(access(url, token), timeout_s)

    def get(self, path: str, **query: str) -> Any:
        """Return the JSON of a GET.

        Raises:
            CommandFailed: no answer, or an error; the message is the api's.
        """
        return self._checked(self.request("GET", path, query=query))

    def post(self, path: str, body: Any = None) -> Any:
        """Return the JSON of a POST; raises like `get`."""
        return self._checked(self.request("POST", path, body))

    def delete(self, path: str) -> None:
        """Make a DELETE; raises like `get`."""
        self._checked(self.request("DELETE", path))

    def page(self, path: str, query: list[tuple[str, str]]) -> list[Any]:
        """Return one page of a list whose filters may stand several times; raises like `get`."""
        found: list[Any] = self._checked(self.request("GET", path, query=query))["results"]
        return found

    def all(self, path: str, **query: str) -> list[Any]:
        """Return everything that a list holds, page by page; raises like `get`."""
        found: list[Any] = []
        number, pages = 0, 1
        while number < pages:
            number += 1
            page = self.get(path, **query, page=str(number))
            found += page["results"]
            pages = page["total_pages"]
        return found

    def request(self, method: str, path: str, body: Any = None, query: Query | None = None) -> Answer:
        """Make one request to the api; any status is an answer.

        Raises:
            CommandFailed: there was no answer.
        """
        headers = {"Authorization": f"Bearer {self._reach.token}"} if self._reach.token else {}
        return send(method, self._reach.url + path, body, headers, query, self._timeout_s)

    def _checked(self, answer: Answer) -> Any:
        if answer.status in (401, 403):
            hint = "" if self._reach.token else " (no token is given: TOCSIN_API_TOKEN or --api-token)"
            raise CommandFailed(f"{self._reach.url}: {said(answer)}{hint}")
        if answer.status >= 400:
            raise CommandFailed(said(answer))
        return answer.data


def send(
    method: str,
    url: str,
    body: Any = None,
    headers: dict[str, str] | None = None,
    query: Query | None = None,
    timeout_s: float = TIMEOUT_S,
) -> Answer:
    """Make one request with a JSON body, or none.

    Raises:
        CommandFailed: there was no answer.
    """
    return asyncio.run(_send(method, url, body, headers or {}, query or {}, timeout_s))


async def _send(
    method: str, url: str, body: Any, headers: dict[str, str], query: Query, timeout_s: float
) -> Answer:
    data = orjson.dumps(body) if body is not None else None
    headers = {**headers, "Content-Type": "application/json"} if data is not None else headers
    timeout = aiohttp.ClientTimeout(total=timeout_s)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as client,
            client.request(method, url, data=data, headers=headers, params=query) as response,
        ):
            text = await response.read()
            return Answer(response.status, _decoded(text))
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise CommandFailed(f"{url} does not answer: {str(error) or type(error).__name__}") from error


def said(answer: Answer) -> str:
    """Return the sentence of an error answer."""
    if isinstance(answer.data, dict) and "detail" in answer.data:
        return str(answer.data["detail"])
    if answer.status == 400 and isinstance(answer.data, dict):
        return "; ".join(f"{field}: {' '.join(map(str, texts))}" for field, texts in answer.data.items())
    return f"{answer.status}: {answer.data}"


def _decoded(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text.decode(errors="replace")
