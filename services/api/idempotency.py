"""Ids of what clients ask for: the same `Idempotency-Key` of the same caller is the same request."""

from __future__ import annotations

import uuid

from aiohttp import web

from services.api.authentication import Principal
from services.api.refusals import Refused
from shared.events import derived_id

MAX_KEY_LENGTH = 255


def request_id(request: web.Request, principal: Principal, subject_id: str, action: str) -> str:
    """Return the id of a request about `subject_id`; a repeated `Idempotency-Key` of the same caller gives the same.

    Raises:
        Refused: 400, the key cannot be one.
    """
    key = key_of(request)
    if not key:
        return str(uuid.uuid4())
    return id_of_key(principal, subject_id, action, key)


def id_of_key(principal: Principal, subject_id: str, action: str, key: str) -> str:
    """Return the id of what a caller asked for under a key."""
    return derived_id("action", principal.actor.id, principal.actor.name, subject_id, action, key)


def key_of(request: web.Request) -> str:
    """Return the request's `Idempotency-Key`, "" without one.

    Raises:
        Refused: 400, it is too long, or not printable ASCII.
    """
    key = request.headers.get("Idempotency-Key", "").strip()
    if len(key) > MAX_KEY_LENGTH:
        raise Refused.because(400, f"The Idempotency-Key is longer than {MAX_KEY_LENGTH} characters.")
    if not (key.isascii() and key.isprintable()):
        raise Refused.because(400, "The Idempotency-Key must be printable ASCII.")
    return key
