"""What every event is: a fact or a request with an id of its own that follows from its cause."""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime
from typing import Any, ClassVar, Self

from shared.domain.model import Frozen

NAMESPACE = uuid.UUID("6f4c9a2e-5d0b-5c58-9f0e-1b1f6f1c7a11")
_NAMESPACE_BYTES = NAMESPACE.bytes


def derived_id(*parts: object) -> str:
    """Return the uuid5 of the parts: the same parts give the same id, in every process, for ever.

    Written out, because every event at every hop needs one: `uuid.uuid5` takes three times as long.
    """
    name = "\x1f".join([str(part) for part in parts])
    digest = bytearray(hashlib.sha1(_NAMESPACE_BYTES + name.encode(), usedforsecurity=False).digest()[:16])
    digest[6] = (digest[6] & 0x0F) | 0x50
    digest[8] = (digest[8] & 0x3F) | 0x80
    text = digest.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


class Event(Frozen):
    """A fact or a request, with what it follows from and how it was decided.

    `alert_id` is the alert it all began with; `cause_id` the event (or due time) it follows from.
    `decision` is one stable word, `reason` a sentence for people. `time` is set by its emitter.
    `lane` is "" or "bulk": alerts of an integration above its share travel beside the others' way.
    """

    type: ClassVar[str]

    id: str
    time: datetime
    alert_id: str | None = None
    cause_id: str | None = None
    subject: str = ""
    config_version: int = 0
    decision: str = ""
    reason: str = ""
    lane: str = ""

    @classmethod
    def following(cls, cause: Event | Due, part: str = "", **fields: Any) -> Self:
        """Make the event that follows from `cause`; the same cause, kind and part give the same id."""
        taken = {
            "alert_id": cause.alert_id,
            "config_version": cause.config_version,
            "subject": cause.subject,
            "time": cause.time,
            "lane": cause.lane,
        }
        return cls(id=derived_id(cause.id, cls.type, part), cause_id=cause.id, **(taken | fields))


class Due(Frozen):
    """A due time that has come, in the place of a cause: its id follows from document, name and `due_at`."""

    id: str
    time: datetime
    alert_id: str | None = None
    subject: str = ""
    config_version: int = 0
    lane: str = ""

    @classmethod
    def of(cls, document_id: str, name: str, due_at: datetime, alert_id: str | None = None) -> Due:
        """Return the cause for the due time `name` of a document."""
        return cls(
            id=derived_id(document_id, name, due_at.isoformat()),
            time=due_at,
            alert_id=alert_id,
            subject=document_id,
        )


# Base fields travel as CloudEvents attributes, the rest as `data`.
ATTRIBUTES = frozenset(Event.model_fields)
