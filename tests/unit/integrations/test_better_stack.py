"""Better Stack: an incident is one group from its start to its end."""

from __future__ import annotations

from typing import Any

import pytest

from shared.errors import Permanent
from shared.integrations.better_stack import example
from shared.integrations.integration_type import NotAnAlert
from tests.unit.integrations.bodies import card, routed, type_of

SLUG = "better_stack"


@pytest.mark.parametrize(
    ("event", "resolve", "acknowledge"),
    [("started", False, False), ("acknowledged", False, True), ("resolved", True, False)],
)
def test_an_incident_is_named_acknowledged_and_resolved(event: str, resolve: bool, acknowledge: bool) -> None:
    decided = routed(SLUG, example(event))

    assert (decided.title, decided.grouping_key) == ("Shop front page: Status 503", '["25"]')
    assert (decided.resolve, decided.acknowledge) == (resolve, acknowledge)


def test_the_message_says_where_why_since_when_and_links() -> None:
    shown = card(SLUG, example("started"))

    for text in ("Status 503", "GET", "https://shop.example.com/", "2026-01-05 10:00:00 UTC", "us, eu"):
        assert text in shown.message
    assert shown.source_link == "https://shop.example.com/"


def test_an_incident_of_a_heartbeat_has_no_address_and_is_named_all_the_same() -> None:
    body = example("started")
    body["data"]["attributes"].update(
        name="Nightly backup", url=None, http_method=None, cause="Missed heartbeat"
    )
    body["data"]["relationships"] = {"heartbeat": {"data": {"id": "9", "type": "heartbeat"}}}

    assert routed(SLUG, body).title == "Nightly backup: Missed heartbeat"
    assert card(SLUG, body).source_link is None


@pytest.mark.parametrize("kind", ["monitor", "on_call_calendar"])
def test_changes_of_monitors_and_of_who_is_on_call_are_no_alerts(kind: str) -> None:
    with pytest.raises(NotAnAlert):
        type_of(SLUG).split({"event": "updated", "data": {"id": "1", "type": kind, "attributes": {}}})


def test_the_incident_log_is_refused_with_the_way_out() -> None:
    with pytest.raises(Permanent, match="outgoing webhook"):
        type_of(SLUG).split({"dt": "2026-05-13T10:00:00.000Z", "event": "incident.started", "message": "x"})


@pytest.mark.parametrize(("number", "key"), [(0, "[0]"), ("26", '["26"]')])
def test_two_incidents_are_two_groups(number: Any, key: str) -> None:
    assert routed(SLUG, {**example("started"), "data": {"id": number}}).grouping_key == key
