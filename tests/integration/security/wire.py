"""Requests as bytes: what no client library would send, because it tidies up before."""

from __future__ import annotations

import asyncio

from tests.integration.api.api_running import RunningApi

PATIENCE_S = 30.0


async def raw_answer(api: RunningApi, request: str | bytes) -> tuple[int, bytes]:
    """Send bytes (a text as Latin-1) and return the status and the whole answer; the request asks for the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", api.running.port)
    try:
        writer.write(request.encode("latin-1") if isinstance(request, str) else request)
        answered = await asyncio.wait_for(reader.read(), PATIENCE_S)
    finally:
        writer.close()
    return int(answered.split(b" ", 2)[1]), answered
