"""What one write left to be told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shared.bus.publisher import Encoded


@dataclass(frozen=True)
class Told:
    """Events of one document, caused by one event; `alerts` are ids still pending in that document."""

    cause_id: str
    document_id: str
    events: Sequence[Encoded]
    alerts: Sequence[str] = ()
