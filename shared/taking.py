"""What a stage takes in its hands at once: a run of fresh messages, or one that came before."""

from __future__ import annotations

from shared.bus.incoming import Message
from shared.bus.rabbit import Lane
from shared.events import derived_id

MAX_BATCH_EVENTS = 256


def take(lane: Lane) -> list[Message]:
    """Take what has arrived, up to a batch. A message that came before is a batch of its own.

    When a process dies, everything it had in hand counts one more delivery. Taking repeated messages alone, each
    time in another order, lets the innocent ones through before the one that kills reaches its limit.
    """
    waiting = lane.waiting
    if not waiting:
        return []
    if _is_repeat(waiting[0]):
        run = 0
        while run < len(waiting) and _is_repeat(waiting[run]):
            run += 1
        chosen = min(range(run), key=lambda index: _shuffled(waiting[index]))
        message = waiting[chosen]
        del waiting[chosen]
        return [message]
    taken: list[Message] = []
    events = 0
    while waiting and events < MAX_BATCH_EVENTS:
        if _is_repeat(waiting[0]):
            break
        message = waiting.popleft()
        taken.append(message)
        events += events_in(message)
    return taken


def _shuffled(message: Message) -> str:
    return derived_id(message.message_id, message.headers.get("x-delivery-count", 0))


def events_in(message: Message) -> int:
    """Return how many events a message says it holds."""
    return int(str(message.headers.get("x-events", 1)))


def _is_repeat(message: Message) -> bool:
    return bool(message.redelivered)
