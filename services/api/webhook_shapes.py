"""The shapes of answers about outgoing webhooks and their runs, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from services.api.shape import Shape


class Webhook(Shape):
    """An outgoing webhook; secrets read as asterisks."""

    id: str
    name: str
    is_webhook_enabled: bool
    team: str | None
    trigger_type: str
    http_method: str
    url: str
    headers: str | None
    data: str | None
    forward_all: bool
    trigger_template: str | None
    username: str | None
    password: str | None
    authorization_header: str | None
    signing_secret: str | None
    integration_filter: list[str]
    preset: str | None


class CustomAction(Shape):
    """An outgoing webhook as early clients know it; secrets read as asterisks."""

    id: str
    name: str
    team_id: str | None
    url: str
    data: str | None
    user: str | None
    password: str | None
    authorization_header: str | None
    forward_whole_payload: bool


class WebhookResponse(Shape):
    """One evaluation of a webhook, whether it was called or not; secrets read as asterisks.

    `state` is pending, sending, sent, failed or cancelled (not called), `reason` says why. `request_headers` and
    `event_data` are JSON as text. `trigger_type` is what happened, also for a webhook of `status change`.
    """

    id: str
    timestamp: str
    url: str | None
    request_trigger: str | None
    request_headers: str | None
    request_data: str | None
    status_code: str | None
    content: str | None
    event_data: str | None
    trigger_type: str
    alert_group_id: str
    fired: bool
    state: str
    reason: str
    attempts: int
    next_try_at: str | None
    finished_at: str | None


class WebhookPreview(Shape):
    """What a webhook would send for a group; nothing was sent. `reason` says why it would not be called."""

    would_be_called: bool
    reason: str
    method: str
    url: str | None
    request_trigger: str | None
    request_headers: dict[str, str] | None
    request_data: str | None
    event_data: Any


class WebhookAsked(Shape):
    """A webhook that a person asked for; `id` is that of its run."""

    id: str
    webhook_id: str
    alert_group_id: str


class SigningSecret(Shape):
    """A new signing secret, shown this once; the former one signs too until its time is up."""

    signing_secret: str
    former_valid_until: str | None


SHAPES = (WebhookResponse, WebhookPreview, WebhookAsked, SigningSecret)
