"""Sends the pages of one person that were collected (collecting.py) as one message.

Each page stays a row of its own, with its own last check and its own last word: whose group was acknowledged drops
out before the message is made, and nobody but the rows in the message is told as sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from services.notifier.describing import Described, Pages
from services.notifier.due import SENDING_MARGIN_S, Sender
from shared import clock
from shared.channels.channel import SmtpReply
from shared.domain import delivery
from shared.domain.bundling import FOLLOWS_AFTER
from shared.domain.delivery import NoWord, Refused, Retry, SendOutcome
from shared.errors import Permanent, Transient, Unanswered, Unavailable
from shared.sending import HandOver
from shared.store.alert_groups import AlertGroups
from shared.store.deliveries import Claimed


class Bundles:
    """Sends rows that go out as one message."""

    def __init__(self, sender: Sender, groups: AlertGroups, pages: Pages) -> None:
        self._sender = sender
        self._groups = groups
        self._pages = pages

    async def send(self, claimed: Claimed) -> None:
        """Take a row, and those that it has along, as far as they go now."""
        if not claimed.along:
            await self._sender.send(claimed)
            return
        held: list[Claimed] = [replace(claimed, along=()), *claimed.along]
        try:
            while len(held) > 1:
                left = await self._try(held)
                if not left:
                    return
                held = left
        except Unavailable as error:
            await self._delay(held, error.reason)
            return
        await self._sender.send(held[0])

    async def _try(self, held: Sequence[Claimed]) -> list[Claimed]:
        """Send the rows that are wanted; return those that are left to try when some dropped out at the last look."""
        groups = await self._groups.get_many([one.delivery.group_id for one in held])
        wanted = await self._drop(
            held, {one.delivery.id: delivery.why_none(one.delivery, groups) for one in held}
        )
        if len(wanted) < 2:
            return wanted
        try:
            described = await self._pages.describe_bundle([one.delivery for one in wanted], groups)
        except Permanent as error:
            await self._conclude(wanted, Refused(error.reason))
            return []
        opened = await self._sender.opened(described)
        if not isinstance(opened, Described):
            await self._conclude(wanted, opened)
            return []
        described = opened
        try:
            async with self._sender.outlet.prepared(described.call) as ready:
                if isinstance(ready, SmtpReply):
                    outcome: SendOutcome = described.channel.read(ready)
                else:
                    left, outcome = await self._hand_over(wanted, described, ready)
                    if left is not None:
                        return left
        except Unavailable:
            raise
        except Unanswered as error:
            outcome = NoWord(error.reason)
        except Transient as error:
            outcome = Retry(error.reason, error.after_s)
        except Permanent as error:
            outcome = Refused(error.reason)
        await self._conclude(wanted, outcome)
        return []

    async def _hand_over(
        self, wanted: Sequence[Claimed], described: Described, ready: HandOver
    ) -> tuple[list[Claimed] | None, SendOutcome]:
        """Write `sending` into all rows, look at their groups, hand over; or return the rows that are left."""
        lease_s = described.call.timeout_s + SENDING_MARGIN_S
        begun = await asyncio.gather(*(self._sender.beginning.add((one, lease_s)) for one in wanted))
        mine = [one for one, begin in zip(wanted, begun, strict=True) if begin is not None]
        groups = {id: group for one in begun if one is not None for id, group in one.groups.items()}
        still = await self._drop(
            mine, {one.delivery.id: delivery.why_none(one.delivery, groups) for one in mine}
        )
        nothing = NoWord("not handed over")
        if len(still) < len(wanted):
            return still, nothing
        outcome: SendOutcome = described.channel.read(await ready())
        return None, outcome

    async def _drop(self, held: Sequence[Claimed], why: Mapping[str, str | None]) -> list[Claimed]:
        """End the rows that nobody wants any more; return the others."""
        for one in held:
            reason = why[one.delivery.id]
            if reason is not None:
                await self._sender.save(one, *delivery.cancelled(one.delivery, reason, clock.now()))
        return [one for one in held if why[one.delivery.id] is None]

    async def _conclude(self, rows: Sequence[Claimed], outcome: SendOutcome) -> None:
        """Write what became of all rows. Who is to be tried again waits for the first to take it along."""
        ends = []
        for number, one in enumerate(rows):
            after, event = self._sender.concluded(one.delivery, outcome)
            if number and after.due_at is not None and event is None:
                after = after.model_copy(update={"due_at": after.due_at + FOLLOWS_AFTER})
            ends.append(self._sender.save(one, after, event))
        await asyncio.gather(*ends)

    async def _delay(self, held: Sequence[Claimed], reason: str) -> None:
        """Give rows back as they were: nothing was handed over."""
        now = clock.now()
        again = [one.delivery.model_copy(update={"due_at": now, "reason": reason}) for one in held]
        await asyncio.gather(
            *(self._sender.save(one, row, None) for one, row in zip(held, again, strict=True))
        )
