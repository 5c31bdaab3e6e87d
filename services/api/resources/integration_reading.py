"""How an integration reads what its tool sends: inner alerts each for itself, and links completed."""

from __future__ import annotations

from typing import Any

from services.api.refusals import Invalid
from services.api.resources.desk import Body, Desk, at_most
from shared.domain.configuration import Integration
from shared.domain.markup import is_link
from shared.integrations import by_slug

MAX_BASE_URL = 500


class ReadingBody(Body):
    """What a client writes of it."""

    each_instance: bool | None = None
    base_url: str | None = None


def shown(_desk: Desk, row: Integration) -> dict[str, Any]:
    """Return this part of the public shape."""
    return {"each_instance": row.each_instance, "base_url": row.base_url}


def changes(_desk: Desk, row: Integration, body: ReadingBody) -> dict[str, Any]:
    """Return the fields to change.

    Raises:
        Invalid: the type has no inner alerts, or the address is none.
    """
    changed: dict[str, Any] = {}
    if body.each_instance is not None:
        known = by_slug(row.type)
        if body.each_instance and (known is None or known.instances is None):
            raise Invalid.field("each_instance", f"Bodies of the type {row.type} list no inner alerts.")
        changed["each_instance"] = body.each_instance
    if body.sent("base_url"):
        base_url = body.base_url or None
        at_most(base_url, MAX_BASE_URL, "base_url")
        if base_url is not None and not is_link(base_url):
            raise Invalid.field("base_url", "Must be an address that begins with http:// or https://.")
        changed["base_url"] = base_url
    return changed
