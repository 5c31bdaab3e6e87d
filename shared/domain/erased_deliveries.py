"""What is left of a delivery when its alert group was wiped or deleted: who, how, when and what became of it."""

from __future__ import annotations

from typing import Any

from shared.domain.ledger import Delivery
from shared.domain.scrubbing import EMPTY, OF_GROUP
from shared.domain.webhook_record import RunRecord

ERASED = "erased with its alert group"


def is_to_be_erased(row: Delivery) -> bool:
    """Whether a row says what the alerts of its group said; the word that the group was wiped says nothing of it."""
    group = row.request.get("group") or {}
    return not row.erased and group.get("wiped_at") is None


def erased(row: Delivery, group_id: str) -> Delivery:
    """Return a row without what it said of a group: the card, the group's title and labels, request and answer.

    A page about several groups has one card, which goes as a whole.
    """
    request: dict[str, Any] = {
        name: EMPTY[name] if name in ("card", "details") else value for name, value in row.request.items()
    }
    group = request.get("group") or {}
    if group.get("id") == group_id:
        request["group"] = {**group, **OF_GROUP}
    said_by_template = row.kind == "webhook" and not row.attempts and row.finished_at is not None
    changes = {
        "request": request,
        "record": None if row.record is None else RunRecord(method=row.record.method, event=ERASED),
        "content": None,
        "url": None,
        "reason": ERASED if said_by_template else row.reason,
        "erased": True,
    }
    # Not model_copy alone: the request that was read from the row once would stay beside it.
    return Delivery.model_validate({**row.model_dump(), **changes})
