"""What becomes of a body that was answered before it was read, or that cannot be read.

The HTTP library would read it to its end, unpacking it: 1 MiB of gzip can hold 1 GiB.
"""

from __future__ import annotations

import asyncio

from aiohttp import web


class Skipping(asyncio.Protocol):
    """Takes a connection over and throws away what still comes, as it is, until either side ends it."""

    def __init__(self, before: asyncio.Protocol) -> None:
        self._before = before

    def connection_lost(self, error: Exception | None) -> None:
        """Tell whom the connection belongs to."""
        self._before.connection_lost(error)

    def pause_writing(self) -> None:
        """Tell whoever writes the answer."""
        self._before.pause_writing()

    def resume_writing(self) -> None:
        """Tell whoever writes the answer."""
        self._before.resume_writing()


async def leave_rest(request: web.Request, answer: web.Response) -> None:
    """Have the connection end after `answer` where the rest of the body must not, or cannot, be read."""
    body = request.content
    if body.is_eof() or request.transport is None:
        return
    if body.exception() is not None:
        answer.force_close()
        body.feed_eof()
    elif request.headers.get("Content-Encoding"):
        answer.force_close()
        await answer.prepare(request)
        await answer.write_eof()
        # Hanging up at once would reset the connection, and the answer with it: the library waits up to 10 s.
        request.transport.set_protocol(Skipping(request.protocol))
        request.transport.resume_reading()
