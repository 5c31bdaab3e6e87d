"""The table of permissions has every endpoint, and nothing else."""

from __future__ import annotations

from typing import cast

from aiohttp import web

from services.api.authentication import BASE
from services.api.chat_callbacks import ChatCallbacks
from services.api.permissions import OBJECTS, PUBLIC, SINGLE, needed
from services.api.routes import add_routes


class _Callbacks:
    """Stands where callbacks are put: nothing is called here."""

    def __getattr__(self, name: str) -> object:
        async def answer(_request: web.Request) -> web.Response:
            return web.Response()

        return answer


def endpoints() -> set[tuple[str, str]]:
    """Return method and path (after /api/v1/) of everything that the api serves under it."""
    app = web.Application()
    add_routes(app, cast("ChatCallbacks", _Callbacks()))
    found = set()
    for route in app.router.routes():
        path = route.resource.canonical if route.resource is not None else ""
        if path.startswith(BASE) and route.method not in ("HEAD", "OPTIONS"):
            found.add((route.method, path.removeprefix(BASE).removesuffix("{slash}")))
    return found


def test_every_endpoint_is_in_the_table_and_every_line_has_its_endpoint():
    served = endpoints()
    words = {path.split("/", 1)[0] for _, path in served}

    assert words - set(PUBLIC) - set(OBJECTS) == set()
    assert set(OBJECTS) - words == set()
    assert set(SINGLE) - served == set()


def test_what_is_not_in_the_table_needs_an_admin():
    assert needed("GET", "secrets/{id}") == needed("POST", "secrets") == "admin"


def test_the_table_says_what_oncall_says():
    """Reading needs no more than a viewer; editors act on alert groups, admins configure."""
    assert needed("POST", "alert_groups/{id}/{action}") == "editor"
    assert needed("PUT", "integrations/{id}") == "admin"
    assert needed("POST", "integrations/{id}/demo") == "editor"
    assert needed("PUT", "escalation_policies/{id}") == "admin"
    assert needed("POST", "maintenance_windows") == "editor"
    assert {needed("GET", path) for _, path in endpoints() if path.split("/", 1)[0] not in PUBLIC} == {
        "viewer"
    }
