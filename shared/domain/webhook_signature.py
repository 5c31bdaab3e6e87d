"""Signatures of outgoing webhooks by the Standard Webhooks scheme (standardwebhooks.com), version v1.

Signed is "<id>.<timestamp>.<body>" with HMAC-SHA256; a header may hold several signatures while a secret is replaced.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

from shared.domain.model import Frozen
from shared.errors import Permanent

PREFIX = "whsec_"
FEWEST_BYTES, MOST_BYTES = 24, 64
NEW_BYTES = 32
HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")


class Signing(Frozen):
    """With which secrets calls are signed, as ciphertext.

    While a secret is replaced, calls are signed with the former one too, until its time is up.
    """

    signing_secret: str | None = None
    former_signing_secret: str | None = None
    former_signing_secret_until: datetime | None = None

    def signing_secrets_at(self, now: datetime) -> tuple[str, ...]:
        """Return the secrets, as ciphertext, that a call is signed with: the present one first."""
        former, until = self.former_signing_secret, self.former_signing_secret_until
        is_former_valid = former is not None and until is not None and now < until
        found = (self.signing_secret, former if is_former_valid else None)
        return tuple(one for one in found if one)


def secret_of(key: bytes) -> str:
    """Return the text by which people carry a key to the receiver."""
    return PREFIX + base64.b64encode(key).decode()


def key_of(secret: str) -> bytes:
    """Return the key in a secret's text.

    Raises:
        Permanent: it is no secret of the scheme; the message says what one looks like.
    """
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(PREFIX) or not FEWEST_BYTES <= len(key) <= MOST_BYTES:
        raise Permanent(f"must be {PREFIX} and {FEWEST_BYTES} to {MOST_BYTES} random bytes in base64")
    return key


def signed_headers(id: str, at: datetime, body: bytes, secrets: Sequence[str]) -> dict[str, str]:
    """Return the three headers, one signature for each secret; none without a secret."""
    if not secrets:
        return {}
    timestamp = str(int(at.timestamp()))
    content = f"{id}.{timestamp}.".encode() + body
    made = [hmac.new(key_of(one), content, hashlib.sha256).digest() for one in secrets]
    signatures = " ".join(f"v1,{base64.b64encode(one).decode()}" for one in made)
    return dict(zip(HEADERS, (id, timestamp, signatures), strict=True))
