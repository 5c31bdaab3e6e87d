"""Everybody who is shown a demo sees that it is one, in every medium and within its limits."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.domain.configuration import Integration
from shared.domain.demo import WITHOUT_DEMO, marked_cards
from shared.domain.model import Alert, Card, Group, Problem
from shared.domain.rendering import render
from shared.domain.routing import route
from shared.domain.template_jobs import (
    MEDIA,
    RenderJob,
    RouteJob,
    rendered_without_templates,
    routed_without_templates,
)
from shared.integrations import all_types

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
INTEGRATION = Integration(id="C1", name="prod", type="webhook", token_digest="x")
PROBLEM = Problem(integration_id="C1", where="templates", message="too slow")


def job(is_demo: bool, payload: Any, integration: Integration = INTEGRATION) -> RenderJob:
    group = Group(
        id="G1",
        integration_id="C1",
        key="k",
        is_demo=is_demo,
        first_alert_id="A1",
        last_alert_id="A1",
        opened_at=NOON,
        last_alert_at=NOON,
    )
    return RenderJob(integration=integration, group=group, payload=payload)


@pytest.mark.parametrize("medium", MEDIA)
def test_a_demo_is_marked_in_every_medium_and_a_real_alert_in_none(medium: str) -> None:
    payload = {"title": "Disk full"}
    real, demo = (render(job(one, payload), NOON).cards[medium] for one in (False, True))
    assert "demo" not in real.title.lower()
    assert demo.title in (f"[Demo] {real.title}", f"Demo: {real.title}")
    assert (demo.message, demo.source_link) == (real.message, real.source_link)


def test_a_demo_whose_templates_cannot_be_evaluated_is_marked_too() -> None:
    assert all(
        "Demo" in one.title for one in rendered_without_templates(job(True, {}), PROBLEM).cards.values()
    )
    alert = Alert(id="A1", integration_id="C1", received_at=NOON, is_demo=True)
    assert routed_without_templates(RouteJob(alert=alert, integration=INTEGRATION), PROBLEM).title == (
        "[Demo] Alert from prod"
    )


def test_the_mark_does_not_make_a_title_longer_than_its_medium_takes() -> None:
    cards = marked_cards({name: Card(title="x" * 300) for name in ("sms", "phone_call", "mobile_app", "web")})
    assert [len(one.title) for one in cards.values()] == [300, 300, 200, 307]
    assert not set(cards["sms"].title) & set("<>*`[]{}")


RESOLVING = [one for one in all_types() if one.slug not in WITHOUT_DEMO and one.example_resolved is not None]


@pytest.mark.parametrize("type", [pytest.param(one, id=one.slug) for one in RESOLVING])
def test_the_resolved_example_of_a_type_resolves_the_demo_of_its_firing_one(type: Any) -> None:
    integration = INTEGRATION.model_copy(update={"type": type.slug})

    def routed(body: Any, number: int) -> Any:
        payload = type.split(body)[0]
        alert = Alert(
            id=f"A{number}",
            integration_id="C1",
            received_at=NOON,
            payload=payload,
            is_demo=True,
            demo_id="d1",
        )
        return route(RouteJob(alert=alert, integration=integration), NOON)

    firing, resolved = routed(type.example_firing, 1), routed(type.example_resolved, 2)
    assert firing.grouping_digest == resolved.grouping_digest
    assert (firing.resolve, resolved.resolve) == (False, True)
