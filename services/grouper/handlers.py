"""What the grouper does with a batch: alerts join groups, actions change them; then both are told."""

from __future__ import annotations

from collections.abc import Sequence

from services.grouper.actions import Actions
from services.grouper.joining import Joining
from services.grouper.lag import Lag
from services.grouper.telling import GroupTelling
from shared import clock
from shared.events import ActionApplied, ActionRefused, ActionRequested, AlertRouted, Event
from shared.live_configuration import LiveConfiguration
from shared.stage import Done, Handled, Outcome
from shared.telling import Row
from shared.told import Told


class Grouper:
    """The handler: one call per batch."""

    def __init__(
        self,
        joining: Joining,
        actions: Actions,
        telling: GroupTelling,
        config: LiveConfiguration,
        lag: Lag,
    ) -> None:
        self._joining = joining
        self._actions = actions
        self._telling = telling
        self._config = config
        self._lag = lag

    async def handle(self, batch: Sequence[Event]) -> Handled:
        """Apply a batch; every event is answered with what it caused and is not told yet."""
        routed = [one for one in batch if isinstance(one, AlertRouted)]
        requested = [one for one in batch if isinstance(one, ActionRequested)]
        told: list[Told] = []
        if routed:
            self._lag.note(routed, clock.now())
            config = await self._config.at_least(max(one.config_version for one in routed))
            told += await self._joining.join(routed, config.integration_by_id)
        answers: list[ActionApplied | ActionRefused] = []
        if requested:
            changed, answers = await self._actions.apply(requested)
            told += changed
        causes = {one.id: position for position, one in enumerate(batch)}
        outcomes: list[Outcome] = [Done()] * len(batch)
        for one in told:
            position = causes[one.cause_id]
            before = outcomes[position]
            assert isinstance(before, Done)
            outcomes[position] = Done((*before.events, *one.events))

        async def clear() -> None:
            await self._telling.answer(answers)
            rows = [Row(one.document_id, one.events, one.alerts) for one in told if one.document_id]
            await self._telling.clear(rows)

        return Handled(outcomes, clear)
