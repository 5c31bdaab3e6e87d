"""The few pages that links in mails lead to, for a browser that has signed in with an API token."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl, urlsplit

from aiohttp import web

from services.api import page_text
from services.api.answers import read_body
from services.api.api import API
from services.api.authentication import COOKIE
from services.api.group_query import group_query
from services.api.groups import existing_group
from services.api.history import records_of
from services.api.trace import timeline_entry, trace_of
from shared.store.alert_groups import AlertGroups
from shared.store.journal import Journal

COOKIE_AGE_S = 7 * 86_400
LISTED = 200
FORM_LIMIT_BYTES = 4096
TRACE_WITHIN_S = 2.0
Page = Callable[[web.Request], Awaitable[str]]


def add_routes(app: web.Application) -> None:
    """Serve the pages; a trailing slash is optional."""
    app.router.add_get("/", start)
    app.router.add_post("/sign-in", sign_in)
    app.router.add_post("/sign-out", sign_out)
    app.router.add_get("/alert-groups{slash:/?}", _signed_in(groups))
    app.router.add_get("/alert-groups/{id}{slash:/?}", _signed_in(group))
    app.router.add_get("/alerts/{id}/trace{slash:/?}", _signed_in(trace))


async def start(request: web.Request) -> web.Response:
    """GET: what this is and where to go."""
    is_signed_in = await _is_signed_in(request)
    return _html(page_text.start(request.app[API].settings.ingest_url, is_signed_in))


async def sign_in(request: web.Request) -> web.Response:
    """POST of the form: keeps a valid token in a cookie that only these pages read."""
    form = await _form(request)
    target = _local(form.get("next", ""))
    token = form.get("token", "").strip()
    if await request.app[API].authentication.owner(token) is None:
        return _html(page_text.sign_in(target, "This token is not known."), 401)
    response = web.Response(status=303, headers={"Location": target})
    is_https = request.app[API].settings.public_url.startswith("https:")
    response.set_cookie(
        COOKIE, token, max_age=COOKIE_AGE_S, httponly=True, samesite="Strict", secure=is_https
    )
    return response


async def sign_out(request: web.Request) -> web.Response:
    """POST: forgets the cookie."""
    response = web.Response(status=303, headers={"Location": "/"})
    response.del_cookie(COOKIE)
    return response


async def groups(request: web.Request) -> str:
    """The page that lists the newest alert groups, with the filters of the API."""
    api = request.app[API]
    query = group_query(request.query, await api.configuration.tables())
    stored = AlertGroups(api.database)
    found = await stored.find(query, [("opened_at", -1), ("_id", 1)], LISTED)
    return page_text.groups(found, await stored.count(query))


async def group(request: web.Request) -> str:
    """The page of an alert group: its state and its timeline."""
    api = request.app[API]
    found = await existing_group(api, request.match_info["id"])
    envelopes = await Journal(api.database).of_group(found.id)
    return page_text.group(found, [timeline_entry(one) for one in envelopes])


async def trace(request: web.Request) -> str:
    """The page of an alert's trace."""
    alert_id = request.match_info["id"]
    envelopes = await records_of(request.app[API], alert_id, TRACE_WITHIN_S)
    return page_text.trace(trace_of(alert_id, envelopes))


def _signed_in(page: Page) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Show a page to who has signed in, the form to everybody else."""

    async def handler(request: web.Request) -> web.Response:
        if await _is_signed_in(request):
            return _html(await page(request))
        if COOKIE not in request.cookies and request.headers.get("Sec-Fetch-Site") == "cross-site":
            # A strict cookie does not come along with a click in a mail; it does when our own page asks again.
            return _html(page_text.again())
        return _html(page_text.sign_in(request.path_qs, ""), 401)

    return handler


async def _is_signed_in(request: web.Request) -> bool:
    return await request.app[API].authentication.owner(request.cookies.get(COOKIE, "")) is not None


async def _form(request: web.Request) -> dict[str, str]:
    body = await read_body(request, FORM_LIMIT_BYTES)
    return dict(parse_qsl(body.decode(errors="replace"), max_num_fields=10))


def _local(path: str) -> str:
    """Return the path when it stays on this site, else the start page."""
    parts = urlsplit(path)
    is_local = (
        path.startswith("/") and not path.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    )
    return path if is_local and path.isprintable() else "/"


def _html(text: str, status: int = 200) -> web.Response:
    return web.Response(text=text, status=status, content_type="text/html", charset="utf-8")
