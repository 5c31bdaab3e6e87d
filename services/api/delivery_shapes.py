"""What the public API shows of deliveries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.api.group_shapes import instant
from services.api.shape import Shape
from shared.domain.configuration import User
from shared.domain.delivery import Delivery

SHOWN_CHARS = 2_000


class DeliveryShape(Shape):
    """One page, webhook call or notice; `provider_id` is the provider's name for it, times are null until then."""

    id: str
    kind: str
    channel: str
    state: str
    reason: str
    user_id: str | None
    username: str | None
    webhook_id: str | None
    alert_group_id: str | None
    attempts: int
    provider_id: str | None
    created_at: str
    sent_at: str | None
    delivered_at: str | None
    read_at: str | None
    finished_at: str | None
    due_at: str | None


class MessageBody(Shape):
    """Whom to call or to write to, and what to say."""

    email: str
    message: str


SHAPES = (DeliveryShape,)


def delivery_shape(row: Delivery, users: Mapping[str, User]) -> dict[str, Any]:
    """Return a delivery as clients see it: no address, and nothing of what was said."""
    is_call = row.kind == "webhook"
    user = None if is_call else users.get(row.subject_id)
    times = {
        name: instant(getattr(row, name))
        for name in ("created_at", "sent_at", "delivered_at", "read_at", "finished_at", "due_at")
    }
    return {
        "id": row.id,
        "kind": row.kind,
        "channel": row.channel,
        "state": row.state.value,
        "reason": row.reason[:SHOWN_CHARS],
        "user_id": None if is_call else row.subject_id or None,
        "username": user.username if user is not None else None,
        "webhook_id": row.subject_id if is_call else None,
        "alert_group_id": row.group_id or None,
        "attempts": row.attempts,
        "provider_id": row.handle or None,
        **times,
    }
