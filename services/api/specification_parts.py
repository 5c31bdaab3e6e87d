"""The pieces that the OpenAPI document is put together from: operations, lists, bodies, parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.api.error_specification import REFUSALS

REFERENCE = "#/components/schemas/{model}"
JSON = "application/json"
# What filters mean beyond "exactly this text".
NUMBERS = {"page": 1, "perpage": 1}


def listing(name: str, shape: str, filters: Sequence[str]) -> dict[str, Any]:
    """Return the operation that lists objects in pages."""
    page = {
        "type": "object",
        "required": [
            *("count", "next", "previous", "results"),
            *("current_page_number", "page_size", "total_pages"),
        ],
        "properties": {
            "count": {"type": "integer"},
            "next": {"type": ["string", "null"]},
            "previous": {"type": ["string", "null"]},
            "results": {"type": "array", "items": reference(shape)},
            "current_page_number": {"type": "integer"},
            "page_size": {"type": "integer"},
            "total_pages": {"type": "integer"},
        },
    }
    listed = operation(f"list {name}", {"200": None})
    listed["responses"]["200"]["content"] = {JSON: {"schema": page}}
    listed["parameters"] = [query(one) for one in (*filters, "page", "perpage")]
    return listed


def operation(summary: str, answers: dict[str, str | None]) -> dict[str, Any]:
    """Return an operation; `answers` are the shapes by status, None for an answer without a body.

    Of two shapes, written with a bar between, the answer has one.
    """
    responses: dict[str, Any] = {}
    for status, shape in answers.items():
        responses[status] = {"description": "done" if status != "202" else "accepted, not in effect yet"}
        if shape is not None:
            responses[status]["content"] = {JSON: {"schema": reference(shape)}}
    responses |= {status: refusal_reference(name) for status, name in REFUSALS.items()}
    return {"summary": summary, "responses": responses}


def reference(shapes: str) -> dict[str, Any]:
    """Return the schema of a named shape, or of one of several with a bar between them."""
    named = [{"$ref": REFERENCE.format(model=one)} for one in shapes.split("|")]
    return named[0] if len(named) == 1 else {"anyOf": named}


def refusal_reference(name: str) -> dict[str, Any]:
    """Return what stands for one of the answers that every operation may give."""
    return {"$ref": f"#/components/responses/{name}"}


def body(model: str, *, required: bool = True) -> dict[str, Any]:
    """Return the request body of a model."""
    return {"requestBody": {"required": required, "content": {JSON: {"schema": reference(model)}}}}


def path_parameter(name: str) -> dict[str, Any]:
    """Return a parameter that is a part of the path."""
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}


def query(name: str) -> dict[str, Any]:
    """Return an optional parameter of the query."""
    schema: dict[str, Any] = {"type": "string"}
    if name in NUMBERS:
        schema = {"type": "integer", "minimum": NUMBERS[name]}
    return {"name": name, "in": "query", "schema": schema}
