"""What the escalator does with a batch: escalations are decided, posts and webhooks are asked for, all is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from services.escalator.deciding import Deciding
from services.escalator.responding import Responding, is_about_purpose
from shared import clock
from shared.domain.configuration import ConfigSnapshot
from shared.domain.posts import posts_of
from shared.domain.reminder_pages import reminder_pages
from shared.domain.webhook_triggers import webhooks_of
from shared.events import Event, GroupRendered, NotificationRequested, WebhookRequested
from shared.live_configuration import LiveConfiguration
from shared.metrics import Metrics
from shared.stage import Done, Handled, Outcome
from shared.telling import Row, Telling

LATE = timedelta(seconds=5)
BEHIND_FOR_S = 10.0


@dataclass(frozen=True)
class Decisions:
    """Who decides: about the chains of groups, and about people who were paged directly."""

    chains: Deciding
    responders: Responding


class Escalator:
    """The handler: one call per batch."""

    def __init__(
        self,
        decisions: Decisions,
        telling: Telling,
        config: LiveConfiguration,
        metrics: Metrics,
        default_channel: str,
    ) -> None:
        self._deciding = decisions.chains
        self._responding = decisions.responders
        self._telling = telling
        self._config = config
        self._metrics = metrics
        self._default_channel = default_channel
        self._late_at_s = float("-inf")

    @property
    def is_behind(self) -> bool:
        """Whether events that came lately were old already: then what is missing may only be late."""
        return clock.monotonic_s() < self._late_at_s + BEHIND_FOR_S

    async def handle(self, batch: Sequence[Event]) -> Handled:
        """Apply a batch; every event is answered with what it caused."""
        config = await self._config.at_least(max(one.config_version for one in batch))
        told = await self._deciding.decide([one for one in batch if not is_about_purpose(one)], config)
        direct = await self._responding.decide(batch, config)
        causes = {one.id: position for position, one in enumerate(batch)}
        outcomes: list[Outcome] = [
            Done((*self._posts(newest, config), *_webhooks(one, config), *_reminders(one, config)))
            for one, newest in zip(batch, _newest(batch), strict=True)
        ]
        for one in (*told, *direct):
            position = causes[one.cause_id]
            before = outcomes[position]
            assert isinstance(before, Done)
            outcomes[position] = Done((*before.events, *one.events))

        async def clear() -> None:
            self._observe(batch)
            await self._telling.clear([Row(one.document_id, one.events) for one in told])
            await self._responding.clear(direct)

        return Handled(outcomes, clear)

    def _posts(self, event: GroupRendered | None, config: ConfigSnapshot) -> list[Event]:
        if event is None:
            return []
        return list(posts_of(event, config, self._default_channel, clock.now()))

    def _observe(self, batch: Sequence[Event]) -> None:
        now = clock.now()
        if now - min(one.time for one in batch) > LATE:
            self._late_at_s = clock.monotonic_s()
        for one in batch:
            if isinstance(one, GroupRendered) and one.alerts:
                self._metrics.since_accept_s.observe(
                    max(0.0, (now - one.group.last_alert_at).total_seconds())
                )


def _webhooks(event: Event, config: ConfigSnapshot) -> list[WebhookRequested]:
    """Ask for webhooks by every change: what a repeated event asks for again is in the ledger already."""
    return webhooks_of(event, config, clock.now()) if isinstance(event, GroupRendered) else []


def _reminders(event: Event, config: ConfigSnapshot) -> list[NotificationRequested]:
    """Ask for the pages of a reminder: what a repeated event asks for again is in the ledger already."""
    return reminder_pages(event, config, clock.now()) if isinstance(event, GroupRendered) else []


def _newest(batch: Sequence[Event]) -> list[GroupRendered | None]:
    """Return for each position the event that a chat shall show: the newest of each group, once."""
    newest: dict[str, int] = {}
    for position, one in enumerate(batch):
        if isinstance(one, GroupRendered):
            before = newest.get(one.group.id)
            known = batch[before] if before is not None else None
            if not isinstance(known, GroupRendered) or known.group.version < one.group.version:
                newest[one.group.id] = position
    chosen = set(newest.values())
    return [
        one if position in chosen and isinstance(one, GroupRendered) else None
        for position, one in enumerate(batch)
    ]
