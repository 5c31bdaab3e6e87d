"""Whatever fits the OpenAPI document is answered as the document says, and nothing that is sent breaks the server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from deploy.local.servers import Servers
from services.api.specification import openapi
from services.grouper.service import service as grouper
from tests.integration.api.api_running import RunningApi, a_service, an_api, drop
from tests.integration.api.one_of_each import one_of_each
from tests.support import servers as shared_servers
from tests.support import vhosts

pytestmark = pytest.mark.integration
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
BASE = "/api/v1/"
DOCUMENT = openapi()
WRITING = ("post", "put", "patch")
# What takes its time because somebody who is not here would have to answer.
WAITING = ("test", "test_notification", "make_call", "send_sms", "mark_sent", "resend", "give_up")
# What a client with a bug or bad intentions puts into a field.
HOSTILE: tuple[Any, ...] = (
    *(None, 2**63, "\x00", [None], {"$ne": None}, "0001-01-01T00:00:00+14:00"),
    *(True, -1, 2**63 - 1, 1.5, "", " ", "x" * 70_000, "{{ 1/0 }}", "../../etc/passwd"),
    *("9999-12-31T23:59:59+00:00", [], [[]], {}, {"\x00": 1}),
)
QUICKLY = 6


@asynccontextmanager
async def everything(servers: Servers, folder: Path) -> AsyncIterator[RunningApi]:
    """Run api and grouper, so that actions take effect; a test asks more often than a client may."""
    mongo_url = shared_servers.with_database(servers.mongo_url, shared_servers.fresh_name())
    with vhosts.fresh_vhost(servers) as amqp_url:
        both = {"mongo_url": mongo_url, "amqp_url": amqp_url}
        async with (
            a_service(grouper, folder, **both),
            an_api(**both, data_dir=folder, api_requests_per_minute=0, api_messages_per_minute=0) as api,
        ):
            await api.connected()
            yield api
        await drop(mongo_url)


@pytest.fixture
async def api(servers: Servers, tmp_path: Path) -> AsyncIterator[RunningApi]:
    async with everything(servers, tmp_path) as running:
        yield running


@pytest.fixture
async def ids(api: RunningApi) -> dict[str, str]:
    """The ids of one object of each kind; a test may change and delete them."""
    return await one_of_each(api)


def operations() -> list[Any]:
    """Return every operation of the document; those that delete come last, for the others need what is there."""
    found = [one.ok() for one in schemathesis.openapi.from_dict(DOCUMENT).get_all_operations()]
    return sorted(found, key=lambda one: one.method.upper() == "DELETE")


def id_for(path: str, ids: dict[str, str]) -> str | None:
    """Return the id of what there is of the kind that a path is about."""
    words = path.removeprefix(BASE).split("/")
    return None if words[-1] in WAITING else ids.get(words[0])


def exercise(operation: Any, url: str, token: str, ids: dict[str, str], examples: int) -> None:
    """Make requests that fit an operation, of things that exist and of others; hold every answer to the document."""
    session = requests.Session()

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), exists=st.sampled_from((True, True, False)))
    def run(case: Any, exists: bool) -> None:
        known = id_for(operation.path, ids)
        # Nobody waits for the first record of an alert that never was.
        exists = exists or operation.path.endswith(("/trace", "/explain"))
        if known is not None and exists and "id" in case.path_parameters:
            case.path_parameters["id"] = known
        if operation.path.endswith("/events"):
            case.query = {**(case.query or {}), "follow": "false"}
        response = case.call(base_url=url, session=session, headers={"Authorization": token})
        case.validate_response(response, checks=CHECKS)

    with session:
        run()


def complaints(run: Callable[[Any], None]) -> Iterator[str]:
    """Return what was wrong with operations, each told once with the request that shows it."""
    for operation in operations():
        try:
            run(operation)
        except (AssertionError, BaseExceptionGroup, HypothesisException) as error:
            notes = "\n".join(getattr(error, "__notes__", []))
            yield f"{operation.method.upper()} {operation.path}: {error}\n{notes}"


@pytest.mark.parametrize(
    "examples", [2, pytest.param(40, marks=[pytest.mark.deep, pytest.mark.timeout(1800)])]
)
async def test_what_fits_the_document_is_answered_as_it_says(
    api: RunningApi, ids: dict[str, str], examples: int
):
    def all_of_it() -> list[str]:
        return list(complaints(lambda one: exercise(one, api.url, api.token, ids, examples)))

    found = await asyncio.to_thread(all_of_it)

    assert not found, "\n\n".join(found)


def writes() -> list[tuple[str, str, dict[str, Any]]]:
    """Return method, path and schema of every operation that takes a JSON body."""
    return [
        (method.upper(), path, one["requestBody"]["content"]["application/json"]["schema"])
        for path, operations in DOCUMENT["paths"].items()
        for method, one in operations.items()
        if method in WRITING and "requestBody" in one
    ]


def fields_of(schema: dict[str, Any]) -> list[str]:
    """Return the names of a body's fields."""
    name = schema.get("$ref", "").rsplit("/", 1)[-1]
    model = DOCUMENT["components"]["schemas"].get(name, schema)
    return list(model.get("properties", {}))


async def answered(api: RunningApi, method: str, path: str, url: str, body: Any) -> str | None:
    """Send a body; return what was wrong with the answer, if anything."""
    reply = await api.ask(method, url, body)
    responses = DOCUMENT["paths"][path][method.lower()]["responses"]
    if str(reply.status) not in responses:
        return f"{method} {path} {body!r:.200}: {reply.status} {reply.body!r:.200}"
    if reply.status >= 400:
        schema = {"$ref": "#/components/schemas/Error", "components": DOCUMENT["components"]}
        jsonschema.validate(reply.body, schema)
    return None if reply.status < 500 else f"{method} {path} {body!r:.200}: {reply.status}"


async def hostile(api: RunningApi, ids: dict[str, str], *, deep: bool) -> list[str]:
    """Send hostile values as and in every body, in all fields at once, deeply in each; return the complaints."""
    found = []
    for method, path, schema in writes():
        url = path.replace("{id}", id_for(path, ids) or "NONE").replace("{", "").replace("}", "")
        fields = fields_of(schema)
        for value in HOSTILE if deep else HOSTILE[:QUICKLY]:
            bodies: list[Any] = [value, dict.fromkeys(fields, value)]
            bodies += [{name: value} for name in fields] if deep else []
            found += [await answered(api, method, path, url, one) for one in bodies]
    return [one for one in found if one]


@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
@pytest.mark.parametrize(
    "deep", [False, pytest.param(True, marks=[pytest.mark.deep, pytest.mark.timeout(1800)])]
)
async def test_nothing_that_is_sent_breaks_the_server(api: RunningApi, ids: dict[str, str], deep: bool):
    found = await hostile(api, ids, deep=deep)

    assert not found, "\n".join(found)
