"""Real answers fit the OpenAPI document."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from services.api.specification import openapi
from tests.integration.api.api_running import RunningApi
from tests.integration.api.test_apply import DECLARATION, applied

pytestmark = pytest.mark.integration
LISTS = (
    "integrations",
    "routes",
    "escalation_chains",
    "escalation_policies",
    "users",
    "personal_notification_rules",
    "webhooks",
)


def check(body: Any, path: str, status: str = "200") -> None:
    """Hold an answer to the document's schema for it."""
    document = openapi()
    schema = document["paths"][path]["get"]["responses"][status]["content"]["application/json"]["schema"]
    jsonschema.validate(body, {**schema, "components": document["components"]})


@pytest.mark.parametrize("name", LISTS)
async def test_lists_and_objects_are_as_described(api: RunningApi, name: str):
    await applied(api, DECLARATION)

    page = await api.get(name)

    assert page["results"]
    check(page, f"/api/v1/{name}")
    for one in page["results"]:
        check(await api.get(f"{name}/{one['id']}"), f"/api/v1/{name}/{{id}}")


async def test_the_document_is_served_without_a_token(api: RunningApi):
    reply = await api.ask("GET", "openapi.yaml", headers={"Authorization": None})
    assert (reply.status, reply.body.startswith("openapi: 3.1.0")) == (200, True)
