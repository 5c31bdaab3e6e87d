"""An outgoing webhook as it is declared: what is called when, and with which secrets it is signed."""

from __future__ import annotations

from datetime import datetime

from shared.domain.model import Frozen


class Webhook(Frozen):
    """An outgoing webhook (reference 9.1); passwords, secrets and `authorization_header` are ciphertext here.

    While a signing secret is replaced, calls are signed with the former one too, until its time is up.
    """

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
    signing_secret: str | None = None
    former_signing_secret: str | None = None
    former_signing_secret_until: datetime | None = None

    def signing_secrets_at(self, now: datetime) -> tuple[str, ...]:
        """Return the secrets, as ciphertext, that a call is signed with: the present one first."""
        former, until = self.former_signing_secret, self.former_signing_secret_until
        is_former_valid = former is not None and until is not None and now < until
        found = (self.signing_secret, former if is_former_valid else None)
        return tuple(one for one in found if one)
