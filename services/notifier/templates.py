"""The templates of webhooks, evaluated in a sandbox that is started when the first webhook is called."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from shared import clock
from shared.domain.webhook_event import WebhookJob, WebhookTexts
from shared.sandbox import Sandbox


class WebhookTemplates:
    """A sandbox that installations without webhooks never pay for. Use as an async context manager."""

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._stack = AsyncExitStack()
        self._starting = asyncio.Lock()
        self._sandbox: Sandbox | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def render(self, job: WebhookJob) -> WebhookTexts:
        """Return the texts of one webhook's request.

        Raises:
            Transient: no worker process can be started.
        """
        async with self._starting:
            if self._sandbox is None:
                self._sandbox = await self._stack.enter_async_context(Sandbox(limit_s=self._limit_s))
        (texts,) = await self._sandbox.webhook([job], clock.now())
        return texts
