"""A receiver of outgoing webhooks that accepts nothing a strict one would refuse."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web

from shared import clock
from shared.domain.webhook_signature import key_of

TOLERANCE_S = 300


@dataclass
class Call:
    """One call as it arrived."""

    id: str
    method: str
    path: str
    headers: dict[str, str]
    text: str
    status: int

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.text)


@dataclass
class WebhookReceiver:
    """Answers with what is asked for, then with 200; 400 for a request that is not in order.

    `statuses` may hold (status, headers) too. `secrets`: then every call must be signed with one of them. `answers` are
    the bodies by path. What is called while it is not `answering` is taken and waits.
    """

    statuses: list[int | tuple[int, dict[str, str]]] = field(default_factory=list)
    secrets: tuple[str, ...] = ()
    answers: dict[str, str] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    answering: asyncio.Event = field(default_factory=asyncio.Event)
    holding: int = 0  # answers that are owed for what was taken

    def __post_init__(self) -> None:
        self.answering.set()

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self.answering.set()
        await self._runner.cleanup()

    def at(self, path: str) -> list[Call]:
        """Return the calls of one path that were taken, repeats of the same id left out."""
        return list({one.id: one for one in self.calls if one.path == path and one.status < 300}.values())

    async def _answer(self, request: web.Request) -> web.Response:
        text = await request.text()
        fault = self._fault(request, text)
        given = (400 if fault else self.statuses.pop(0)) if fault or self.statuses else 200
        status, headers = given if isinstance(given, tuple) else (given, {})
        if fault:
            self.faults.append(fault)
        id = request.headers.get("Idempotency-Key", "")
        kept = {name.lower(): value for name, value in request.headers.items()}
        self.calls.append(Call(id, request.method, request.path, kept, text, status))
        self.holding += 1
        await self.answering.wait()
        self.holding -= 1
        return web.Response(
            status=status, text=fault or self.answers.get(request.path, "taken"), headers=headers
        )

    def _fault(self, request: web.Request, text: str) -> str:
        if not request.headers.get("Idempotency-Key"):
            return "no Idempotency-Key"
        if request.method in ("POST", "PUT", "PATCH") and request.content_type == "application/json":
            try:
                json.loads(text)
            except ValueError as error:
                return f"the body is not JSON: {error}"
        return self._signature_fault(request, text) if self.secrets else ""

    def _signature_fault(self, request: web.Request, text: str) -> str:
        id, timestamp, given = (
            request.headers.get(f"webhook-{one}", "") for one in ("id", "timestamp", "signature")
        )
        if not timestamp.isdecimal() or abs(clock.now().timestamp() - int(timestamp)) > TOLERANCE_S:
            return f"webhook-timestamp {timestamp!r} is not now"
        content = f"{id}.{timestamp}.{text}".encode()
        digests = [hmac.new(key_of(one), content, hashlib.sha256).digest() for one in self.secrets]
        wanted = [f"v1,{base64.b64encode(one).decode()}" for one in digests]
        return "" if set(wanted) & set(given.split(" ")) else "the signature is wrong"
