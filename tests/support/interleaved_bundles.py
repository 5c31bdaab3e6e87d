"""The interleaved world for messages about several alert groups: a bundle of collected pages, and a storm's digest.

Three groups fire; each has a page that was collected, and one row is a digest of two of them. People act on the groups
while two notifiers claim, look, hand over and die.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

from services.notifier.bundles import Bundles
from services.notifier.describing import Described
from shared.domain import delivery
from shared.domain.bundling import FOLLOWS_AFTER
from shared.domain.delivery import Delivery, DeliveryState
from shared.domain.ledger import about
from shared.domain.model import Group, GroupRun
from shared.events import Event
from shared.store.delivery_claims import Claimed, folded, goes_along
from tests.support.build import NOON, a_configuration
from tests.support.interleaved_notifier import CALL_S, Instance, Row
from tests.support.interleaving import CLAIM_S, Broken, World
from tests.support.outgoing import a_group, page_requested

KEYS = ("disk", "cpu", "net")


class BundleWorld(World):
    """Its messages are about several groups; `seen` are the groups as the last look of a row showed them."""

    def __init__(self, seed: int) -> None:
        self.groups = {one.id: one for one in (a_group(key=key) for key in KEYS)}
        self.seen: dict[str, Mapping[str, Group]] = {}
        super().__init__(seed, a_configuration())
        for number, group in enumerate(self.groups.values()):
            page = page_requested(group, channel="sms")
            row = delivery.requested(page, "sms:alice", NOON)
            due_at = NOON + (FOLLOWS_AFTER if number else timedelta())
            self.rows[row.id] = Row(row.model_copy(update={"bundle": "b", "due_at": due_at}))
        digest = tuple(GroupRun(id=one.id, run=1) for one in list(self.groups.values())[:2])
        page = page_requested(next(iter(self.groups.values())), channel="sms", part="digest", digest=digest)
        self.rows[page.id] = Row(delivery.requested(page, "sms:alice", NOON))

    def looked(self, row_ids: Sequence[str]) -> Mapping[str, Group]:
        """Return the groups as they are now."""
        now = dict(self.groups)
        self.seen |= dict.fromkeys(row_ids, now)
        return now

    def handed_over(self, row_id: str) -> str:
        """A message leaves, for all rows whose ids stand in it."""
        ids = row_id.split(" ")
        self.story.append(f"hand over {len(ids)}")
        for id in ids:
            groups = self.seen.pop(id, None)
            if groups is None:
                raise Broken(self._told("nobody looked at the group before"))
            if not self._is_wanted(self.rows[id], groups):
                raise Broken(self._told("the last look saw that nobody wants it any more"))
        kind = self.chance.choice(("taken", "taken", "taken", "lost", "later"))
        self.handed.update(ids if kind != "later" else ())
        if any(count > 1 for count in self.handed.values()):
            raise Broken(self._told("the same page went out twice"))
        return kind

    def _changed(self, change: str, **fields: Any) -> None:
        """Write one of the groups, as the grouper does: from now on it is accepted."""
        self.group = self.group.model_copy(update={"version": self.group.version + 1, **fields})
        if self.group.id in self.groups:
            self.groups[self.group.id] = self.group
        self.story.append(f"{change} {self.group.key} (run {self.group.run})")

    def _act(self) -> None:
        self.group = self.chance.choice(list(self.groups.values()))
        super()._act()

    def _take(self, event: Event) -> None:
        """Nobody goes on from what is told here."""

    def _wake(self) -> None:
        """No escalation waits here."""

    def _begin(self, row: Row, instance: Instance) -> None:
        held = [row, *(one for one in self.rows.values() if one is not row and self._comes_along(one, row))]
        for one in held:
            one.token = f"{instance.name} {self.chance.random()}"
            one.lease_until = self.now + timedelta(seconds=CLAIM_S)
        (claimed,) = folded([Claimed(one.seen(), one.token) for one in held])
        task = asyncio.ensure_future(self._bundles(instance).send(claimed))
        instance.tasks.add(task)

    def _comes_along(self, other: Row, row: Row) -> bool:
        is_free = other.lease_until is None or other.lease_until < self.now
        both = goes_along(other.seen()) and goes_along(row.seen())
        return is_free and both and other.delivery.bundle == row.delivery.bundle

    def _bundles(self, instance: Instance) -> Bundles:
        async def glance(ids: Sequence[str]) -> Mapping[str, Group]:
            await self.gate(instance, "first look")
            return dict(self.groups)

        async def describe(rows: Sequence[Delivery], groups: Mapping[str, Group]) -> Described:
            await self.gate(instance, "describe")
            channel = SimpleNamespace(read=lambda reply: reply, opening=None)
            call = SimpleNamespace(id=" ".join(row.id for row in rows), timeout_s=CALL_S)
            return Described(cast("Any", call), cast("Any", channel))

        groups, pages = SimpleNamespace(get_many=glance), SimpleNamespace(describe_bundle=describe)
        return Bundles(instance.sender, cast("Any", groups), cast("Any", pages))

    def _is_wanted(self, row: Row, groups: Mapping[str, Group]) -> bool:
        """Whether one of the groups that it is about fires in the run that it is about."""
        runs = [(groups[one.id], one.run) for one in about(row.delivery)]
        return any(group.is_firing and group.run == run for group, run in runs)

    def _judge(self) -> None:
        """At rest: every row has a last word, and none was dropped while one of its groups wanted it."""
        for row in self.rows.values():
            one = row.delivery
            if row.is_sending or one.state is DeliveryState.PENDING:
                raise Broken(self._told(f"a page was left {one.state}"))
            if one.state is DeliveryState.CANCELLED and self._is_wanted(row, self.groups):
                raise Broken(self._told(f"a page was dropped although it is wanted: {one.reason}"))
