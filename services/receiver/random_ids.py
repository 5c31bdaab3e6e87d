"""Ids of what follows from nothing: one is needed for every alert that comes without an idempotency key."""

from __future__ import annotations

import os

_VARIANT = "89ab"


def random_id() -> str:
    """Return a random uuid4 as text; written out, because `uuid.uuid4` and its text take three times as long."""
    text = os.urandom(16).hex()
    return (
        f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{_VARIANT[int(text[16], 16) % 4]}{text[17:20]}-{text[20:]}"
    )
