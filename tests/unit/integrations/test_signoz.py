"""SigNoz: Alertmanager's body, with SigNoz named in the link."""

from __future__ import annotations

from shared.integrations.alertmanager_body import example
from tests.unit.integrations.bodies import routed
from tests.unit.integrations.promises import assert_resolves, assert_says

SLUG = "signoz"


def test_a_resolved_notification_resolves_its_group_and_links_to_signoz() -> None:
    firing = example("firing", sender="signoz")

    assert_resolves(SLUG, firing, example("resolved", sender="signoz"))
    assert "DiskFull" in (routed(SLUG, firing).title or "")
    assert_says(SLUG, firing, "critical", "View in SigNoz", "https://signoz.example.com/")
