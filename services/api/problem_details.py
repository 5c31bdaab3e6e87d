"""Refusals as problem details (RFC 9457), for clients that ask for them; everybody else gets the usual shape."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

PROBLEM = "application/problem+json"


def accepts_problems(accept: str) -> bool:
    """Whether an Accept header names problem details."""
    return any(one.split(";", 1)[0].strip().lower() == PROBLEM for one in accept.split(","))


def as_problem(status: int, body: dict[str, Any]) -> dict[str, Any]:
    """Return a refusal's body as problem details; what does not fit into one sentence stands in `errors`."""
    detail = body.get("detail")
    problem = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail if isinstance(detail, str) else _sentence(body),
    }
    return problem if set(body) == {"detail"} and isinstance(detail, str) else {**problem, "errors": body}


def _sentence(body: dict[str, Any]) -> str:
    parts = []
    for field, texts in body.items():
        words = " ".join(str(one) for one in texts) if isinstance(texts, list) else str(texts)
        parts.append(f"{field}: {words}")
    return "; ".join(parts)
