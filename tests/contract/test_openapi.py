"""docs/openapi.yaml is what the api is, a valid document, and names every URL that is served."""

from __future__ import annotations

from pathlib import Path

import yaml
from aiohttp import web
from openapi_spec_validator import OpenAPIV31SpecValidator

from services.api.chat_callbacks import ChatCallbacks
from services.api.routes import add_routes
from services.api.specification import openapi, openapi_yaml
from shared.http import HttpClient

DOCUMENT = Path(__file__).parents[2] / "docs" / "openapi.yaml"
# Not for clients of the API: the document itself, and what chat products call.
OUTSIDE = {"/api/v1/openapi.yaml", "/api/v1/slack/interactive"}


def test_the_document_in_the_repository_is_the_generated_one():
    assert DOCUMENT.read_text() == openapi_yaml(), "run: .venv/bin/tocsin openapi > docs/openapi.yaml"


def test_the_document_is_valid_openapi():
    OpenAPIV31SpecValidator(yaml.safe_load(DOCUMENT.read_text())).validate()


async def test_every_url_that_is_served_is_described_and_the_other_way_round():
    app = web.Application()
    add_routes(app, ChatCallbacks(HttpClient()))
    served = {
        (route.method.lower(), route.resource.canonical.removesuffix("{slash}"))
        for route in app.router.routes()
        if route.resource is not None
        and route.resource.canonical.startswith("/api/v1/")
        and route.method != "HEAD"
    }
    described = {
        (method, path)
        for path, operations in openapi()["paths"].items()
        for method in operations
        if method != "parameters"
    }
    actions = "/api/v1/alert_groups/{id}/"
    words = {path.rsplit("/", 1)[1] for method, path in described if method == "post" and actions in path}

    served |= {("post", f"/api/v1/alert_groups/{{id}}/{word}") for word in words}
    served.discard(("post", "/api/v1/alert_groups/{id}/{action}"))

    assert {one for one in served if one[1] not in OUTSIDE} == described


def test_every_operation_says_what_it_answers_in_every_case():
    """A status without its shape is no description; a body may always be too large, a token always too busy."""
    for path, operations in openapi()["paths"].items():
        for method, one in operations.items():
            if method == "parameters":
                continue
            responses = one["responses"]
            done = [status for status in responses if status.startswith("2")]
            assert done, (method, path)
            assert [one for one in done if one != "204" and "content" not in responses[one]] == [], (
                method,
                path,
            )
            assert {"400", "401", "403", "404", "429", "503"} <= set(responses), (method, path)
            assert ("413" in responses) == ("requestBody" in one), (method, path)


def test_every_operation_has_an_id_of_its_own():
    ids = [
        one["operationId"]
        for operations in openapi()["paths"].values()
        for method, one in operations.items()
        if method != "parameters"
    ]

    assert len(ids) == len(set(ids))
