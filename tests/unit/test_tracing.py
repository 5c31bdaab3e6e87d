"""Spans: every process derives the same tree from the events alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.bus.wire import traceparent
from shared.events import (
    AlertReceived,
    AlertRouted,
    Event,
    GroupOpened,
    GroupRendered,
    StageDecided,
    derived_id,
)
from shared.tracing import Tracing
from tests.support.build import KEY, NOON, a_group, an_alert

ALERT = an_alert()
RECEIVED = AlertReceived(id=derived_id("received"), time=NOON, alert_id=ALERT.id, alert=ALERT)
ROUTED = AlertRouted.following(RECEIVED, alert=ALERT, key=KEY, decision="routed", reason="default route")
OPENED = GroupOpened.following(ROUTED, group=a_group(), decision="opened")
RENDERED = GroupRendered.following(OPENED, group=a_group(), change=GroupOpened.type)
NOON_NS = int(NOON.timestamp()) * 10**9
MS = 10**6


def spans(*steps: tuple[str, Event, Event]) -> dict[str, ReadableSpan]:
    """Return the spans, by name, of stages that each (service, cause, outcome) ran in a process of its own."""
    found: dict[str, ReadableSpan] = {}
    for number, (service, cause, outcome) in enumerate(steps):
        exporter = InMemorySpanExporter()
        tracing = Tracing(service, f"{service}-1", exporter)
        tracing.handled(cause, [outcome], NOON_NS + (10 * number + 5) * MS, NOON_NS + (10 * number + 9) * MS)
        tracing.close()
        found |= {one.name: one for one in exporter.get_finished_spans()}
    return found


def whole_way() -> dict[str, ReadableSpan]:
    """Return the spans of one alert from its acceptance to its rendering."""
    return spans(("router", RECEIVED, ROUTED), ("grouper", ROUTED, OPENED), ("renderer", OPENED, RENDERED))


def test_one_alert_is_one_tree_though_every_stage_is_another_process():
    found = whole_way()

    root, router, grouper, renderer = found.values()
    assert list(found) == [
        "alert.received.v1",
        "router alert.routed.v1",
        "grouper group.opened.v1",
        "renderer group.rendered.v1",
    ]
    assert root.parent is None
    assert [one.parent.span_id for one in (router, grouper, renderer) if one.parent] == [
        one.context.span_id for one in (root, router, grouper)
    ]
    assert {one.context.trace_id for one in found.values()} == {int(ALERT.id.replace("-", ""), 16)}


def test_a_span_is_the_one_that_the_event_names_on_the_wire():
    span = whole_way()["grouper group.opened.v1"]

    assert traceparent(OPENED) == f"00-{span.context.trace_id:032x}-{span.context.span_id:016x}-01"


def test_a_redelivered_event_makes_the_same_span_again():
    first, second = whole_way(), whole_way()

    assert [one.context.span_id for one in first.values()] == [one.context.span_id for one in second.values()]


def test_a_trace_begins_with_the_time_that_the_alert_waited():
    root = whole_way()["alert.received.v1"]

    assert (root.start_time, root.end_time) == (NOON_NS, NOON_NS + 5 * MS)


def test_a_clock_that_runs_ahead_makes_no_span_that_ends_before_it_begins():
    early = RECEIVED.model_copy(update={"time": NOON + timedelta(seconds=1)})

    root = spans(("router", early, ROUTED))["alert.received.v1"]

    assert root.start_time == root.end_time


def test_a_span_says_who_worked_and_what_was_decided():
    span = whole_way()["router alert.routed.v1"]

    assert span.attributes is not None
    assert (span.attributes["tocsin.decision"], span.attributes["tocsin.reason"]) == (
        "routed",
        "default route",
    )
    assert span.resource.attributes["service.name"] == "tocsin-router"
    assert span.resource.attributes["service.instance.id"] == "router-1"


@pytest.mark.parametrize("id", ["1", "not hexadecimal", "ü", "ffff"])
def test_an_id_that_is_no_uuid_is_traced_all_the_same(id: str):
    cause = StageDecided(id=id, time=NOON, stage="test")

    assert len(spans(("grouper", cause, StageDecided.following(cause, stage="test")))) == 2


def test_without_an_endpoint_nothing_is_recorded():
    tracing = Tracing.to("", "router", "router-1")

    tracing.handled(RECEIVED, [ROUTED], NOON_NS, NOON_NS)
    tracing.close()

    assert not tracing.is_on
