"""The endpoints of outgoing webhooks in the OpenAPI document, besides the plain ones of every kind of object."""

from __future__ import annotations

from typing import Any

from services.api.specification_parts import body, listing, operation, path_parameter
from services.api.webhooks import GroupBody, RotateSecretBody

BASE = "/api/v1"
WEBHOOK_BODIES = (GroupBody, RotateSecretBody)


def webhook_paths() -> dict[str, Any]:
    """Return the paths by URL."""
    one, parameters = f"{BASE}/webhooks/{{id}}", [path_parameter("id")]
    called = operation("call it for an alert group; its run tells what became of it", {"202": "WebhookAsked"})
    tried = operation("the request that it would make; nothing is sent", {"200": "WebhookPreview"})
    secret = operation("sign with a new secret, shown this once", {"200": "SigningSecret"})
    runs = listing("the runs of a webhook", "WebhookResponse", ("alert_group_id",))
    return {
        f"{one}/responses": {"parameters": parameters, "get": runs},
        f"{one}/trigger": {"parameters": parameters, "post": called | body("GroupBody")},
        f"{one}/preview": {"parameters": parameters, "post": tried | body("GroupBody")},
        f"{one}/rotate_secret": {
            "parameters": parameters,
            "post": secret | body("RotateSecretBody", required=False),
        },
    }
