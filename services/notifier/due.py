"""Sends the rows whose time has come: prepare, write `sending`, look at the group, hand over, write what became of it.

The order is the promise: the group is read from the primary after `sending` is stored and right before the
hand-over, so that nothing goes out for a group that somebody has taken by then. Rows that are as far while another
write is under way share the next one, and the look at their groups after it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog

from services.notifier.describing import Described, HeldBack, Unfit
from shared import clock
from shared.bus.publisher import Publisher
from shared.channels.channel import Call, SmtpReply
from shared.domain import delivery
from shared.domain.delivery import (
    Decided,
    Delivery,
    DeliveryState,
    NoWord,
    Policy,
    Refused,
    Retry,
    SendOutcome,
    Sent,
)
from shared.domain.model import Group
from shared.domain.webhook_record import RunRecord
from shared.errors import Permanent, Transient, Unanswered, Unavailable
from shared.gathering import Gathering
from shared.sending import HandOver, Outlet
from shared.store.alert_groups import AlertGroups
from shared.store.deliveries import Claimed, Deliveries
from shared.telling import Telling

log = structlog.get_logger(__name__)
# What a `sending` row's lease is longer than the call's own limit.
SENDING_MARGIN_S = 5.0
PAUSE_S = 0.25
# Rows that were taken; when they are due their provider is asked what became of them.
ASKED = frozenset({DeliveryState.SENT, DeliveryState.DELIVERED})

Describe = Callable[[Delivery], Awaitable[Described]]


class NotMine(Exception):
    """Another instance has taken the row over: whatever this one was about to do is not to be done."""


@dataclass(frozen=True)
class Begun:
    """A row stored as `sending`, and its groups as they were right after that, with others' among them."""

    groups: Mapping[str, Group]


class Sender:
    """Sends claimed rows, one at a time per call of `send`."""

    def __init__(
        self,
        deliveries: Deliveries,
        groups: AlertGroups,
        outlet: Outlet,
        telling: Telling,
        bus: Publisher,
    ) -> None:
        self._deliveries = deliveries
        self._groups = groups
        self.outlet = outlet
        self._telling = telling
        self._bus = bus
        self.beginning = Gathering(self._begin)
        self._saving = Gathering(deliveries.write)
        self._courtesies: dict[str, Call] = {}
        self.describe: Mapping[str, Describe] = {}
        self.ask: Callable[[Delivery], Awaitable[Decided]] | None = None
        self.policies: Mapping[str, Policy] = {}
        self.observe: Callable[[Delivery], None] = lambda row: None

    async def send(self, claimed: Claimed) -> None:
        """Take one row as far as it goes now; the row is written before this returns."""
        try:
            decided = await self._decide(claimed)
        except NotMine:
            log.info("delivery.taken_over", delivery_id=claimed.delivery.id)
            return
        except Unavailable as error:
            # Nothing was handed over: it is as if the row had never been claimed.
            log.warning("delivery.delayed", delivery_id=claimed.delivery.id, reason=error.reason)
            decided = claimed.delivery.model_copy(update={"due_at": clock.now()}), None
        await self.save(claimed, *decided)
        courtesy = self._courtesies.pop(claimed.delivery.id, None)
        if courtesy is not None:
            await self._be_courteous(claimed.delivery, courtesy)

    async def broken(self, claimed: Claimed, error: BaseException) -> None:
        """Count a bug as a failed try, so that a row that cannot be sent ends."""
        outcome = Retry(f"bug: {type(error).__name__}: {error}")
        await self.save(claimed, *self.concluded(claimed.delivery, outcome))

    async def _decide(self, claimed: Claimed) -> Decided:
        row = claimed.delivery
        if row.state is DeliveryState.SENDING:
            return self.concluded(row, NoWord("whoever was sending it did not live to tell"))
        if row.state in ASKED and self.ask is not None:
            return await self.ask(row)
        try:
            described = await self.describe[row.kind](row)
        except HeldBack as error:
            return delivery.cancelled(_recorded(row, error.record), error.reason, clock.now())
        except Unfit as error:
            return delivery.failed(_recorded(row, error.record), error.reason, clock.now())
        except Permanent as error:
            return delivery.failed(row, error.reason, clock.now())
        except Unavailable:
            raise
        except Transient as error:
            return self.concluded(row, Retry(error.reason, error.after_s))
        row = _recorded(row, described.record)
        outcome = await self._try(Claimed(row, claimed.token), described)
        if isinstance(outcome, str):
            return delivery.cancelled(row, outcome, clock.now())
        return self.concluded(row, outcome)

    async def _try(self, claimed: Claimed, described: Described) -> SendOutcome | str:
        """Make one try; return its outcome, or why nobody wants it any more."""
        opened = await self.opened(described)
        if not isinstance(opened, Described):
            return opened
        described = opened
        try:
            async with self.outlet.prepared(described.call) as ready:
                if isinstance(ready, SmtpReply):
                    return described.channel.read(ready)
                return await self._hand_over(claimed, described, ready)
        except Unavailable:
            raise
        except Unanswered as error:
            return NoWord(error.reason)
        except Transient as error:
            return Retry(error.reason, error.after_s)
        except Permanent as error:
            return Refused(error.reason)

    async def _hand_over(self, claimed: Claimed, described: Described, ready: HandOver) -> SendOutcome | str:
        begun = await self.beginning.add((claimed, described.call.timeout_s + SENDING_MARGIN_S))
        if begun is None:
            raise NotMine
        unwanted = delivery.why_none(claimed.delivery, begun.groups)
        if unwanted is not None:
            return unwanted
        outcome: SendOutcome = described.channel.read(await ready())
        if isinstance(outcome, Sent) and described.also is not None:
            self._courtesies[claimed.delivery.id] = described.also
        return outcome

    async def opened(self, described: Described) -> Described | Retry | Refused:
        """Open the way to a person where that is needed. Whatever goes wrong here, nothing was sent."""
        opening = described.channel.opening
        if described.then is None or opening is None:
            return described
        try:
            opened: str | Retry | Refused = opening.opened(await self.outlet.perform(described.call))
        except Transient as error:
            return Retry(error.reason, error.after_s)
        except Permanent as error:
            return Refused(error.reason)
        return described.then(opened) if isinstance(opened, str) else opened

    async def _be_courteous(self, row: Delivery, call: Call) -> None:
        """Do what accompanies a page; it is tried once, and nothing depends on it."""
        try:
            await self.outlet.perform(call)
        except (Transient, Permanent) as error:
            log.warning("delivery.unaccompanied", delivery_id=row.id, reason=error.reason)

    async def _begin(self, rows: Sequence[tuple[Claimed, float]]) -> list[Begun | None]:
        """Write `sending` with leases of so many seconds, then look at the groups; None for rows in other hands."""
        now = clock.now()
        mine = await self._deliveries.begin_all(
            [(claimed, now + timedelta(seconds=lease_s)) for claimed, lease_s in rows], now
        )
        begun = [one.delivery for (one, _), is_mine in zip(rows, mine, strict=True) if is_mine]
        wanted = {run.id for one in begun for run in delivery.about(one)}
        groups = await self._groups.get_many(list(wanted)) if wanted else {}
        return [Begun(groups) if is_mine else None for is_mine in mine]

    def concluded(self, row: Delivery, outcome: SendOutcome) -> Decided:
        """Return a row after one try, by its channel's policy."""
        return delivery.concluded(row, outcome, self.policies.get(row.channel, Policy()), clock.now())

    async def save(self, claimed: Claimed, after: Delivery, event: Any) -> None:
        """Write what became of the row, however long the database is away, and have it told."""
        now = clock.now()
        events = [] if event is None else [self._bus.encode(event).stamped(*_times(claimed.delivery))]
        change = self._deliveries.outcome(claimed, after, events, now)
        while True:
            try:
                saved = await self._saving.add(change)
                break
            except Unavailable:
                await asyncio.sleep(PAUSE_S)
        if not saved:
            log.warning("delivery.taken_over", delivery_id=after.id, state=after.state.value)
            return
        self._telling.soon(after.id, events)
        self.observe(after)
        log.info(
            f"delivery.{'delayed' if event is None else after.state.value}",
            delivery_id=after.id,
            group_id=after.group_id,
            channel=after.channel,
            attempt=after.attempts,
            reason=after.reason,
        )


def _recorded(row: Delivery, record: RunRecord | None) -> Delivery:
    """Return the row with the request that it led to, as people are shown it."""
    return row if record is None else row.model_copy(update={"record": record, "url": record.url})


def _times(row: Delivery) -> tuple[float, float]:
    """Return how long the row waited until it was due, and from then on was worked on, in ms."""
    due_at = row.due_at or row.created_at
    waited = (due_at - row.created_at).total_seconds() * 1000
    return max(0.0, waited), max(0.0, (clock.now() - due_at).total_seconds() * 1000)
