"""The laws of events and queues, held over all services: who tells, who hears, and that nothing falls between."""

from __future__ import annotations

import importlib
import re

import pytest

from deploy.local.surroundings import service_names
from shared import events
from shared.bus.topology import (
    CONSUMES,
    DELIVERY_LIMIT,
    LANES,
    RUNGS_S,
    TOPOLOGY,
    QueueSpec,
    dead_queue_name,
    lanes_of,
    queue_name,
    queues_reached_by,
    retry_queue_name,
)
from shared.events import CATALOGUE, Event
from shared.service import Service

SERVICES: dict[str, Service] = {
    name: importlib.import_module(f"services.{name}.service").service for name in service_names()
}
QUEUES: dict[str, QueueSpec] = {spec.name: spec for spec in TOPOLOGY.queues}
REQUESTS = {
    events.NoticeRequested,
    events.ActionRequested,
    events.ChainRefreshRequested,
    events.PostRequested,
    events.NotificationRequested,
    events.WebhookRequested,
}
TOLD_BY_SEVERAL = {*REQUESTS, events.AlertReceived, events.StageDecided}


def emitters_of(kind: type[Event]) -> set[str]:
    """Return the services that declare to tell events of a type."""
    return {name for name, service in SERVICES.items() if kind in service.emits}


def named_in_the_catalogue(kind: type[Event]) -> set[str]:
    """Return the services that a type's docstring names before its arrow (or colon) as its emitters."""
    head = re.split(r"->|:", kind.__doc__ or "", maxsplit=1)[0]
    return {name for name in SERVICES if re.search(rf"\b{name.replace('_', '-')}\b", head)}


def key_of(kind: type[Event], lane: str) -> str:
    """Return the routing key of a type in a lane."""
    return f"{kind.type}.{lane}" if lane else kind.type


@pytest.mark.parametrize("kind", sorted(set(CATALOGUE) - TOLD_BY_SEVERAL, key=lambda one: one.type))
def test_a_fact_has_exactly_one_emitter(kind: type[Event]):
    assert len(emitters_of(kind)) == 1


@pytest.mark.parametrize("kind", [one for one in CATALOGUE if one is not events.StageDecided])
def test_who_tells_a_type_is_who_the_catalogue_names(kind: type[Event]):
    assert emitters_of(kind) == named_in_the_catalogue(kind)


def test_a_decision_without_an_onward_event_is_told_by_stages_and_the_way_in_only():
    assert emitters_of(events.StageDecided) <= {*CONSUMES, "receiver"}


@pytest.mark.parametrize("kind", CATALOGUE)
def test_a_type_has_a_consumer_beside_the_journal_where_the_catalogue_names_one(kind: type[Event]):
    hearers = (kind.__doc__ or "").partition("->")[2].split(":")[0]
    consumers = {name for name in CONSUMES if re.search(rf"\b{name.replace('_', '-')}\b", hearers)}

    assert [name for name in consumers if kind not in CONSUMES[name]] == []
    assert consumers or kind not in events.UNRECORDED
    assert (kind in CONSUMES["recorder"]) == (kind not in events.UNRECORDED)


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize("kind", CATALOGUE)
def test_a_type_reaches_everybody_who_consumes_it_in_every_lane(kind: type[Event], lane: str):
    reached = TOPOLOGY.reached_by[key_of(kind, lane)]

    for service, kinds in CONSUMES.items():
        queues = {queue_name(service, one) for one in lanes_of(service)}
        assert len(queues.intersection(reached)) == (kind in kinds), service


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize("kind", CATALOGUE)
def test_the_broker_would_route_a_type_as_the_topology_says(kind: type[Event], lane: str):
    def matches(pattern: str) -> bool:
        dotted = re.escape(pattern).replace(r"\#\.", r"(?:.*\.)?").replace(r"\#", ".*")
        return re.fullmatch(dotted, key_of(kind, lane)) is not None

    bound = {spec.name for spec in TOPOLOGY.queues if any(matches(key) for key in spec.keys)}

    assert bound == set(TOPOLOGY.reached_by[key_of(kind, lane)])


@pytest.mark.parametrize("name", sorted(CONSUMES))
def test_a_stage_consumes_what_the_topology_binds_to_it(name: str):
    assert SERVICES[name].consumes == CONSUMES[name]


def test_a_service_that_the_topology_does_not_know_consumes_nothing():
    assert [name for name in SERVICES if name not in CONSUMES and SERVICES[name].consumes] == []


def test_a_service_that_does_not_exist_has_no_queue():
    assert set(CONSUMES) <= set(SERVICES)


@pytest.mark.parametrize("name", sorted(CONSUMES))
def test_a_stage_has_its_lanes_its_ladder_and_its_dead_letters_and_nothing_else(name: str):
    wanted = [queue_name(name, lane) for lane in lanes_of(name)]
    wanted += [retry_queue_name(name, rung_s) for rung_s in RUNGS_S]
    wanted.append(dead_queue_name(name))

    found = [queue for queue in QUEUES if queue.split(".")[1] == name]

    assert found == wanted
    assert f"tocsin.{name}" in found


def test_pings_and_beats_come_to_one_instance_at_a_time_in_their_order():
    """A beat that is handled proves that the pings before it are, which two instances at once could not keep."""
    alone = [name for name, spec in QUEUES.items() if spec.arguments.get("x-single-active-consumer")]

    assert alone == ["tocsin.heartbeat", "tocsin.heartbeat.bulk"]


def test_an_action_has_a_lane_of_its_own_and_the_first_turn():
    assert lanes_of("grouper") == ("actions", "", "bulk")
    assert QUEUES["tocsin.grouper"].keys == (events.AlertRouted.type,)


@pytest.mark.parametrize("queue", sorted(QUEUES))
def test_every_queue_is_a_quorum_queue_that_refuses_what_it_cannot_keep(queue: str):
    arguments = QUEUES[queue].arguments

    assert arguments["x-queue-type"] == "quorum"
    assert arguments["x-overflow"] == "reject-publish"


@pytest.mark.parametrize("name", sorted(CONSUMES))
def test_what_a_lane_gives_up_goes_to_the_dead_letters_after_a_counted_number_of_deliveries(name: str):
    for lane in lanes_of(name):
        arguments = QUEUES[queue_name(name, lane)].arguments

        assert arguments["x-delivery-limit"] == DELIVERY_LIMIT == 20
        assert arguments["x-dead-letter-exchange"] == ""
        assert arguments["x-dead-letter-routing-key"] == dead_queue_name(name)
        assert arguments["x-dead-letter-strategy"] == "at-least-once"


@pytest.mark.parametrize("name", sorted(CONSUMES))
@pytest.mark.parametrize("rung_s", RUNGS_S)
def test_a_rung_gives_an_event_back_to_its_own_stage_after_its_time(name: str, rung_s: int):
    spec = QUEUES[retry_queue_name(name, rung_s)]

    assert spec.keys == ()
    assert spec.arguments["x-message-ttl"] == rung_s * 1000
    assert spec.arguments["x-dead-letter-routing-key"] == queue_name(name)
    assert spec.arguments["x-dead-letter-strategy"] == "at-least-once"


@pytest.mark.parametrize("name", sorted(CONSUMES))
def test_dead_letters_stay_until_somebody_decides(name: str):
    spec = QUEUES[dead_queue_name(name)]

    assert spec.keys == ()
    assert "x-message-ttl" not in spec.arguments
    assert "x-dead-letter-exchange" not in spec.arguments
    assert spec.arguments["x-delivery-limit"] > 1_000_000


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_what_a_service_must_verify_is_every_queue_that_its_types_reach(name: str):
    emits = SERVICES[name].emits

    must_exist = {spec.name for spec in queues_reached_by(emits)}

    for kind in emits:
        for lane in LANES:
            assert set(TOPOLOGY.reached_by[key_of(kind, lane)]) <= must_exist
