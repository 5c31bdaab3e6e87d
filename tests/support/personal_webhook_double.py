"""A person's own receiver of pages: it verifies as the Standard Webhooks scheme says, and takes nothing unsigned."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from tests.support.http_double import Call, HttpDouble, Violation

KEY = b"a-key-of-exactly-32-random-bytes"
SECRET = "whsec_" + base64.b64encode(KEY).decode()


class PersonalWebhookDouble(HttpDouble):
    """`taken` are the bodies."""

    @property
    def settings(self) -> dict[str, Any]:
        return {}

    @property
    def target(self) -> str:
        """The contact point: where it is, and the key."""
        return f"{self.url}/page#{SECRET}"

    def refusal(self) -> tuple[int, Any]:
        return 410, {}

    def locked(self) -> tuple[int, Any]:
        return 401, {}

    def serve(self, call: Call) -> tuple[int, Any]:
        id, at = call.headers.get("webhook-id", ""), call.headers.get("webhook-timestamp", "")
        content = f"{id}.{at}.".encode() + call.body
        made = "v1," + base64.b64encode(hmac.new(KEY, content, hashlib.sha256).digest()).decode()
        if call.headers.get("webhook-signature") != made or call.headers.get("idempotency-key") != id:
            raise Violation(401, {"error": "the signature does not fit"})
        if (call.method, call.path) != ("POST", "/page") or "secret" in call.path:
            raise Violation(404, {})
        self.taken.append(json.loads(call.body))
        return 200, {}
