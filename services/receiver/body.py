"""Reads request bodies, unpacked, never more than the limit of them in memory."""

from __future__ import annotations

import asyncio

from aiohttp import web

from shared.domain.ingest import Refused

READ_TIMEOUT_S = 30.0
ENCODINGS = ("", "identity", "gzip", "deflate")


async def read(request: web.Request, limit_bytes: int) -> bytes:
    """Return the whole body; gzip and deflate are unpacked piece by piece, so a bomb is refused at the limit.

    Raises:
        Refused: 413 over the limit, 415 for other content encodings, 400 for a broken one, 408 after 30 s.
    """
    encoding = _encoding(request)
    if encoding not in ENCODINGS:
        raise Refused(415, "encoding", f'Unsupported content encoding "{encoding}".', as_json=True)
    if (request.content_length or 0) > limit_bytes:
        raise _too_large(limit_bytes)
    if request.content.is_eof():
        return await _gather(request, limit_bytes)
    try:
        async with asyncio.timeout(READ_TIMEOUT_S):
            return await _gather(request, limit_bytes)
    except TimeoutError as error:
        raise Refused(408, "slow", f"The body did not arrive within {READ_TIMEOUT_S:.0f} s.") from error


async def _gather(request: web.Request, limit_bytes: int) -> bytes:
    body = bytearray()
    try:
        while chunk := await request.content.readany():
            body += chunk
            if len(body) > limit_bytes:
                raise _too_large(limit_bytes)
    except web.RequestPayloadError as error:
        raise Refused(400, "malformed", "The body's encoding is broken.", as_json=True) from error
    except ConnectionError as error:
        raise Refused(400, "cut_off", "The connection ended before the body did.") from error
    return bytes(body)


def _encoding(request: web.Request) -> str:
    return request.headers.get("Content-Encoding", "").strip().lower()


def _too_large(limit_bytes: int) -> Refused:
    return Refused(413, "too_large", f"The body is larger than {limit_bytes} bytes.")
