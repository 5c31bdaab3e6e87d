"""The pieces that the OpenAPI document is put together from: operations, lists, bodies, parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

REFERENCE = "#/components/schemas/{model}"
ERRORS = {
    "400": "not valid: a sentence in `detail`, or sentences by field",
    "401": "no token, or not a valid one",
    "403": "the token may not do this",
    "404": "there is no such object",
    "503": "the database or the broker is away; try again after `Retry-After` seconds",
}


def listing(name: str, shape: str, filters: Sequence[str]) -> dict[str, Any]:
    """Return the operation that lists objects in pages."""
    page = {
        "type": "object",
        "required": ["count", "next", "previous", "results"],
        "properties": {
            "count": {"type": "integer"},
            "next": {"type": ["string", "null"]},
            "previous": {"type": ["string", "null"]},
            "results": {"type": "array", "items": {"$ref": REFERENCE.format(model=shape)}},
            "current_page_number": {"type": "integer"},
            "page_size": {"type": "integer"},
            "total_pages": {"type": "integer"},
        },
    }
    listed = operation(f"list {name}", {"200": None})
    listed["responses"]["200"]["content"] = {"application/json": {"schema": page}}
    listed["parameters"] = [query(one) for one in (*filters, "page", "perpage")]
    return listed


def operation(summary: str, answers: dict[str, str | None]) -> dict[str, Any]:
    """Return an operation; `answers` are the shapes by status, None for an answer without one."""
    responses: dict[str, Any] = {}
    for status, shape in answers.items():
        responses[status] = {"description": "done" if status != "202" else "accepted, not in effect yet"}
        if shape is not None:
            schema = {"$ref": REFERENCE.format(model=shape)}
            responses[status]["content"] = {"application/json": {"schema": schema}}
    responses |= {status: {"description": words} for status, words in ERRORS.items()}
    return {"summary": summary, "responses": responses}


def body(model: str, *, required: bool = True) -> dict[str, Any]:
    """Return the request body of a model."""
    schema = {"$ref": REFERENCE.format(model=model)}
    return {"requestBody": {"required": required, "content": {"application/json": {"schema": schema}}}}


def path_parameter(name: str) -> dict[str, Any]:
    """Return a parameter that is a part of the path."""
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def query(name: str) -> dict[str, Any]:
    """Return an optional parameter of the query."""
    return {"name": name, "in": "query", "schema": {"type": "string"}}
