"""Everything that the api serves, as its own router says."""

from __future__ import annotations

from typing import cast

from aiohttp import web

from services.api.chat_callbacks import ChatCallbacks
from services.api.console.visits import PAGES, Needs
from services.api.routes import add_routes


class _Callbacks:
    """Stands where callbacks are put: nothing is called here."""

    def __getattr__(self, name: str) -> object:
        async def answer(_request: web.Request) -> web.Response:
            return web.Response()

        return answer


def _application() -> web.Application:
    app = web.Application()
    add_routes(app, cast("ChatCallbacks", _Callbacks()))
    return app


def pages() -> dict[tuple[str, str], Needs]:
    """Return what each page of the console needs, by method and path template."""
    return _application()[PAGES]


def served() -> list[tuple[str, str]]:
    """Return method and path template of every route, without the optional last slash, sorted by path."""
    app = _application()
    found = {
        (route.method, route.resource.canonical.removesuffix("{slash}"))
        for route in app.router.routes()
        if route.resource is not None and route.method not in ("HEAD", "OPTIONS")
    }
    return sorted(found, key=lambda one: (one[1], one[0]))
