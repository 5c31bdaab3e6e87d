"""AppDynamics: a violation is a group, by its incident or by application and node."""

from __future__ import annotations

from typing import Any

import pytest

from shared.integrations.appdynamics import example
from tests.unit.integrations.bodies import card, routed

SLUG = "appdynamics"


def by_oncalls_template(display: str = "Health Rule Violation Started - Critical") -> dict[str, Any]:
    """The template of OnCall's guide: neither health rule nor incident, and blanks left as they were."""
    event = {**example("firing")["event"], "displayName": display, "eventType": "", "eventTypeKey": ""}
    for name in ("healthRule", "incident", "tier"):
        event.pop(name)
    return {"event": event}


def test_a_violation_is_named_and_its_end_resolves_it() -> None:
    firing, resolved = routed(SLUG, example("firing")), routed(SLUG, example("resolved"))

    assert firing.title == "Business transaction response time on checkout-3"
    assert (firing.resolve, resolved.resolve) == (False, True)
    assert firing.grouping_digest == resolved.grouping_digest


@pytest.mark.parametrize(
    ("display", "resolves"),
    [
        ("Health Rule Violation Continues - Warning", False),
        ("Health Rule Violation Upgraded - Warning to Critical", False),
        ("Health Rule Violation Ended - Warning", True),
        ("Health Rule Violation Canceled - Critical", True),
    ],
)
def test_the_template_of_oncall_groups_by_application_and_node(display: str, resolves: bool) -> None:
    found = routed(SLUG, by_oncalls_template(display))

    assert (found.grouping_key, found.resolve) == ('["Shop","checkout-3",null]', resolves)


def test_two_incidents_and_two_nodes_are_two_groups() -> None:
    other = {"event": {**example("firing")["event"], "incident": {"id": "0"}}}
    node = by_oncalls_template()
    node["event"]["node"] = {"name": "checkout-4"}

    assert routed(SLUG, example("firing")).grouping_key != routed(SLUG, other).grouping_key
    assert routed(SLUG, by_oncalls_template()).grouping_key != routed(SLUG, node).grouping_key
    assert routed(SLUG, {"event": {"incident": {"id": 0}}}).grouping_key == "[null,null,null,0]"
    assert routed(SLUG, {"event": {"eventMessage": "x"}}).grouping_key is None


def test_the_message_says_where_how_bad_and_when_and_no_blanks() -> None:
    body = example("firing")
    body["event"]["tier"]["name"] = "${latestEvent.tier.name}"
    shown = card(SLUG, body)

    for text in ("ERROR", "Shop / checkout-3", "Mon Jan 05 10:00:00", "4,200 ms"):
        assert text in shown.message
    assert "${" not in shown.message
    assert shown.source_link == example("firing")["event"]["deepLink"]
