"""What makes a mail an alert: the address it was sent to, the payload it becomes, and what its retry shares with it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from shared.domain.ingest import MAX_KEY_LENGTH
from shared.domain.mail import Mail

SLUG = "inbound_email"
MAX_DEDUP = 200


@dataclass(frozen=True)
class Recipient:
    """An address `<token>@<domain>` or `<token>+<dedup>@<domain>`; whether anybody has the token is not known here."""

    token: str
    dedup: str
    domain: str

    def __repr__(self) -> str:
        """Leave the token out: it is a secret."""
        return f"Recipient(***, dedup={self.dedup!r}, domain={self.domain!r})"


def domains_of(setting: str) -> tuple[str, ...]:
    """Return the domains of a comma-separated setting, in lower case."""
    return tuple(one.strip().lower().strip("@.") for one in setting.split(",") if one.strip())


def recipient_of(address: str, domains: Sequence[str]) -> Recipient | None:
    """Return who is meant by an address of one of our domains; None for an address of any other."""
    local, _, domain = address.strip().strip("<>").rpartition("@")
    domain = domain.lower().rstrip(".")
    if domain not in domains or not local:
        return None
    token, _, dedup = local.strip('"').partition("+")
    return Recipient(token, dedup[:MAX_DEDUP], domain)


def key_of(mail: Mail, recipient: Recipient, fallback: str = "") -> str | None:
    """Return what a retry of this mail to this recipient has in common with its first try; None when nothing tells.

    The Message-ID, followed by a blank and the `+<dedup>` part if there is one. Without a Message-ID it is
    the digest of the mail, else `fallback` (for example the digest of a provider's request).
    """
    key = mail.message_id or mail.digest or fallback
    if not key:
        return None
    key = f"{key} {recipient.dedup}" if recipient.dedup else key
    return key if len(key) <= MAX_KEY_LENGTH else hashlib.sha256(key.encode()).hexdigest()


def payload_of(mail: Mail, recipient: Recipient, envelope_sender: str = "") -> dict[str, Any]:
    """Return the alert's payload. The recipient's token is blanked wherever it stands: payloads are shown to people."""
    payload: dict[str, Any] = {
        "subject": mail.subject,
        "message": mail.message,
        "sender": mail.sender or envelope_sender,
        "sender_name": mail.sender_name,
        "to": list(mail.to),
        "dedup": recipient.dedup or None,
        "message_id": mail.message_id or None,
        "date": mail.date.isoformat() if mail.date else None,
    }
    secret = re.compile(re.escape(recipient.token), re.IGNORECASE)
    return {name: _blanked(value, secret) for name, value in payload.items()}


def _blanked(value: Any, secret: re.Pattern[str]) -> Any:
    if isinstance(value, str):
        return secret.sub("***", value)
    return [_blanked(one, secret) for one in value] if isinstance(value, list) else value
