"""Alerts that Tocsin makes itself: pages by people and maintenance. Nobody can post them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.domain.model import Alert
from shared.domain.routing import route
from shared.domain.template_jobs import Routed, RouteJob
from shared.errors import Permanent
from shared.integrations.paged import example
from tests.unit.integrations.bodies import integration, type_of

SLUGS = ["manual", "direct_paging", "maintenance"]


def routed(slug: str, payload: Any) -> Routed:
    alert = Alert(
        id="A1", integration_id="C1", received_at=datetime(2026, 1, 5, 12, tzinfo=UTC), payload=payload
    )
    return route(RouteJob(alert=alert, integration=integration(slug)), alert.received_at)


@pytest.mark.parametrize("slug", SLUGS)
def test_they_have_no_url_no_demo_and_take_no_body(slug: str) -> None:
    type = type_of(slug)

    assert (type.has_url, type.has_demo) == (False, False)
    with pytest.raises(Permanent, match="cannot be posted"):
        type.split({"oncall": {"title": "x"}})


@pytest.mark.parametrize("slug", ["manual", "direct_paging"])
def test_each_page_is_a_group_of_its_own(slug: str) -> None:
    one, other = example("Payments fail"), example("Payments fail")
    other["oncall"]["uid"] = "another"

    assert routed(slug, one).title == "Payments fail"
    assert routed(slug, one).grouping_key != routed(slug, other).grouping_key
    assert not routed(slug, one).resolve


def test_a_maintenance_has_a_title_whatever_it_lacks_and_groups_with_nothing() -> None:
    assert routed("maintenance", {"message": "until noon"}).title == "Maintenance"
    assert routed("maintenance", {"title": "Maintenance of prod"}).grouping_key is None
