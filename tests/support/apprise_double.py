"""Plays an Apprise API server: one stateless notification per request, and its documented answers.

https://github.com/caronc/apprise-api: urls, body, title, type and format; 200 sent, 204 no such service, 424 not sent.
"""

from __future__ import annotations

import json
from typing import Any

from tests.support.http_double import Call, HttpDouble, Violation

_FIELDS = {"urls", "title", "body", "type", "format"}


class AppriseDouble(HttpDouble):
    """`taken` are the notifications."""

    @property
    def settings(self) -> dict[str, Any]:
        return {"apprise_url": self.url}

    def limited(self) -> tuple[int, Any]:
        return 429, {"error": "too many requests"}

    def refusal(self) -> tuple[int, Any]:
        return 424, {"error": "One or more notification could not be sent"}

    def locked(self) -> tuple[int, Any]:
        return 401, "a proxy wants a login"

    def serve(self, call: Call) -> tuple[int, Any]:
        if (call.method, call.path) != ("POST", "/notify/"):
            raise Violation(404, {"error": "not found"})
        if call.headers.get("content-type") != "application/json":
            raise Violation(400, {"error": "Bad FORM Payload provided"})
        body = json.loads(call.body)
        if set(body) - _FIELDS or not body.get("urls") or not body.get("body"):
            raise Violation(400, {"error": "Payload lacks minimum requirements"})
        is_known = body.get("type") in {"info", "success", "warning", "failure"}
        if not is_known or body.get("format") not in {"text", "markdown", "html"}:
            raise Violation(400, {"error": "An invalid body input format or type was specified"})
        self.taken.append(body)
        return 200, {"error": None, "details": []}
