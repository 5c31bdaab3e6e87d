"""Addresses of external calendars: they hold secrets, so they are kept encrypted."""

from __future__ import annotations

from yarl import URL

from services.api.refusals import Invalid
from services.api.resources.desk import Desk, at_most
from shared.domain.access_form import MASK

MAX_URL = 2000
SCHEMES = ("http", "https", "webcal", "webcals")


def written_url(desk: Desk, stored: str | None) -> str | None:
    """Return the address as it was written."""
    return desk.tools.secrets.decrypt(stored) if stored else None


def stored_url(desk: Desk, before: str | None, written: str | None, field: str) -> str | None:
    """Return the address to store; one that did not change, or asterisks, keeps its ciphertext.

    Raises:
        Invalid: it is no address of a calendar. Where it leads is checked when it is fetched.
    """
    if not written:
        return None
    if before and written == MASK:
        return before
    at_most(written, MAX_URL, field)
    try:
        url = URL(written)
    except ValueError as error:
        raise Invalid.field(field, f"Must be an address: {error}.") from error
    if url.scheme not in SCHEMES or not url.host:
        raise Invalid.field(field, "Must begin with http://, https:// or webcal:// and name a host.")
    if before and desk.tools.secrets.decrypt(before) == written:
        return before
    return desk.tools.secrets.encrypt(written)
