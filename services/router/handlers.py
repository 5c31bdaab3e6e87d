"""What the router does with a batch: the routes, keys and signals of all its alerts in one call to the templates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from shared import clock
from shared.domain.configuration import ConfigSnapshot
from shared.domain.routed_alerts import alert_routed, route_job
from shared.domain.template_jobs import Routed
from shared.events import AlertReceived, Event
from shared.live_configuration import LiveConfiguration
from shared.sandbox import SLOW, Deferred, Sandbox
from shared.stage import Done, Handled, Outcome, Retry


class Router:
    """The handler: one call per batch."""

    def __init__(self, sandbox: Sandbox, config: LiveConfiguration) -> None:
        self._sandbox = sandbox
        self._config = config

    async def handle(self, batch: Sequence[Event]) -> Handled:
        """Route a batch; every alert goes on, whatever its templates do."""
        received = [one for one in batch if isinstance(one, AlertReceived)]
        config = await self._config.at_least(max(one.config_version for one in received))
        jobs = [route_job(one, config) for one in received]
        answers = await self._sandbox.route_or_defer(jobs, clock.now())
        now = clock.now()
        return Handled(
            [_outcome(one, answer, config, now) for one, answer in zip(received, answers, strict=True)]
        )


def _outcome(
    event: AlertReceived, answer: Routed | Deferred, config: ConfigSnapshot, now: datetime
) -> Outcome:
    if isinstance(answer, Deferred):
        return Retry(SLOW, answer.after_s, counted=False)
    return Done((alert_routed(event, answer, config, now),))
