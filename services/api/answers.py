"""How every request is answered: JSON, errors that clients understand, headers that browsers obey."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
import structlog
from aiohttp import web

from services.api.problem_details import PROBLEM, accepts_problems, as_problem
from services.api.refusals import Refused
from shared import clock
from shared.errors import Permanent, Unavailable
from shared.store.mongo import Conflict

log = structlog.get_logger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
RETRY_AFTER_S = "2"
ACTOR = web.RequestKey("actor", str)
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
}


def json_answer(
    body: Any,
    status: int = 200,
    headers: dict[str, str] | None = None,
    content_type: str = "application/json",
) -> web.Response:
    """Return `body` as JSON."""
    options = orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z
    return web.Response(
        body=orjson.dumps(body, option=options),
        status=status,
        content_type=content_type,
        headers=headers,
    )


def refusal(
    request: web.Request, body: Any, status: int, headers: dict[str, str] | None = None
) -> web.Response:
    """Return a refusal: in the shape that existing clients know, or as problem details for who accepts those."""
    if accepts_problems(request.headers.get("Accept", "")):
        return json_answer(as_problem(status, body), status, headers, PROBLEM)
    return json_answer(body, status, headers)


def empty_answer() -> web.Response:
    """Return 204."""
    return web.Response(status=204)


async def read_body(request: web.Request, limit_bytes: int) -> bytes:
    """Return the body.

    Raises:
        Refused: 413, it is larger than the limit.
    """
    taken = bytearray()
    async for chunk in request.content.iter_chunked(65_536):
        taken += chunk
        if len(taken) > limit_bytes:
            raise Refused.because(413, f"The body is larger than {limit_bytes} bytes.")
    return bytes(taken)


async def read_json(request: web.Request, limit_bytes: int) -> Any:
    """Return the JSON of the body; an empty body is an empty object.

    Raises:
        Refused: 413 too large, 400 not JSON.
    """
    body = await read_body(request, limit_bytes)
    if not body.strip():
        return {}
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Refused.because(400, f"JSON parse error - {error}") from error


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every error into a JSON answer and log what was answered; tokens and queries are not logged."""
    began_s = clock.monotonic_s()
    response = await _answered(request, handler)
    route = request.match_info.route.resource
    log.info(
        "request.answered",
        method=request.method,
        route=route.canonical if route is not None else "(none)",
        status=response.status,
        took_ms=round((clock.monotonic_s() - began_s) * 1000, 1),
        actor=request.get(ACTOR, ""),
    )
    return response


async def protect(_: web.Request, response: web.StreamResponse) -> None:
    """Give an answer, just before it begins, the headers that keep browsers from misusing it; streams too."""
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)


async def _answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        _check_address(request)
        return await handler(request)
    except Refused as refused:
        return refusal(request, refused.body, refused.status, refused.headers)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return _http_error(request, error)
    except (Unavailable, Conflict) as error:
        log.warning("request.postponed", reason=str(error))
        detail = {"detail": f"Not available now: {error}"}
        return refusal(request, detail, 503, {"Retry-After": RETRY_AFTER_S})
    except Permanent as error:
        log.error("request.failed", reason=error.reason)
        return refusal(request, {"detail": error.reason}, 500)
    except Exception as error:
        # A bug: the client still reads JSON, and the log has the traceback.
        log.error("request.failed", reason=type(error).__name__, exc_info=error)
        return refusal(request, {"detail": "The server made a mistake; its log says which."}, 500)


def _check_address(request: web.Request) -> None:
    """Refuse what no name, id or search can hold, and what the database takes for a mistake of ours.

    Raises:
        Refused: 400, there is a zero character in the address.
    """
    if "\x00" in request.path or any("\x00" in text for pair in request.query.items() for text in pair):
        raise Refused.because(400, "There is a zero character in the address.")


def _http_error(request: web.Request, error: web.HTTPException) -> web.Response:
    words = {404: "Not found.", 405: "This method is not allowed here.", 413: "The body is too large."}
    allow = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else None
    return refusal(request, {"detail": words.get(error.status, error.reason)}, error.status, allow)
