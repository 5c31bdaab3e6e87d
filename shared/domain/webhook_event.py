"""What an outgoing webhook is told of an alert group (reference 9.2), and what is asked of its templates.

Apart from the function that evaluates, because the notifier, which only asks, needs no template engine.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from shared.domain.configuration import Integration, User, Webhook
from shared.domain.labels import by_key
from shared.domain.model import Actor, Alert, Frozen, Group
from shared.events import WebhookRequested

# A person asked for the call. Receivers and templates see it as "escalation", as in OnCall.
MANUAL = "manual"


@dataclass(frozen=True)
class Facts:
    """What is known of the group when the webhook is called. `responses` are raw answers by webhook id.

    `actor` is whose doing the trigger is, `details` what else `event` has of it.
    """

    group: Group
    trigger: str
    at: datetime
    webhook: Webhook
    actor: Actor | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    integration: Integration | None = None
    first_alert: Alert | None = None
    last_alert: Alert | None = None
    notified: Sequence[User] = ()
    to_be_notified: Sequence[User] = ()
    users: Mapping[str, User] = field(default_factory=dict)
    responses: Mapping[str, str] = field(default_factory=dict)
    url: str = ""


class WebhookJob(Frozen):
    """The templates of one webhook and the event that they see. `data` is None when the event is forwarded whole."""

    integration_id: str
    webhook_id: str
    url: str
    headers: str | None = None
    data: str | None = None
    trigger: str | None = None
    event: dict[str, Any]


class WebhookTexts(Frozen):
    """What the templates made. `held_back` says why the webhook is not called; `failure` which template failed.

    `trigger` is what the trigger template said.
    """

    trigger: str | None = None
    url: str = ""
    headers: str = ""
    data: str | None = None
    held_back: str | None = None
    failure: str | None = None


def job_of(facts: Facts) -> WebhookJob:
    """Return what the sandbox is asked for one call."""
    webhook = facts.webhook
    return WebhookJob(
        integration_id=facts.group.integration_id,
        webhook_id=webhook.id,
        url=webhook.url,
        headers=webhook.headers,
        data=None if webhook.forward_all else webhook.data or "",
        trigger=webhook.trigger_template,
        event=event_of(facts),
    )


def event_of(facts: Facts) -> dict[str, Any]:
    """Return the event as receivers and templates see it, in JSON's types only."""
    group = facts.group
    return {
        "event": {
            "type": "escalation" if facts.trigger == MANUAL else facts.trigger,
            "time": _instant(facts.at),
            "until": _instant(group.silenced_until),
            **facts.details,
        },
        "user": _user(facts.users, facts.actor or _actor(group)),
        "alert_group": _group(facts),
        "alert_group_id": group.id,
        "alert_payload": facts.first_alert.payload if facts.first_alert else None,
        "integration": _integration(facts),
        "notified_users": [_person(one) for one in facts.notified],
        "users_to_be_notified": [_person(one) for one in facts.to_be_notified],
        "alert_group_acknowledged_by": _user(facts.users, group.acknowledged_by),
        "alert_group_resolved_by": _user(facts.users, group.resolved_by),
        "responses": {id: _parsed(text) for id, text in facts.responses.items() if id != facts.webhook.id},
        "webhook": {"id": facts.webhook.id, "name": facts.webhook.name},
    }


def why_not_called(webhook: Webhook, event: WebhookRequested) -> str | None:
    """Return why a webhook is not called for an event, as far as no template must be asked; None when it may be."""
    if event.held_back:
        return event.held_back
    if not webhook.is_webhook_enabled:
        return "the webhook is disabled"
    if webhook.integration_filter and event.group.integration_id not in webhook.integration_filter:
        return "the webhook is for other integrations"
    return None


def _group(facts: Facts) -> dict[str, Any]:
    """Return the public API's shape of the group, its labels as a plain map."""
    group, last = facts.group, facts.last_alert
    return {
        "id": group.id,
        "integration_id": group.integration_id,
        "team_id": facts.integration.team_id if facts.integration else None,
        "route_id": group.route_id,
        "alerts_count": group.alerts_count,
        "state": group.state.value,
        "created_at": _instant(group.opened_at),
        "resolved_at": _instant(group.resolved_at),
        "resolved_by": _user_id(group.resolved_by),
        "acknowledged_at": _instant(group.acknowledged_at),
        "acknowledged_by": _user_id(group.acknowledged_by),
        "silenced_at": _instant(group.silenced_at),
        "labels": dict(group.labels),
        "title": group.title,
        "permalinks": {"slack": None, "slack_app": None, "telegram": None, "web": facts.url},
        "last_alert": None
        if last is None
        else {
            "id": last.id,
            "alert_group_id": group.id,
            "created_at": _instant(last.received_at),
            "payload": last.payload,
        },
    }


def _integration(facts: Facts) -> dict[str, Any]:
    one = facts.integration
    if one is None:
        return {"id": facts.group.integration_id, "type": None, "name": None, "team": None, "labels": {}}
    return {
        "id": one.id,
        "type": one.type,
        "name": one.name,
        "team": one.team_id,
        "labels": by_key(one.labels.static),
    }


def _actor(group: Group) -> Actor | None:
    """Return who brought the group into its present state."""
    by_state = {
        "resolved": group.resolved_by,
        "acknowledged": group.acknowledged_by,
        "silenced": group.silenced_by,
    }
    return by_state.get(group.state.value)


def _user(users: Mapping[str, User], actor: Actor | None) -> dict[str, Any] | None:
    user = users.get(_user_id(actor) or "")
    return _person(user) if user else None


def _person(user: User) -> dict[str, Any]:
    return {"id": user.id, "username": user.username, "email": user.email}


def _user_id(actor: Actor | None) -> str | None:
    return actor.id if actor is not None and actor.kind == "user" else None


def _instant(at: datetime | None) -> str | None:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if at is not None else None


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
