"""What all doubles of providers share: a local server that can limit, refuse, break, hang or lose its answer.

A double judges every request by the provider's documented rules; what the provider would refuse is refused and kept
in `violations`, so that a test which expects none fails.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web
from yarl import URL


@dataclass
class Faults:
    """What goes wrong next; each count is used up call by call."""

    limited: int = 0
    retry_after_s: int = 7
    refused: int = 0
    unavailable: int = 0
    broken: int = 0  # 500: nobody knows
    lost_answers: int = 0  # done, but the connection breaks before the answer
    is_hanging: bool = False
    holds_answers: bool = False  # done, but the answer waits for `release`
    is_locked: bool = False  # no credentials are good


@dataclass
class Call:
    """One request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    query: Mapping[str, str] = field(default_factory=dict)


class Violation(Exception):
    """The provider would refuse this request."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body


class HttpDouble:
    """Use as an async context manager. A subclass serves one provider; see `serve` and the answers to faults."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.calls: list[Call] = []
        self.violations: list[str] = []
        self.taken: list[Any] = []  # what was accepted, as the provider keeps it
        self.taken_at: list[float] = []  # when, by the wall clock
        self.holding = 0  # answers that are owed for what was taken
        self._released = asyncio.Event()
        self.url = ""
        self.public, self.local = "", ""  # where callbacks are said to go, and where that is on this machine

    def there(self, url: str) -> URL:
        """Return where a callback URL leads here, exactly as it is written."""
        return URL(url.replace(self.public, self.local, 1) if self.public else url, encoded=True)

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=8 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Be there no more."""
        self.release()
        await self._runner.cleanup()

    @property
    def settings(self) -> dict[str, Any]:
        """The settings that lead to this double."""
        raise NotImplementedError

    def serve(self, call: Call) -> tuple[int, Any]:
        """Do what the provider does; return status and JSON.

        Raises:
            Violation: the provider would refuse it.
        """
        raise NotImplementedError

    def is_opening(self, call: Call) -> bool:
        """Whether a call only opens the way; silence and lost answers are for pages."""
        return False

    def limited(self) -> tuple[int, Any]:
        """The provider's answer to too many requests."""
        return 429, {}

    def refusal(self) -> tuple[int, Any]:
        """The provider's answer to something that will never work."""
        raise NotImplementedError

    def locked(self) -> tuple[int, Any]:
        """The provider's answer to credentials that are not good."""
        return 401, {}

    def hold(self) -> None:
        """From now on take what comes and owe the answer until `release`."""
        self._released.clear()
        self.faults.holds_answers = True

    def release(self) -> None:
        """Go on with what hangs, and hang no more."""
        self.faults.is_hanging = self.faults.holds_answers = False
        self._released.set()

    async def before_answer(self) -> None:
        """What happens between taking something and answering for it."""
        if self.faults.holds_answers:
            await self._released.wait()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        call = Call(request.method, request.path, headers, body, dict(request.query))
        self.calls.append(call)
        is_page = not self.is_opening(call)
        if self.faults.is_hanging and is_page:
            await self._released.wait()
        taken = len(self.taken)
        status, answer = self._faulty() or self._judged(call)
        if len(self.taken) > taken:
            await self._noted()
        if self.faults.lost_answers > 0 and is_page:
            self.faults.lost_answers -= 1
            assert request.transport is not None
            request.transport.abort()
        waits = {"Retry-After": str(self.faults.retry_after_s)} if status == 429 else {}
        if isinstance(answer, str):
            return web.Response(status=status, text=answer, headers=waits)
        return web.json_response(answer, status=status, headers=waits)

    async def _noted(self) -> None:
        self.taken_at.append(time.time())
        self.holding += 1
        try:
            await self.before_answer()
        finally:
            self.holding -= 1

    def _faulty(self) -> tuple[int, Any] | None:
        faults = self.faults
        if faults.is_locked:
            return self.locked()
        for name, answer in (("limited", self.limited), ("refused", self.refusal)):
            if getattr(faults, name) > 0:
                setattr(faults, name, getattr(faults, name) - 1)
                return answer()
        for name, status in (("unavailable", 503), ("broken", 500)):
            if getattr(faults, name) > 0:
                setattr(faults, name, getattr(faults, name) - 1)
                return status, "upstream"
        return None

    def _judged(self, call: Call) -> tuple[int, Any]:
        try:
            return self.serve(call)
        except Violation as error:
            self.violations.append(f"{call.method} {call.path}: {error}")
            return error.status, error.body
