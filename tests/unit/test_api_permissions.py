"""The table of permissions has every endpoint, and nothing else."""

from __future__ import annotations

from services.api.authentication import BASE
from services.api.permissions import OBJECTS, PUBLIC, SINGLE, needed
from tests.support.endpoints import served


def endpoints() -> set[tuple[str, str]]:
    """Return method and path (after /api/v1/) of everything that the api serves under it."""
    return {(method, path.removeprefix(BASE)) for method, path in served() if path.startswith(BASE)}


def test_every_endpoint_is_in_the_table_and_every_line_has_its_endpoint():
    served = endpoints()
    words = {path.split("/", 1)[0] for _, path in served}

    assert words - set(PUBLIC) - set(OBJECTS) == set()
    assert set(OBJECTS) - words == set()
    assert set(SINGLE) - served == set()


def test_what_is_not_in_the_table_needs_an_admin():
    assert needed("GET", "secrets/{id}") == needed("POST", "secrets") == "admin"


def test_the_table_says_what_oncall_says():
    """Reading needs no more than a viewer, but for the journal as it goes on; editors act, admins configure."""
    assert needed("POST", "alert_groups/{id}/{action}") == "editor"
    assert needed("PUT", "integrations/{id}") == "admin"
    assert needed("POST", "integrations/{id}/demo") == "editor"
    assert needed("PUT", "escalation_policies/{id}") == "admin"
    assert needed("POST", "maintenance_windows") == "editor"
    read = {path for _, path in endpoints() if path.split("/", 1)[0] not in PUBLIC}
    assert {path for path in read if needed("GET", path) != "viewer"} == {"events", "config/export"}
    assert needed("GET", "events") == "editor"
    assert needed("GET", "config/export") == "admin"
