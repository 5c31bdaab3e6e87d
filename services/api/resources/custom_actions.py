"""`actions`: outgoing webhooks under their old name, as clients of early OnCall write them."""

from __future__ import annotations

from typing import Any

from services.api.resources import webhooks
from services.api.resources.desk import Body, Desk, Flag, Resource, named
from services.api.resources.webhooks import MASK, SECRETS, WebhookBody
from shared.domain.configuration import Webhook


class CustomActionBody(Body):
    """What a client writes of an action."""

    name: str | None = None
    team_id: str | None = None
    url: str | None = None
    data: str | None = None
    user: str | None = None
    password: str | None = None
    authorization_header: str | None = None
    forward_whole_payload: Flag | None = None


NEW_NAMES = {"user": "username", "forward_whole_payload": "forward_all"}


def show(_desk: Desk, row: Webhook, _query: dict[str, str]) -> dict[str, Any]:
    """Return the old shape; secrets read as asterisks."""
    return {
        "id": row.id,
        "name": row.name,
        "team_id": row.team_id,
        "url": row.url,
        "data": row.data,
        "user": row.username,
        **{name: MASK if getattr(row, name) else None for name in SECRETS},
        "forward_whole_payload": row.forward_all,
    }


def select(desk: Desk, query: dict[str, str]) -> list[Webhook]:
    """Return what chains may call, which is all that actions ever were, oldest first."""
    return [one for one in named(desk.draft.all(Webhook), query) if one.trigger_type == "escalation"]


def create(desk: Desk, body: CustomActionBody) -> Webhook:
    """Add a webhook that chains may call; like actions ever did, it posts its own data unless told otherwise."""
    fields = _fields(body)
    if fields.get("forward_all") is None:
        fields["forward_all"] = False
    return webhooks.create(desk, WebhookBody.model_validate(fields))


def change(desk: Desk, row: Webhook, body: CustomActionBody) -> Webhook:
    """Change a webhook by its old fields; what they do not name stays."""
    return webhooks.change(desk, row, WebhookBody.model_validate(_fields(body)))


def _fields(body: CustomActionBody) -> dict[str, Any]:
    return {NEW_NAMES.get(name, name): value for name, value in body.model_dump(exclude_unset=True).items()}


CUSTOM_ACTIONS = Resource(
    name="actions",
    model=Webhook,
    body=CustomActionBody,
    show=show,
    select=select,
    create=create,
    change=change,
    remove=webhooks.remove,
)
