"""A receiver of events that checks every signature with the scheme's own library, and answers as it is told."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

Reply = int | tuple[int, dict[str, str]]


@dataclass
class Post:
    """One request as it arrived, and how it was answered."""

    path: str
    headers: dict[str, str]
    body: bytes
    status: int

    @property
    def id(self) -> str:
        """The id by which a repeat of the request is known."""
        return self.headers["webhook-id"]

    @property
    def events(self) -> list[str]:
        """The ids of its events."""
        found = json.loads(self.body)
        return [one["id"] for one in (found if isinstance(found, list) else [found])]


@dataclass
class EventReceiver:
    """Answers 200, at a path in `replies` with what is there, in order; while it is not `answering` requests wait."""

    secret: str = ""
    replies: dict[str, list[Reply]] = field(default_factory=dict)
    posts: list[Post] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    held: set[str] = field(default_factory=set)
    came: dict[str, int] = field(default_factory=dict)
    answering: asyncio.Event = field(default_factory=asyncio.Event)

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=10_000_000)
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self.answering.set()
        await self._runner.cleanup()

    def at(self, path: str) -> list[Post]:
        """Return the requests that came to a path and were answered."""
        return [one for one in self.posts if one.path == path]

    def taken(self, path: str) -> list[str]:
        """Return the ids of the events that were taken at a path, in the order in which they came."""
        return [id for one in self.at(path) if one.status < 300 for id in one.events]

    async def _answer(self, request: web.Request) -> web.Response:
        body = await request.read()
        path = request.path
        self.came[path] = self.came.get(path, 0) + 1
        if path in self.held:
            await self.answering.wait()
        waiting = self.replies.get(path)
        given: Reply = waiting.pop(0) if waiting else 200
        status, headers = given if isinstance(given, tuple) else (given, {})
        kept = {name.lower(): value for name, value in request.headers.items()}
        self._check(kept, body)
        self.posts.append(Post(path, kept, body, status))
        return web.Response(status=status, headers=headers, text="" if status < 300 else "<b>no</b>")

    def _check(self, headers: dict[str, str], body: bytes) -> None:
        if not self.secret:
            return
        try:
            Webhook(self.secret).verify(body.decode(), headers)
        except WebhookVerificationError as error:
            self.faults.append(str(error))


def an_event(name: str, type: str = "group.opened.v1", integration_id: str = "C1", **data: Any) -> Any:
    """Return an event as the journal keeps it."""
    return {
        "specversion": "1.0",
        "id": name,
        "source": "/tocsin/grouper/g1",
        "type": type,
        "time": "2026-01-05T12:00:00Z",
        "data": {"group": {"id": "I1", "integration_id": integration_id}, **data},
    }
