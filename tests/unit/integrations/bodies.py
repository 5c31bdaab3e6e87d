"""What an integration type makes of a body: for the tests of single types."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from shared.domain.configuration import Integration
from shared.domain.model import Alert, Card, Group
from shared.domain.rendering import render
from shared.domain.routing import route
from shared.domain.template_jobs import Rendered, RenderJob, Routed, RouteJob
from shared.integrations import by_slug
from shared.integrations.integration_type import IntegrationType

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def type_of(slug: str) -> IntegrationType:
    """Return a type that exists."""
    found = by_slug(slug)
    assert found is not None
    return found


def integration(slug: str, **fields: Any) -> Integration:
    """Return an integration of a type with its defaults."""
    return Integration(**{"id": "C1", "name": "prod", "type": slug, "token_digest": "x", **fields})


def routed(slug: str, body: Any, **fields: Any) -> Routed:
    """Return what the router decides of the one alert in a body."""
    (payload,) = type_of(slug).split(body)
    alert = Alert(id="A1", integration_id="C1", received_at=NOON, payload=payload)
    return route(RouteJob(alert=alert, integration=integration(slug, **fields)), NOON)


def rendered(slug: str, body: Any, **fields: Any) -> Rendered:
    """Return what every medium shows of the one alert in a body."""
    (payload,) = type_of(slug).split(body)
    group = Group(
        id="G1",
        integration_id="C1",
        key="k",
        number=7,
        first_alert_id="A1",
        last_alert_id="A1",
        opened_at=NOON,
        last_alert_at=NOON,
    )
    job = RenderJob(
        integration=integration(slug, **fields),
        group=group,
        payload=payload,
        group_url="https://t.example.com/g/7",
    )
    return render(job, NOON)


def card(slug: str, body: Any, medium: str = "web", **fields: Any) -> Card:
    """Return what one medium shows of the one alert in a body."""
    return rendered(slug, body, **fields).cards[medium]
