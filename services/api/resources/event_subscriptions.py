"""Event subscriptions: URLs that are told the events of the journal; whoever may not configure sees only the host."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from services.api.event_filter import unknown_type
from services.api.refusals import Invalid
from services.api.resources.desk import Body, Desk, Resource, at_most, named, of_team, required
from services.api.resources.webhooks import KEEP_FORMER_SECRET, MASK, MAX_NAME, MAX_URL, sign_with
from shared.domain.configuration import Integration
from shared.domain.event_subscription import MOST_AT_ONCE, NOW, EventSubscription
from shared.store.journal_tail import Position

# As many as one instance posts for at a time: each makes the database read its operation log once more.
MOST = 20
MOST_NAMED = 200
START = "Must be now, beginning, or a position as the event stream tells it."


class EventSubscriptionBody(Body):
    """What a client writes of an event subscription."""

    name: str | None = None
    url: str | None = None
    is_enabled: bool | None = None
    team_id: str | None = None
    types: list[str] | None = None
    integration_ids: list[str] | None = None
    start: str | None = None
    batch_size: int | None = None
    signing_secret: str | None = None


def show(desk: Desk, row: EventSubscription, _query: dict[str, str]) -> dict[str, Any]:
    """Return the public shape; how far it is is added by whoever reads the database."""
    is_admin = desk.user is None or desk.user.role == "admin"
    return {
        "id": row.id,
        "name": row.name,
        "url": row.url if is_admin else origin(row.url),
        "is_enabled": row.is_enabled,
        "team_id": row.team_id,
        "types": list(row.types),
        "integration_ids": list(row.integration_ids),
        "start": row.start,
        "batch_size": row.batch_size,
        "signing_secret": MASK if row.signing_secret else None,
        "status": None,
    }


def origin(url: str) -> str:
    """Return a URL's scheme and host alone: the rest of it may be all that keeps strangers out."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/…"


def select(desk: Desk, query: dict[str, str]) -> list[EventSubscription]:
    """Return event subscriptions, oldest first."""
    return of_team(named(desk.draft.all(EventSubscription), query), query)


def create(desk: Desk, body: EventSubscriptionBody) -> EventSubscription:
    """Add an event subscription."""
    name, url = required(body.name, "name"), required(body.url, "url")
    if len(desk.draft.all(EventSubscription)) >= MOST:
        raise Invalid.field("non_field_errors", f"There are {MOST} event subscriptions, and can be no more.")
    return _stored(desk, EventSubscription(id=desk.new_id(EventSubscription), name=name, url=url), body)


def change(desk: Desk, row: EventSubscription, body: EventSubscriptionBody) -> EventSubscription:
    """Change an event subscription; it goes on where it is. Asterisks keep a stored secret."""
    for field in ("name", "url"):
        if body.sent(field):
            required(getattr(body, field), field)
    return _stored(desk, row, body)


def remove(desk: Desk, row: EventSubscription) -> None:
    """Remove an event subscription, and with it its position."""
    desk.draft.remove(row)


def _stored(desk: Desk, row: EventSubscription, body: EventSubscriptionBody) -> EventSubscription:
    changes: dict[str, Any] = {}
    for field in ("name", "url", "is_enabled", "batch_size"):
        if getattr(body, field) is not None:
            changes[field] = getattr(body, field)
    if body.sent("start"):
        changes["start"] = body.start or NOW
    if body.sent("team_id"):
        changes["team_id"] = desk.team_id(body.team_id)
    if body.sent("types"):
        changes["types"] = tuple(dict.fromkeys(body.types or ()))
    if body.sent("integration_ids"):
        changes["integration_ids"] = _integrations(desk, row, body.integration_ids or [])
    if body.sent("signing_secret") and body.signing_secret != MASK:
        changes |= sign_with(desk, row, body.signing_secret or "", KEEP_FORMER_SECRET)
    after = row.model_copy(update=changes)
    _check(desk, after)
    desk.draft.put(after)
    return after


def _integrations(desk: Desk, row: EventSubscription, ids: list[str]) -> tuple[str, ...]:
    """Return the ids of integrations; one that stands there already also when its integration is gone."""
    for one in ids:
        if one not in row.integration_ids:
            desk.existing(Integration, one, "integration_ids")
    return tuple(dict.fromkeys(one for one in ids if one))


def _check(desk: Desk, row: EventSubscription) -> None:
    at_most(row.name, MAX_NAME, "name")
    at_most(row.url, MAX_URL, "url")
    _check_url(row.url)
    problem = unknown_type(row.types)
    if problem is not None:
        raise Invalid.field("types", problem)
    for field in ("types", "integration_ids"):
        if len(getattr(row, field)) > MOST_NAMED:
            raise Invalid.field(field, f"No more than {MOST_NAMED}.")
    if row.start != NOW and Position.read(row.start) is None:
        raise Invalid.field("start", START)
    if not 1 <= row.batch_size <= MOST_AT_ONCE:
        raise Invalid.field("batch_size", f"Must be from 1 to {MOST_AT_ONCE}.")
    for one in desk.draft.find(EventSubscription, "name", row.name):
        if one.id != row.id and one.name == row.name:
            raise Invalid.field("name", "Another event subscription has this name.")


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_good = False
    if not is_good or not url.isprintable() or " " in url:
        raise Invalid.field("url", "Must be a URL that begins with http:// or https://, with a host.")


EVENT_SUBSCRIPTIONS = Resource(
    name="event_subscriptions",
    model=EventSubscription,
    body=EventSubscriptionBody,
    show=show,
    select=select,
    create=create,
    change=change,
    remove=remove,
)
