"""What a stage answers for each event in its hands."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from shared.bus.publisher import Encoded
from shared.events import Event


@dataclass(frozen=True)
class Done:
    """Handled; `events` are to be told before the message is acknowledged."""

    events: tuple[Event | Encoded, ...] = ()


@dataclass(frozen=True)
class Retry:
    """It may work later: one rung of the retry ladder, or the first rung that waits at least `after_s`.

    Not `counted`, it is no failure: it waits, and has as many tries left as before.
    """

    reason: str
    after_s: float | None = None
    counted: bool = True


@dataclass(frozen=True)
class Dead:
    """It will never work: to the dead-letter queue, with the reason."""

    reason: str


Outcome = Done | Retry | Dead


@dataclass(frozen=True)
class Handled:
    """One outcome per event of the batch, in order.

    `told` runs once all events are confirmed, beside the next batch; it clears `untold`.
    """

    outcomes: Sequence[Outcome]
    told: Callable[[], Awaitable[None]] | None = None


Handler = Callable[[Sequence[Event]], Awaitable[Handled]]
