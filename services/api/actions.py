"""User actions on alert groups: requested over the broker, answered when they have taken effect."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from shared.bus.publisher import Publisher
from shared.errors import Unavailable
from shared.events import ActionApplied, ActionRefused, ActionRequested

CONFIRM_TIMEOUT_S = 2.0
OUTCOME_TIMEOUT_S = 3.0
# The actions that are asked for at `alert_groups/{id}/<word>`.
WORDS = (
    *("acknowledge", "unacknowledge", "resolve", "unresolve", "silence", "unsilence"),
    *("confirm", "restart", "attach", "unattach", "page", "unpage"),
)

Outcome = ActionApplied | ActionRefused
Subscribe = Callable[[Callable[[Outcome], None]], str]


class Actions:
    """Asks for actions and waits for their outcomes, which arrive on this instance's own reply queue."""

    def __init__(self, bus: Publisher, subscribe: Subscribe) -> None:
        self._bus = bus
        self._waiting: dict[str, set[asyncio.Future[Outcome]]] = {}
        self._reply_to = subscribe(self._arrived)

    async def ask(self, event: ActionRequested) -> asyncio.Future[Outcome]:
        """Ask for an action; see `ask_all`."""
        return (await self.ask_all([event]))[0]

    async def ask_all(self, events: Sequence[ActionRequested]) -> list[asyncio.Future[Outcome]]:
        """Ask for actions; the returned futures get their outcomes. Cancel them when nobody waits any more.

        Raises:
            Unavailable: the broker did not confirm the requests; they may or may not take effect.
        """
        waiting = [self._wait_for(one.id) for one in events]
        asked = [one.model_copy(update={"reply_to": self._reply_to}) for one in events]
        try:
            await self._bus.publish(asked, timeout_s=CONFIRM_TIMEOUT_S)
        except Unavailable:
            for one in waiting:
                one.cancel()
            raise
        return waiting

    async def request(self, event: ActionRequested, timeout_s: float = OUTCOME_TIMEOUT_S) -> Outcome | None:
        """Ask for an action; return its outcome, or None when none came within `timeout_s` of the confirm.

        Raises:
            Unavailable: the broker did not confirm the request; it may or may not take effect.
        """
        waiting = await self.ask(event)
        try:
            return await asyncio.wait_for(waiting, timeout_s)
        except TimeoutError:
            return None

    def _wait_for(self, action_id: str) -> asyncio.Future[Outcome]:
        waiting: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(action_id, set()).add(waiting)
        waiting.add_done_callback(lambda done: self._forget(action_id, done))
        return waiting

    def _arrived(self, outcome: Outcome) -> None:
        for waiting in list(self._waiting.get(outcome.action_id, ())):
            if not waiting.done():
                waiting.set_result(outcome)

    def _forget(self, action_id: str, waiting: asyncio.Future[Outcome]) -> None:
        left = self._waiting.get(action_id, set())
        left.discard(waiting)
        if not left:
            self._waiting.pop(action_id, None)
