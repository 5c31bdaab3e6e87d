"""A message on its way to the broker, in nobody's client library's terms."""

from __future__ import annotations

from typing import Any, NamedTuple


class Outgoing(NamedTuple):
    """A persistent message; its properties can be read in the broker's own console."""

    body: bytes
    id: str
    type: str
    sender: str
    headers: dict[str, Any]
    content_type: str
