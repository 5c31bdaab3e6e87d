"""Names of queues and lanes: what people see in the broker's console, and what their commands take."""

from __future__ import annotations

import pytest

from shared.bus.topology import (
    TOPOLOGY,
    dead_queue_name,
    lanes_of,
    queue_name,
    queues_reached_by,
    retry_queue_name,
)
from shared.events import ActionRequested, AlertReceived, AlertRouted


def test_names_say_whose_queue_it_is():
    assert queue_name("grouper") == "tocsin.grouper"
    assert queue_name("grouper", "actions") == "tocsin.grouper.actions"
    assert retry_queue_name("grouper", 30) == "tocsin.grouper.retry.30s"
    assert dead_queue_name("grouper") == "tocsin.grouper.dead"


def test_no_two_queues_share_a_name():
    names = [spec.name for spec in TOPOLOGY.queues]

    assert len(names) == len(set(names))


@pytest.mark.parametrize("service", ["router", "renderer", "recorder"])
def test_bulk_alerts_travel_beside_the_others_way(service: str):
    assert lanes_of(service) == ("", "bulk")


def test_an_alert_must_reach_the_router_and_the_journal_in_both_lanes():
    names = {spec.name for spec in queues_reached_by((AlertReceived,))}

    assert names == {"tocsin.router", "tocsin.router.bulk", "tocsin.recorder", "tocsin.recorder.bulk"}


def test_an_action_goes_to_its_own_lane_also_when_it_follows_from_a_bulk_alert():
    assert TOPOLOGY.reached_by[ActionRequested.type] == ("tocsin.grouper.actions", "tocsin.recorder")
    assert TOPOLOGY.reached_by[f"{ActionRequested.type}.bulk"] == (
        "tocsin.grouper.actions",
        "tocsin.recorder.bulk",
    )


def test_a_routed_alert_never_stands_in_the_way_of_an_action():
    assert "tocsin.grouper.actions" not in TOPOLOGY.reached_by[AlertRouted.type]
    assert "tocsin.grouper.actions" not in TOPOLOGY.reached_by[f"{AlertRouted.type}.bulk"]
