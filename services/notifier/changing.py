"""Changes rows that exist: providers report what became of them, operators settle those of which nobody knows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from shared import clock
from shared.bus.publisher import Publisher
from shared.domain import delivery_reports as reports
from shared.domain.delivery import Decided, Delivery, DeliveryState, Report, Request
from shared.errors import Permanent, Transient
from shared.events import DeliveryActionRequested, DeliveryReported, Event, StageDecided
from shared.stage import Done, Outcome, Retry
from shared.store.deliveries import Deliveries, Seen
from shared.telling import Row

Changing = DeliveryReported | DeliveryActionRequested
ATTEMPTS = 10
# A report may overtake the answer that it is about; after this time it is about a row that is not there any more.
TOO_EARLY = timedelta(minutes=2)
LOOK_AGAIN_S = 1.0


class Changes:
    """Applies reports and actions one by one: they are few, and two about the same row must see each other."""

    def __init__(self, deliveries: Deliveries, bus: Publisher) -> None:
        self._deliveries = deliveries
        self._bus = bus

    async def handle(self, event: Changing) -> tuple[Outcome, list[Row]]:
        """Change the rows that an event names; return what became of it, and what is to be cleared when it is told.

        Raises:
            Transient: the rows were changed by others again and again.
        """
        for _ in range(ATTEMPTS):
            found = await self._named(event)
            if not found or any(_is_too_early(event, one.delivery) for one in found):
                return self._later(event, bool(found)), []
            told = [await self._change(event, one) for one in found]
            if None not in told:
                rows = [one for one in told if one is not None]
                return Done(tuple(said for one in rows for said in one.events)), [
                    one for one in rows if one.id
                ]
        raise Transient("the deliveries were changed by others again and again")

    async def _named(self, event: Changing) -> list[Seen]:
        if isinstance(event, DeliveryActionRequested):
            return await self._deliveries.named([event.delivery_id])
        by_id = await self._deliveries.named([event.request_id]) if event.request_id else []
        if by_id or not event.handle:
            return by_id
        found = await self._deliveries.named([], [event.handle])
        return [one for one in found if one.delivery.channel == event.channel]

    async def _change(self, event: Changing, seen: Seen) -> Row | None:
        """Change one row; None when it was lost to another writer, without an id when nothing was saved."""
        now = clock.now()
        try:
            decided = _decided(event, seen.delivery)
        except Permanent as error:
            return Row("", [self._bus.encode(_said(event, seen.delivery, "refused", error.reason))])
        if decided is None:
            words = (
                f"{seen.delivery.channel}: {_word(event)} is no news, the delivery is {seen.delivery.state}"
            )
            return Row("", [self._bus.encode(_said(event, seen.delivery, "repeat", words))])
        after, told = decided
        events = [] if told is None else [self._bus.encode(told)]
        return Row(after.id, events) if await self._deliveries.change(seen, after, events, now) else None

    def _later(self, event: Changing, is_sending: bool) -> Outcome:
        """Try again soon what came too early; what is about nothing that we know is told as such."""
        if clock.now() - event.time < TOO_EARLY:
            reason = "the delivery is being sent" if is_sending else "no such delivery yet"
            return Retry(reason, LOOK_AGAIN_S, counted=False)
        return Done((_said(event, None, "not_found", f"{_word(event)} is about no delivery that is kept"),))


def _is_too_early(event: Changing, row: Delivery) -> bool:
    """Whether somebody has the row in hand, or a report is about a try that has not begun."""
    untried = row.state is DeliveryState.PENDING and not row.lost_tries
    return row.state is DeliveryState.SENDING or (untried and isinstance(event, DeliveryReported))


def _decided(event: Changing, row: Delivery) -> Decided | None:
    if isinstance(event, DeliveryActionRequested):
        return reports.settled(row, event, clock.now())
    return reports.reported(row, Report(event.state, event.reason), clock.now())


def _word(event: Changing) -> str:
    return (
        f"the report {event.state!r}"
        if isinstance(event, DeliveryReported)
        else f"the action {event.action!r}"
    )


def _said(event: Changing, row: Delivery | None, decision: str, reason: str) -> Event:
    """Say in the timeline of the delivery's group why nothing was changed."""
    group_id = row.group_id if row is not None else ""
    return StageDecided.following(
        event,
        f"notifier {row.id if row is not None else ''}",
        time=clock.now(),
        subject=group_id or event.subject,
        stage="notifier",
        group_id=group_id or None,
        decision=decision,
        reason=reason,
    )


def split(batch: Sequence[Event]) -> tuple[list[int], list[int]]:
    """Return the positions of events that change rows, and of those that ask for new ones."""
    changing = [at for at, one in enumerate(batch) if isinstance(one, Changing)]
    return changing, [at for at, one in enumerate(batch) if isinstance(one, Request)]
