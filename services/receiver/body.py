"""Reads request bodies, unpacked, never more than the limit of them in memory."""

from __future__ import annotations

from aiohttp import web

from shared.domain.ingest import Refused

ENCODINGS = ("", "identity", "gzip", "deflate")


async def read(request: web.Request, limit_bytes: int) -> bytes:
    """Return the whole body; gzip and deflate are unpacked piece by piece, so a bomb is refused at the limit.

    Raises:
        Refused: 413 over the limit, 415 for other content encodings, 400 for a broken one.
    """
    encoding = _encoding(request)
    if encoding not in ENCODINGS:
        raise Refused(415, "encoding", f'Unsupported content encoding "{encoding}".', as_json=True)
    if (request.content_length or 0) > limit_bytes:
        raise _too_large(limit_bytes)
    body = bytearray()
    try:
        while chunk := await request.content.readany():
            body += chunk
            if len(body) > limit_bytes:
                raise _too_large(limit_bytes)
    except web.RequestPayloadError as error:
        raise Refused(
            400, "malformed", f"The {encoding or 'chunked'} body is broken.", as_json=True
        ) from error
    return bytes(body)


def must_hang_up(request: web.Request) -> bool:
    """Whether the rest of a refused body cannot be skipped: it is broken, or would be unpacked to be thrown away."""
    if request.content.is_eof():
        return False
    return request.content.exception() is not None or _encoding(request) in ("gzip", "deflate")


def _encoding(request: web.Request) -> str:
    return request.headers.get("Content-Encoding", "").strip().lower()


def _too_large(limit_bytes: int) -> Refused:
    return Refused(413, "too_large", f"The body is larger than {limit_bytes} bytes.")
