"""How far each event subscription has come: begun with it, shown beside it, put elsewhere by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from services.api.api import Api
from services.api.group_shapes import instant
from services.api.refusals import Invalid, Refused
from shared import clock
from shared.domain.event_posting import EventPosition, moved
from shared.domain.event_subscription import NOW, EventSubscription
from shared.secrets import digest
from shared.store.event_positions import EventPositions, Stored
from shared.store.journal_tail import Position, journal_tail
from shared.store.mongo import Database, Lost

NO_PLACE = "The journal cannot be followed from this position: the database does not reach back to it."
NO_POSITION = "Must be now, beginning, or a position as the event stream and this subscription tell it."


async def arrange(api: Api) -> None:
    """Give new subscriptions their position, and have looked at what changed in the configuration.

    Raises:
        Unavailable: the database is away.
    """
    tables = await api.configuration.tables()
    rows = tables.of(EventSubscription)
    positions = EventPositions(api.database)
    known = await positions.ids()
    missing = [one for one in rows.values() if one.id not in known]
    now = await _end(api.database) if any(one.start == NOW for one in missing) else ""
    begun = [EventPosition(id=one.id, position=now if one.start == NOW else one.start) for one in missing]
    await positions.begin(begun, tables.version)
    wanted = {one.id: digest(one.model_dump_json()) for one in rows.values()}
    await positions.follow(wanted, tables.version, clock.now())


async def add_status(api: Api, shown: Sequence[dict[str, Any]]) -> None:
    """Write into subscriptions, as the API shows them, how far they are."""
    stored = await EventPositions(api.database).of([one["id"] for one in shown])
    now = clock.now()
    for one in shown:
        one["status"] = status_shape(stored.get(one["id"]), now, is_enabled=one["is_enabled"])


def status_shape(stored: Stored | None, now: datetime, *, is_enabled: bool) -> dict[str, Any] | None:
    """Return how far a subscription is; None before its first position is known."""
    if stored is None:
        return None
    state = stored.state
    lag_s = state.lag_s(now) if is_enabled or state.in_hand is not None else None
    return {
        "state": state_word(state, is_enabled=is_enabled),
        "position": state.position,
        "lag_s": round(lag_s) if lag_s is not None else None,
        "waiting_since": instant(state.in_hand.oldest_at if state.in_hand is not None else None),
        "events_posted": state.posted,
        "last_posted_at": instant(state.posted_at),
        "last_status": state.status,
        "last_error": state.error,
        "failures": state.failures,
        "failing_since": instant(state.failing_since),
        "next_try_at": instant(stored.due_at if state.failures and is_enabled else None),
        "pages_expired": state.expired,
    }


def state_word(state: EventPosition, *, is_enabled: bool) -> str:
    """Return what a subscription does, in one word."""
    if not is_enabled:
        return "gone" if state.status == 410 and state.failures else "disabled"
    if state.is_lost:
        return "lost"
    if state.failures:
        return "failing"
    return "following" if state.caught_up_at is not None else "catching_up"


async def move_to(api: Api, subscription_id: str, wanted: str) -> tuple[str, str]:
    """Have a subscription go on from now, the beginning, or a position; return the former and the new one.

    Raises:
        Refused: 404, or `Invalid`: it is no position, or none that can be followed.
    """
    if wanted != NOW and Position.read(wanted) is None:
        raise Invalid.field("position", NO_POSITION)
    positions = EventPositions(api.database)
    found = (await positions.of([subscription_id])).get(subscription_id)
    if found is None:
        raise Refused.not_found()
    try:
        position = await _end(api.database) if wanted == NOW else await _followable(api.database, wanted)
    except Lost as error:
        raise Invalid.field("position", NO_PLACE) from error
    await positions.move(moved(found.state, position), clock.now())
    return found.state.position, position


async def _end(database: Database) -> str:
    """Return the position behind all that is committed."""
    async with journal_tail(database, None) as tail:
        return str(tail.position)


async def _followable(database: Database, position: str) -> str:
    """Return a position that can be followed.

    Raises:
        Lost: it cannot.
    """
    async with journal_tail(database, Position.read(position)):
        return position
