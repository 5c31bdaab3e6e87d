"""From a received alert to a routed one: what is asked of the templates, and the event that their answer becomes."""

from __future__ import annotations

from datetime import datetime

from shared.domain.configuration import ConfigSnapshot, Integration
from shared.domain.template_jobs import Routed, RouteJob
from shared.events import AlertReceived, AlertRouted


def integration_of(config: ConfigSnapshot, id: str) -> Integration:
    """Return an integration; for one that was deleted meanwhile a stand-in with the defaults of the plainest type."""
    found = config.integration_by_id.get(id)
    if found is not None:
        return found
    return Integration(id=id, name="deleted integration", type="webhook", token_digest="")


def route_job(event: AlertReceived, config: ConfigSnapshot) -> RouteJob:
    """Return what must be evaluated to route one alert."""
    alert = event.alert
    return RouteJob(
        alert=alert,
        integration=integration_of(config, alert.integration_id),
        routes=config.routes_of.get(alert.integration_id, ()),
        config_version=config.version,
    )


def alert_routed(event: AlertReceived, answer: Routed, config: ConfigSnapshot, now: datetime) -> AlertRouted:
    """Return the event that tells where an alert goes."""
    return AlertRouted.following(
        event,
        time=now,
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
