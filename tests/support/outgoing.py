"""Groups, cards, messages and requests as the senders get them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from shared.channels.channel import Message
from shared.domain.model import Actor, Card, Group
from shared.events import NotificationRequested, PostRequested, WebhookRequested, derived_id

NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
ALICE = Actor(kind="user", id="U-alice", name="Alice")


def a_group(**fields: Any) -> Group:
    """A firing group with one alert."""
    given: dict[str, Any] = {
        "id": derived_id("group", fields.get("key", "disk")),
        "integration_id": "C-1",
        "key": "disk",
        "number": 12,
        "title": "DiskFull on db1",
        "alerts_count": 1,
        "first_alert_id": "A-1",
        "last_alert_id": "A-1",
        "opened_at": NOON,
        "last_alert_at": NOON,
        **fields,
    }
    return Group.model_validate(given)


def acknowledged(group: Group, **fields: Any) -> Group:
    """The same group, one version later, taken by Alice."""
    changed = {"version": group.version + 1, "acknowledged_at": NOON, "acknowledged_by": ALICE, **fields}
    return group.model_copy(update=changed)


def a_card(**fields: Any) -> Card:
    """What a medium shows of the group."""
    return Card.model_validate(
        {"title": "DiskFull on db1", "message": "<p>95 % of <b>/var</b></p>", **fields}
    )


def a_message(group: Group | None = None, **fields: Any) -> Message:
    """A card on its way."""
    given: dict[str, Any] = {
        "id": derived_id("delivery", 1),
        "group": group or a_group(),
        "card": a_card(),
        "sent_at": NOON,
        "url": "https://tocsin.example/alert-groups/G1",
        **fields,
    }
    return Message(**given)


def page_requested(group: Group | None = None, **fields: Any) -> NotificationRequested:
    """A request to page one person by e-mail."""
    group = group or a_group()
    given: dict[str, Any] = {
        "id": derived_id(group.id, group.run, "page", fields.pop("part", "")),
        "time": NOON,
        "alert_id": group.first_alert_id,
        "subject": group.id,
        "group": group,
        "user_id": "U-alice",
        "channel": "email",
        "card": a_card(),
        **fields,
    }
    return NotificationRequested.model_validate(given)


def webhook_requested(group: Group | None = None, **fields: Any) -> WebhookRequested:
    """A request to call a webhook."""
    group = group or a_group()
    given: dict[str, Any] = {
        "id": derived_id(group.id, group.run, "webhook", fields.pop("part", "")),
        "time": NOON,
        "alert_id": group.first_alert_id,
        "subject": group.id,
        "group": group,
        "webhook_id": "WH-1",
        **fields,
    }
    return WebhookRequested.model_validate(given)


def post_requested(group: Group | None = None, **fields: Any) -> PostRequested:
    """A request to show a group in a Slack channel."""
    group = group or a_group()
    given: dict[str, Any] = {
        "id": derived_id(group.id, group.version, "post"),
        "time": NOON,
        "alert_id": group.first_alert_id,
        "subject": group.id,
        "group": group,
        "medium": "slack",
        "channel": "C0ALERTS",
        "card": a_card(message=f"version {group.version}"),
        **fields,
    }
    return PostRequested.model_validate(given)
