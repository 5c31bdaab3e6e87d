"""How full the queues are, and who serves them, asked of the broker itself."""

from __future__ import annotations

from dataclasses import dataclass

from shared.bus.rabbit import Rabbit
from shared.bus.topology import TOPOLOGY


@dataclass(frozen=True)
class QueueState:
    """One queue as the broker counts it: messages that wait (each may hold up to 64 events), and consumers."""

    name: str
    messages: int
    consumers: int
    exists: bool = True


async def states(rabbit: Rabbit, names: frozenset[str] | None = None) -> list[QueueState]:
    """Return the state of every queue (of these alone), in the topology's order; a missing one is named as such."""
    found: list[QueueState] = []
    channel = await rabbit.channel()
    for spec in TOPOLOGY.queues:
        if names is not None and spec.name not in names:
            continue
        try:
            queue = await channel.declare_queue(spec.name, passive=True)
        except LookupError:
            # The broker answers a missing queue by closing the channel.
            found.append(QueueState(spec.name, 0, 0, exists=False))
            channel = await rabbit.channel()
            continue
        result = queue.declaration_result
        found.append(QueueState(spec.name, result.message_count or 0, result.consumer_count or 0))
    await channel.close()
    return found
