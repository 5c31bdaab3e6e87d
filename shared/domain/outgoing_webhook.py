"""An outgoing webhook as it is declared: what is called when, and with which secrets it is signed."""

from __future__ import annotations

from shared.domain.webhook_signature import Signing


class Webhook(Signing):
    """An outgoing webhook (reference 9.1); passwords, secrets and `authorization_header` are ciphertext here."""

    id: str
    name: str
    url: str
    is_webhook_enabled: bool = True
    team_id: str | None = None
    trigger_type: str = "escalation"
    http_method: str = "POST"
    headers: str | None = None
    data: str | None = None
    forward_all: bool = True
    trigger_template: str | None = None
    username: str | None = None
    password: str | None = None
    authorization_header: str | None = None
    integration_filter: tuple[str, ...] = ()
    preset: str | None = None
