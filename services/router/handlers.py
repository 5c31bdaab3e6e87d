"""What the router does with a batch: the routes, keys and signals of all its alerts in one call to the templates."""

from __future__ import annotations

from collections.abc import Sequence

from shared import clock
from shared.domain.configuration import ConfigSnapshot, Integration
from shared.domain.template_jobs import Routed, RouteJob
from shared.events import AlertReceived, AlertRouted, Event
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
        answers = await self._sandbox.route_or_defer([_job(one, config) for one in received], clock.now())
        return Handled([_outcome(one, answer, config) for one, answer in zip(received, answers, strict=True)])


def _outcome(event: AlertReceived, answer: Routed | Deferred, config: ConfigSnapshot) -> Outcome:
    if isinstance(answer, Deferred):
        return Retry(SLOW, answer.after_s, counted=False)
    return Done((_routed(event, answer, config),))


def _job(event: AlertReceived, config: ConfigSnapshot) -> RouteJob:
    alert = event.alert
    integration = config.integration_by_id.get(alert.integration_id)
    if integration is None:
        # Deleted meanwhile: its alert is still kept and shown, with the defaults of the plainest type.
        integration = Integration(
            id=alert.integration_id, name="deleted integration", type="webhook", token_digest=""
        )
    routes = config.routes_of.get(alert.integration_id, ())
    return RouteJob(alert=alert, integration=integration, routes=routes, config_version=config.version)


def _routed(event: AlertReceived, answer: Routed, config: ConfigSnapshot) -> AlertRouted:
    return AlertRouted.following(
        event,
        time=clock.now(),
        config_version=config.version,
        alert=event.alert,
        route_id=answer.route_id,
        key=answer.grouping_digest,
        grouping_key=answer.grouping_key,
        resolve=answer.resolve,
        acknowledge=answer.acknowledge,
        title=answer.title,
        labels=answer.labels,
        problems=answer.problems,
        decision="routed" if answer.route_id else "no_route",
        reason=f"{answer.route_reason}; {answer.grouping_reason}",
    )
