"""Outgoing webhooks: their texts are templates; their secrets go in and never come out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from services.api.refusals import Invalid
from services.api.resources.checks import template_problem
from services.api.resources.desk import Body, Desk, Flag, Resource, at_most, named, of_team, required
from shared.domain.configuration import Integration, Webhook
from shared.domain.webhook_signature import Signing, key_of
from shared.domain.webhook_triggers import TRIGGERS
from shared.errors import Permanent

MASK = "****************"
SECRETS = ("password", "authorization_header")
TEMPLATES = ("url", "headers", "data", "trigger_template")
METHODS = ("GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH")
MAX_NAME, MAX_URL = 100, 2000
KEEP_FORMER_SECRET = timedelta(days=1)


class WebhookBody(Body):
    """What a client writes of a webhook."""

    name: str | None = None
    is_webhook_enabled: Flag | None = None
    team: str | None = None
    team_id: str | None = None
    trigger_type: str | None = None
    http_method: str | None = None
    url: str | None = None
    headers: str | None = None
    data: str | None = None
    forward_all: Flag | None = None
    trigger_template: str | None = None
    username: str | None = None
    password: str | None = None
    authorization_header: str | None = None
    signing_secret: str | None = None
    integration_filter: list[str] | None = None
    preset: str | None = None


def show(_desk: Desk, row: Webhook, _query: dict[str, str]) -> dict[str, Any]:
    """Return the public shape; secrets read as asterisks."""
    plain = ("headers", "data", "forward_all", "trigger_template", "username")
    return {
        "id": row.id,
        "name": row.name,
        "is_webhook_enabled": row.is_webhook_enabled,
        "team": row.team_id,
        "trigger_type": row.trigger_type,
        "http_method": row.http_method,
        "url": row.url,
        **{name: getattr(row, name) for name in plain},
        **{name: MASK if getattr(row, name) else None for name in (*SECRETS, "signing_secret")},
        "integration_filter": list(row.integration_filter),
        "preset": row.preset,
    }


def select(desk: Desk, query: dict[str, str]) -> list[Webhook]:
    """Return webhooks, oldest first."""
    return of_team(named(desk.draft.all(Webhook), query), query)


def create(desk: Desk, body: WebhookBody) -> Webhook:
    """Add a webhook."""
    name, url = required(body.name, "name"), required(body.url, "url")
    return _stored(desk, Webhook(id=desk.new_id(Webhook), name=name, url=url), body)


def change(desk: Desk, row: Webhook, body: WebhookBody) -> Webhook:
    """Change a webhook; asterisks keep a stored secret."""
    if body.sent("name"):
        required(body.name, "name")
    if body.sent("url"):
        required(body.url, "url")
    return _stored(desk, row, body)


def remove(desk: Desk, row: Webhook) -> None:
    """Remove a webhook; steps that call it are skipped from then on."""
    desk.draft.remove(row)


def _stored(desk: Desk, row: Webhook, body: WebhookBody) -> Webhook:
    changes: dict[str, Any] = {}
    for name in ("name", "url", "is_webhook_enabled", "forward_all", "trigger_type", "http_method"):
        if getattr(body, name) is not None:
            changes[name] = getattr(body, name)
    for name in ("headers", "data", "trigger_template", "username", "preset"):
        if body.sent(name):
            changes[name] = getattr(body, name)
    for name in ("team", "team_id"):
        if body.sent(name):
            changes["team_id"] = desk.team_id(getattr(body, name), name)
    if body.sent("integration_filter"):
        changes["integration_filter"] = _integrations(desk, body.integration_filter or [])
    changes.update(_secrets(desk, row, body))
    after = row.model_copy(update=changes)
    _check(desk, after)
    desk.draft.put(after)
    return after


def _secrets(desk: Desk, row: Webhook, body: WebhookBody) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    for name in SECRETS:
        if body.sent(name):
            value: str | None = getattr(body, name)
            stored: str | None = getattr(row, name)
            # The same secret keeps its ciphertext, so that writing it again changes nothing.
            is_kept = value == MASK or (stored and value == desk.tools.secrets.decrypt(stored))
            if not is_kept:
                changed[name] = desk.tools.secrets.encrypt(value) if value else None
    if body.sent("signing_secret") and body.signing_secret != MASK:
        changed |= sign_with(desk, row, body.signing_secret or "", KEEP_FORMER_SECRET)
    return changed


def sign_with(desk: Desk, row: Signing, secret: str, keep_for: timedelta) -> dict[str, Any]:
    """Return the fields of what signs its calls with `secret` from now on, and with the former one for a while.

    Raises:
        Invalid: it is no secret of the scheme.
    """
    if not secret:
        return {"signing_secret": None, "former_signing_secret": None, "former_signing_secret_until": None}
    former = row.signing_secret
    if former and desk.tools.secrets.decrypt(former) == secret:
        return {}
    try:
        key_of(secret)
    except Permanent as error:
        raise Invalid.field("signing_secret", f"It {error.reason}.") from error
    return {
        "signing_secret": desk.tools.secrets.encrypt(secret),
        "former_signing_secret": former,
        "former_signing_secret_until": desk.tools.now + keep_for if former else None,
    }


def _integrations(desk: Desk, ids: list[str]) -> tuple[str, ...]:
    for one in ids:
        desk.existing(Integration, one, "integration_filter")
    return tuple(ids)


def _check(desk: Desk, row: Webhook) -> None:
    at_most(row.name, MAX_NAME, "name")
    at_most(row.url, MAX_URL, "url")
    if row.trigger_type not in TRIGGERS:
        raise Invalid.field("trigger_type", f"Must be one of {', '.join(TRIGGERS)}.")
    if row.http_method not in METHODS:
        raise Invalid.field("http_method", f"Must be one of {', '.join(METHODS)}.")
    for name in TEMPLATES:
        problem = template_problem(getattr(row, name) or "")
        if problem is not None:
            raise Invalid.field(name, problem)
    for one in desk.draft.find(Webhook, "name", row.name):
        if one.id != row.id and one.name == row.name:
            raise Invalid.field("name", "Another webhook has this name.")


WEBHOOKS = Resource(
    name="webhooks",
    model=Webhook,
    body=WebhookBody,
    show=show,
    select=select,
    create=create,
    change=change,
    remove=remove,
)
