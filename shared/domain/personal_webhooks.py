"""Outgoing webhooks of the trigger `personal notification`: called in the place of a person's own webhook.

A rule notify_by_webhook goes to the URL that the person entered. Who entered none is told through the webhook that
an admin made for such rules: of one of the person's teams before one that is everybody's, then by name.
"""

from __future__ import annotations

from shared.domain.configuration import ConfigSnapshot, User, Webhook
from shared.domain.ledger import Delivery
from shared.domain.model import Actor
from shared.domain.webhook_triggers import PERSONAL
from shared.events import NotificationRequested, WebhookRequested

CHANNEL = "webhook"


def webhook_for(config: ConfigSnapshot, user: User | None, channel: str = CHANNEL) -> Webhook | None:
    """Return the webhook that tells a person of pages by a channel; None when there is none."""
    if channel != CHANNEL or user is None:
        return None
    found = [
        one
        for one in config.webhooks_by_trigger.get(PERSONAL, ())
        if one.is_webhook_enabled and (one.team_id is None or one.team_id in user.team_ids)
    ]
    return min(found, key=lambda one: (one.team_id is None, one.name, one.id), default=None)


def call_for(row: Delivery, page: NotificationRequested, user: User) -> WebhookRequested:
    """Return what a webhook is asked for by a page; its id is the page's, the same for every try."""
    told = {"id": user.id, "username": user.username, "email": user.email, "important": page.important}
    return WebhookRequested(
        id=row.id,
        time=page.time,
        alert_id=page.alert_id,
        subject=row.group_id,
        config_version=page.config_version,
        group=page.group,
        webhook_id=row.webhook_id or "",
        trigger=PERSONAL,
        actor=Actor(kind="user", id=user.id, name=user.username),
        details={"user": told, "alert_groups_count": max(1, len(page.digest))},
    )
