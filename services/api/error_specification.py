"""What refusals look like in the OpenAPI document: one answer by status, the same everywhere."""

from __future__ import annotations

from typing import Any

JSON, PROBLEM = "application/json", "application/problem+json"
# The answers that every operation may give, by status; those of requests with a body come on top.
REFUSALS = {
    "400": "NotValid",
    "401": "NoToken",
    "403": "NotAllowed",
    "404": "NotFound",
    "429": "TooMany",
    "503": "NotAvailable",
}
OF_BODIES = {"413": "TooLarge"}
WORDS = {
    "NotValid": "not valid: a sentence in `detail`, or sentences by field",
    "NoToken": "no token, or not a valid one",
    "NotAllowed": "the token may not do this",
    "NotFound": "there is no such object, or no such page of a list",
    "Conflict": "it would take back what somebody changed meanwhile; `errors` say what",
    "TooLarge": "the body is larger than the limit",
    "TooMany": "too many requests; try again after `Retry-After` seconds",
    "NotAvailable": "the database or the broker is away; try again after `Retry-After` seconds",
}
SECONDS = {"schema": {"type": "integer", "minimum": 1}, "description": "seconds"}
HEADERS: dict[str, dict[str, Any]] = {
    "TooMany": {"Retry-After": SECONDS, "RateLimit-Reset": SECONDS},
    "NotAvailable": {"Retry-After": SECONDS},
}
SENTENCES = {"type": "array", "items": {"type": "string"}}
ERROR = {
    "type": "object",
    "description": "Why a request was refused: a sentence in `detail`, a word in `error`, or sentences by the "
    "field that they are about; `non_field_errors` are about the body as a whole.",
    "minProperties": 1,
    "properties": {
        "detail": {"anyOf": [{"type": "string"}, SENTENCES]},
        "reason": {"type": "string", "description": "what the broker or the database said"},
        "error": {"type": "string"},
        "id": {"anyOf": [{"type": "string"}, SENTENCES]},
        "errors": {
            "type": "array",
            "description": "the mistakes of a declaration, with their places",
            "items": {
                "type": "object",
                "required": ["path", "message"],
                "properties": {
                    "path": {"type": "array", "items": {"type": ["string", "integer"]}},
                    "message": {"type": "string"},
                    "line": {"type": "integer"},
                },
            },
        },
    },
    "additionalProperties": SENTENCES,
}
PROBLEM_DETAILS = {
    "type": "object",
    "description": "The same as problem details (RFC 9457), for clients that accept them.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {"type": "object", "description": "the answer as other clients read it"},
    },
}
ERROR_SCHEMAS = {"Error": ERROR, "ProblemDetails": PROBLEM_DETAILS}


def refusals() -> dict[str, Any]:
    """Return the refusals as components of the document, by name."""
    content = {
        JSON: {"schema": {"$ref": "#/components/schemas/Error"}},
        PROBLEM: {"schema": {"$ref": "#/components/schemas/ProblemDetails"}},
    }
    return {
        name: {
            "description": words,
            **({"headers": HEADERS[name]} if name in HEADERS else {}),
            "content": content,
        }
        for name, words in WORDS.items()
    }
