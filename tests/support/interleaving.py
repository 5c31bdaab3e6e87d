"""One world in which everything that can overlap does, step by step, as a seed says.

The decisions and the sender are the real ones; the ledger and the groups are small models of what the database does:
each call to them, and each hand-over, is a gate that opens when the world says so. A step opens a gate, delivers an
event (in any order, perhaps twice), moves the clock, lets somebody act on the group, or kills an instance.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, cast

from services.escalator.drafting import Drafting, newest_run
from shared import clock
from shared.domain import delivery
from shared.domain.configuration import ConfigSnapshot
from shared.domain.delivery import DeliveryState
from shared.domain.escalation import NOTHING_KNOWN, Escalation, wake
from shared.domain.model import Card, Group
from shared.events import Event, GroupRendered, NotificationRequested, derived_id
from shared.store.deliveries import Claimed
from shared.store.escalations import Stored
from tests.support.build import ALICE, NOON, a_group
from tests.support.interleaved_notifier import Instance, Row

IS_REDUCED = os.environ.get("TOCSIN_TEST_DEEP") == "reduced"
STEPS = 45
CLAIM_S = 15.0
AT_REST_WITHIN = 600
ACTIONS = ("acknowledge", "unacknowledge", "resolve", "refire")


class Broken(AssertionError):
    """A promise was broken; the message tells the seed and what happened, in order."""


class World:
    """A group that fires, a chain, two notifiers, and chance."""

    def __init__(self, seed: int, config: ConfigSnapshot) -> None:
        self.seed = seed
        self.chance = random.Random(seed)
        self.config = config
        self.now = NOON
        self.group = a_group()
        self.queue: list[Event] = []
        self.rows: dict[str, Row] = {}
        self.escalations: dict[str, Escalation] = {}
        self.checked: dict[str, Group] = {}
        self.handed: Counter[str] = Counter()
        self.gates: list[tuple[Instance, asyncio.Future[None]]] = []
        self.story: list[str] = []
        self.instances = [Instance(self, "one"), Instance(self, "two")]
        self._changed("group.opened.v1")

    async def run(self) -> None:
        """Do so many steps as chance says, then let everything come to rest.

        Raises:
            Broken: a promise was broken.
        """
        before = clock.use(lambda: self.now)
        try:
            for _ in range(STEPS):
                self._step()
                await self._settle()
            await self._rest()
            self._judge()
        finally:
            for one in self.instances:
                self._kill(one)
            await self._settle()
            clock.use(before)

    async def gate(self, instance: Instance, what: str) -> None:
        """Wait until the world lets it happen."""
        opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.gates.append((instance, opened))
        await opened
        self.story.append(f"{instance.name}: {what}")

    def handed_over(self, row_id: str) -> str:
        """A message leaves. Here the promises are kept or broken."""
        row, seen = self.rows[row_id].delivery, self.checked.get(row_id)
        self.story.append(f"hand over {row.event.reason} of run {row.run}")
        if seen is None:
            raise Broken(self._told("nobody looked at the group before"))
        if not seen.is_firing or seen.run != row.run:
            raise Broken(self._told(f"the last look saw the group {seen.state} in run {seen.run}"))
        kind = self.chance.choice(("taken", "taken", "taken", "lost", "later"))
        self.handed[row_id] += kind != "later"
        if self.handed[row_id] > 1:
            raise Broken(self._told("the same page went out twice"))
        del self.checked[row_id]
        return kind

    def looked(self, row_ids: Sequence[str]) -> Mapping[str, Group]:
        """Return the groups as they are now, to who is about to hand these rows over."""
        self.checked |= dict.fromkeys(row_ids, self.group)
        return {self.group.id: self.group}

    def tell(self, row_id: str) -> None:
        """Tell what a row has to tell."""
        self.queue += self.rows[row_id].untold
        self.rows[row_id].untold = []

    def _step(self) -> None:
        options: list[Callable[[], None]] = [self._act, self._pass_time, self._wake, self._sweep]
        options += [self._open_gate] * (6 if self.gates else 0)
        options += [self._deliver] * (5 if self.queue else 0)
        options += [self._claim] * (4 if self._due() else 0)
        options += [self._crash] if self.chance.random() < 0.3 else []
        self.chance.choice(options)()

    def _act(self) -> None:
        """Somebody acts, and the grouper's write is there: from now on it is accepted."""
        if self.chance.random() < 0.6:
            return
        action = self.chance.choice(ACTIONS)
        group = self.group
        if action == "acknowledge" and group.is_firing:
            self._changed("group.acknowledged.v1", acknowledged_at=self.now, acknowledged_by=ALICE)
        elif action == "unacknowledge" and group.acknowledged_at is not None and group.resolved_at is None:
            self._changed(
                "group.unacknowledged.v1", acknowledged_at=None, acknowledged_by=None, run=group.run + 1
            )
        elif action == "resolve" and group.resolved_at is None:
            self._changed("group.resolved.v1", resolved_at=self.now, resolved_by=ALICE)
        elif action == "refire" and group.resolved_at is not None:
            fields: dict[str, Any] = {"resolved_at": None, "resolved_by": None, "acknowledged_at": None}
            self._changed("group.unresolved.v1", **fields, run=group.run + 1)

    def _changed(self, change: str, **fields: Any) -> None:
        self.group = self.group.model_copy(update={"version": self.group.version + 1, **fields})
        self.story.append(f"{change} (run {self.group.run})")
        id = derived_id(self.seed, self.group.version)
        card = {"email": Card(title="DiskFull")}
        self.queue.append(
            GroupRendered(
                id=id, time=self.now, subject=self.group.id, group=self.group, change=change, cards=card
            )
        )

    def _pass_time(self) -> None:
        self.now += timedelta(seconds=self.chance.choice((0.5, 1, 5, 16, 61)))

    def _open_gate(self) -> None:
        _, opened = self.gates.pop(self.chance.randrange(len(self.gates)))
        if not opened.done():
            opened.set_result(None)

    def _deliver(self) -> None:
        at = self.chance.randrange(len(self.queue))
        event = self.queue[at] if self.chance.random() < 0.15 else self.queue.pop(at)
        self._take(event)

    def _take(self, event: Event) -> None:
        """Give an event to whoever consumes it."""
        if isinstance(event, NotificationRequested):
            self.rows.setdefault(event.id, Row(delivery.requested(event, f"email:{event.user_id}", self.now)))
            return
        stored = {id: Stored(one, ()) for id, one in self.escalations.items()}
        drafting = Drafting(stored, newest_run([event], stored), self.config, self.now, NOTHING_KNOWN)
        for draft in drafting.decide([event]).values():
            if draft.after is not None:
                self.escalations[draft.after.id] = draft.after
            self._ask([one for _, one in draft.events])

    def _wake(self) -> None:
        for id, one in self.escalations.items():
            after, events = wake(one, self.config, self.now)
            self.escalations[id] = after
            self._ask(events)

    def _ask(self, events: Sequence[Event]) -> None:
        self.queue += [one for one in events if isinstance(one, NotificationRequested)]

    def _due(self) -> list[Row]:
        found = [one for one in self.rows.values() if one.delivery.due_at and one.delivery.due_at <= self.now]
        return [one for one in found if one.lease_until is None or one.lease_until < self.now]

    def _claim(self) -> None:
        row, instance = self.chance.choice(self._due()), self.chance.choice(self.instances)
        self._begin(row, instance)

    def _begin(self, row: Row, instance: Instance) -> None:
        row.token = f"{instance.name} {self.chance.random()}"
        row.lease_until = self.now + timedelta(seconds=CLAIM_S)
        task = asyncio.ensure_future(instance.sender.send(Claimed(row.seen(), row.token)))
        instance.tasks.add(task)

    def _sweep(self) -> None:
        for id in list(self.rows):
            self.tell(id)

    def _crash(self) -> None:
        at = self.chance.randrange(len(self.instances))
        self.story.append(f"{self.instances[at].name} dies")
        self._kill(self.instances[at])
        self.instances[at] = Instance(self, self.instances[at].name)

    def _kill(self, instance: Instance) -> None:
        instance.is_dead = True
        for one, opened in self.gates:
            if one is instance:
                opened.cancel()
        self.gates = [one for one in self.gates if one[0] is not instance]
        for task in instance.tasks:
            if task.done() and not task.cancelled() and task.exception() is not None:
                raise cast("BaseException", task.exception())
            task.cancel()

    async def _settle(self) -> None:
        """Let what was set in motion go on to its next gate."""
        for _ in range(7):
            await asyncio.sleep(0)
        for one in self.instances:
            for task in [done for done in one.tasks if done.done()]:
                one.tasks.discard(task)
                if not task.cancelled() and task.exception() is not None:
                    raise cast("BaseException", task.exception())

    async def _rest(self) -> None:
        """Let everything happen that is still to happen, in order, until nothing is left."""
        for _ in range(AT_REST_WITHIN):
            if self.gates:
                self.gates.pop(0)[1].set_result(None)
            elif self.queue:
                self._take(self.queue.pop(0))
            elif due := self._due():
                self._begin(due[0], self.instances[0])
            elif not self._go_on():
                return
            await self._settle()
        raise Broken(self._told("it never comes to rest"))

    def _go_on(self) -> bool:
        """Move the clock to what waits; return whether something does."""
        self._sweep()
        times = [one.due_at for one in self.escalations.values() if one.due_at is not None]
        for one in self.rows.values():
            due_at = one.delivery.due_at
            times += [max(due_at, one.lease_until or due_at)] if due_at is not None else []
        if times:
            self.now = max(self.now, min(times)) + timedelta(milliseconds=1)
            self._wake()
        return bool(times or self.queue)

    def _judge(self) -> None:
        """At rest: every page that was asked for has a last word, and none was dropped while it was wanted."""
        current = self.escalations.get(f"{self.group.id}:{self.group.run}")
        for row in self.rows.values():
            one = row.delivery
            if row.is_sending or one.state is DeliveryState.PENDING:
                raise Broken(self._told(f"a page of run {one.run} was left {one.state}"))
            wanted = self.group.is_firing and one.run == self.group.run
            if wanted and one.state is DeliveryState.CANCELLED:
                raise Broken(self._told(f"a page was dropped although it is wanted: {one.reason}"))
        asked = {id for person in (current.personal if current else ()) for id in person.requested}
        if self.group.is_firing and (current is None or not asked or asked - self.rows.keys()):
            raise Broken(self._told("the group fires and a page was never asked for, or lost"))

    def _told(self, why: str) -> str:
        return f"seed {self.seed}: {why}\n" + "\n".join(f"  {one}" for one in self.story)
