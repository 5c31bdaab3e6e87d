"""One notifier of the interleaved world: the real sender over a model of the ledger, every call a gate."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from services.notifier.describing import Described
from services.notifier.due import Sender
from shared.domain.delivery import Delivery, DeliveryState, Sent
from shared.domain.model import Group
from shared.errors import Transient, Unanswered
from shared.events import Event
from shared.store.deliveries import Claimed

if TYPE_CHECKING:
    from tests.support.interleaving import World

CALL_S = 10.0


@dataclass
class Row:
    """One row as the database has it."""

    delivery: Delivery
    is_sending: bool = False
    token: str = ""
    lease_until: datetime | None = None
    untold: list[Event] = field(default_factory=list)

    def seen(self) -> Delivery:
        """The row as a claim reads it."""
        state = DeliveryState.SENDING if self.is_sending else self.delivery.state
        return self.delivery.model_copy(update={"state": state})


@dataclass
class Told:
    """An event as the sender gives it to be told."""

    event: Event

    def stamped(self, *_: float) -> Told:
        return self


class Instance:
    """One notifier: its sender, and what it has in hand."""

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.name = name
        self.tasks: set[asyncio.Task[None]] = set()
        self.begun: list[str] = []
        self.is_dead = False
        bus = SimpleNamespace(encode=Told)
        telling = SimpleNamespace(soon=self._soon)
        self.sender = Sender(*(cast("Any", one) for one in (self, self, self, telling, bus)))
        self.sender.describe = {"page": self._describe}

    async def _describe(self, row: Delivery) -> Described:
        channel = SimpleNamespace(read=lambda reply: reply, opening=None)
        return Described(cast("Any", SimpleNamespace(id=row.id, timeout_s=CALL_S)), cast("Any", channel))

    @asynccontextmanager
    async def prepared(self, call: Any) -> AsyncIterator[Callable[[], Awaitable[Sent]]]:
        await self.world.gate(self, "prepare")

        async def ready() -> Sent:
            kind = self.world.handed_over(call.id)
            await self.world.gate(self, "answer")
            if kind == "lost":
                raise Unanswered("the line broke")
            if kind == "later":
                raise Transient("come again")
            return Sent(handle=call.id)

        yield ready

    async def begin_all(self, rows: Sequence[tuple[Claimed, datetime]], at: datetime) -> list[bool]:
        await self.world.gate(self, "sending")
        mine = []
        for claimed, until in rows:
            row = self.world.rows[claimed.delivery.id]
            mine.append(row.token == claimed.token)
            if mine[-1]:
                row.is_sending, row.lease_until = True, until
        self.begun = [one.delivery.id for (one, _), is_mine in zip(rows, mine, strict=True) if is_mine]
        await self.world.gate(self, "sending is stored")
        return mine

    async def get_many(self, ids: Sequence[str]) -> Mapping[str, Group]:
        begun = self.begun
        await self.world.gate(self, "look")
        return self.world.looked(begun)

    def outcome(self, claimed: Claimed, after: Delivery, events: Sequence[Told], at: datetime) -> Any:
        return claimed, after, events

    async def write(self, changes: Sequence[tuple[Claimed, Delivery, Sequence[Told]]]) -> list[bool]:
        await self.world.gate(self, "outcome")
        saved = []
        for claimed, after, events in changes:
            row = self.world.rows[after.id]
            saved.append(row.token == claimed.token)
            if saved[-1]:
                untold = [*row.untold, *(one.event for one in events)]
                self.world.rows[after.id] = Row(after, untold=untold)
        return saved

    def _soon(self, row_id: str, events: Sequence[Told]) -> None:
        if not self.is_dead:
            self.world.tell(row_id)
