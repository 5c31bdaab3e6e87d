"""A message in hand, in nobody's client library's terms."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any


class Message:
    """A delivered message that is not acknowledged yet; `redelivered`: somebody had it in hand before."""

    __slots__ = ("_acknowledge", "body", "headers", "message_id", "redelivered")

    def __init__(
        self,
        body: bytes,
        headers: Mapping[str, Any],
        message_id: str | None,
        redelivered: bool,
        acknowledge: Callable[[bool], Awaitable[None]],
    ) -> None:
        self.body = body
        self.headers = headers
        self.message_id = message_id
        self.redelivered = redelivered
        self._acknowledge = acknowledge

    async def ack(self, *, multiple: bool = False) -> None:
        """Tell the broker that it is done, or it and all that were delivered before it."""
        await self._acknowledge(multiple)
