"""Messages to one person that are about no alert group: asked for here, sent by the notifier, looked after."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from services.api.api import Api
from services.api.refusals import Refused
from shared import clock
from shared.domain.ledger import Delivery
from shared.domain.verification import MOST_PER_ADDRESS, MOST_PER_PERSON
from shared.events import NoticeRequested
from shared.store.contact_codes import ContactCodes
from shared.store.deliveries import Deliveries

CONFIRM_TIMEOUT_S = 2.0
OUTCOME_TIMEOUT_S = 10.0
LOOK_EVERY_S = 0.1


async def check_pace(api: Api, user_id: str, address: str) -> None:
    """Count one message to a person's address. The address is kept as a signature.

    Raises:
        Refused: 429, as many as may be went there, or to this person, within the last hour.
    """
    keys = (
        (f"address {api.secrets.sign('contact send', address)}", MOST_PER_ADDRESS),
        (f"user {user_id}", MOST_PER_PERSON),
    )
    wait_s = await ContactCodes(api.database).count_send(keys, clock.now())
    if wait_s:
        detail = f"Too many messages within an hour: try again in {wait_s} seconds."
        raise Refused(429, {"detail": detail}, {"Retry-After": str(wait_s), "RateLimit-Reset": str(wait_s)})


async def tell(api: Api, notice: NoticeRequested) -> None:
    """Ask the notifier to send a notice.

    Raises:
        Unavailable: the broker did not confirm.
    """
    await api.bus.publish([notice], timeout_s=CONFIRM_TIMEOUT_S)


async def outcome_of(api: Api, notice_id: str, within_s: float = OUTCOME_TIMEOUT_S) -> Delivery | None:
    """Return what became of a notice; None when that is not known in time."""
    ledger = Deliveries(api.database, timedelta(days=api.settings.retention_days))
    deadline_s = clock.monotonic_s() + within_s
    while True:
        found = await ledger.get(notice_id)
        if found is not None and found.finished_at is not None:
            return found
        if clock.monotonic_s() >= deadline_s:
            return None
        await asyncio.sleep(LOOK_EVERY_S)


def outcome_shape(notice_id: str, channel: str, row: Delivery | None) -> dict[str, Any]:
    """Return what a client reads of a notice; "pending" while nobody knows."""
    return {
        "id": notice_id,
        "channel": channel,
        "state": row.state.value if row is not None else "pending",
        "reason": row.reason if row is not None else "",
        "attempts": row.attempts if row is not None else 0,
    }
