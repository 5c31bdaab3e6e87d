"""The wire: whatever is told arrives as it was, and whatever arrives broken is set aside with a reason."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.bus import wire
from shared.bus.wire import MAX_BYTES, MAX_EVENTS, Provenance
from shared.domain.model import Alert, Card
from shared.errors import Permanent
from shared.events import ATTRIBUTES, AlertReceived, Event, GroupRendered, StageDecided, derived_id
from tests.support.build import NOON, a_group
from tests.support.samples import SAMPLES

ROUTER = Provenance("router", "router-1")

texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
# JSON as monitoring tools send it: any text as key, 64-bit integers, deep.
json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=12,
)
instants = st.integers(0, 10**15).map(lambda us: NOON + timedelta(microseconds=us))
ids = st.uuids().map(str)
attributes = st.fixed_dictionaries(
    {
        "id": ids,
        "time": instants,
        "alert_id": st.none() | ids,
        "cause_id": st.none() | ids,
        "subject": st.just("IGROUP"),
        "config_version": st.integers(0, 2**31),
        "decision": texts,
        "reason": texts,
        "lane": st.sampled_from(["", "bulk"]),
    }
)


def received(fields: dict[str, Any], payload: Any) -> AlertReceived:
    """Return an event of this payload."""
    alert = Alert(id=fields["id"], integration_id="C1", received_at=fields["time"], payload=payload)
    return AlertReceived(**fields, alert=alert)


@given(attributes, json)
def test_an_alert_arrives_as_it_was_told(fields: dict[str, Any], payload: Any):
    event = received(fields, payload)

    assert wire.decode(wire.encode(event, ROUTER)) == [event]


@given(attributes, texts, st.dictionaries(st.sampled_from(["web", "slack", "sms"]), texts))
def test_a_rendered_group_arrives_as_it_was_told(fields: dict[str, Any], title: str, cards: dict[str, str]):
    shown = {medium: Card(title=title, message=text) for medium, text in cards.items()}
    group = a_group(title=title, last_alert_at=fields["time"])
    event = GroupRendered(**fields, group=group, change="group.opened.v1", cards=shown)

    assert wire.decode(wire.join([wire.encode(event, ROUTER)])) == [event]


@pytest.mark.parametrize("type", sorted(SAMPLES))
def test_how_long_it_took_is_added_beside_the_event(type: str):
    event = SAMPLES[type]

    body = wire.stamped(wire.encode(event, ROUTER), waited_ms=12.345, worked_ms=0.5)

    assert wire.decode(body) == [event]
    assert [wire.envelopes(body)[0][name] for name in ("waitedms", "workedms")] == [12.3, 0.5]


def test_attributes_are_not_told_twice():
    (envelope,) = wire.envelopes(wire.encode(SAMPLES["group.opened.v1"], ROUTER))

    assert ATTRIBUTES & set(envelope["data"]) == set()
    assert envelope["source"] == "/tocsin/router/router-1"


KIB = [bytes([65 + kind]) * size for kind, size in enumerate((2, 1024, 8 * 1024, 100 * 1024, 300 * 1024))]


@given(st.lists(st.sampled_from(KIB), max_size=150))
def test_a_message_holds_64_events_or_256_kib_and_every_event_once_in_order(encoded: list[bytes]):
    parcels = list(wire.parcels(encoded))

    assert [one for parcel in parcels for one in parcel] == encoded
    for parcel in parcels:
        assert 1 <= len(parcel) <= MAX_EVENTS
        assert len(parcel) == 1 or sum(map(len, parcel)) + len(parcel) + 1 <= MAX_BYTES


def test_the_brackets_and_commas_of_a_batch_count():
    exactly, too_much = MAX_BYTES // 2 - 3, MAX_BYTES // 2 - 2

    assert len(list(wire.parcels([b"a" * exactly, b"b" * (exactly + 3)]))) == 1
    assert len(list(wire.parcels([b"a" * too_much, b"b" * (too_much + 2)]))) == 2


@given(st.integers(0, 300))
def test_small_events_share_as_few_messages_as_they_may(count: int):
    parcels = list(wire.parcels([b"{}"] * count))

    assert len(parcels) == -(-count // MAX_EVENTS)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b'"text"',
        b"17",
        b"null",
        b"[1]",
        b"{}",
        b'{"id": "1"}',
        b'{"type": "alert.received.v1"}',
        b'{"id": 1, "type": "alert.received.v1"}',
        b'[{"id": "1", "type": "x"}, []]',
        b'{"id": "1", "type": "x", "data": "text"}',
        b'{"id": "1", "type": "x", "data": [1]}',
        b'{"id": "1", "type": "x", "alertid": 1}',
        b'{"id": "1", "type": "x", "configversion": "many"}',
        b"\xff\xfe",
    ],
)
def test_what_is_not_cloudevents_is_refused(body: bytes):
    with pytest.raises(Permanent):
        wire.envelopes(body)


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "alert.received.v99"},
        {"type": ""},
        {"time": None},
        {"time": "yesterday"},
        {"data": None},
        {"data": {}},
        {"data": []},
        {"data": "text"},
        {"data": 17},
        {"data": [["alert", 1]]},
        {"data": {"alert": {"id": "1"}}},
        {"configversion": "many"},
        {"lane": {"a": 1}},
        {"subject": ["a"]},
    ],
)
def test_what_does_not_fit_its_type_is_refused_and_not_a_crash(changes: dict[str, Any]):
    (envelope,) = wire.envelopes(wire.encode(SAMPLES["alert.received.v1"], ROUTER))

    with pytest.raises(Permanent):
        wire.decode(orjson.dumps(envelope | changes))


@given(
    st.dictionaries(st.sampled_from(["time", "data", "alertid", "causeid", "configversion", "lane"]), json)
)
def test_no_envelope_whatsoever_is_a_bug(changes: dict[str, Any]):
    (envelope,) = wire.envelopes(wire.encode(SAMPLES["alert.received.v1"], ROUTER))

    try:
        (event,) = wire.decode(orjson.dumps(envelope | changes))
    except Permanent:
        return
    assert isinstance(event, AlertReceived)


@given(st.binary(max_size=200) | json.map(orjson.dumps))
def test_no_body_whatsoever_is_a_bug(body: bytes):
    try:
        events = wire.decode(body)
    except Permanent:
        return
    assert all(isinstance(one, Event) for one in events)


def test_the_reason_names_the_fields_that_do_not_fit_as_they_stand_in_the_envelope():
    (envelope,) = wire.envelopes(wire.encode(SAMPLES["alert.received.v1"], ROUTER))
    envelope["data"]["alert"]["received_at"] = "yesterday"
    del envelope["time"]

    with pytest.raises(Permanent) as refused:
        wire.decode(orjson.dumps(envelope))

    where, *faults = refused.value.reason.split(": ", 1)[1].split("; ")
    assert refused.value.reason.startswith("alert.received.v1: ")
    assert sorted(one.split(":")[0] for one in (where, *faults)) == ["data.alert.received_at", "time"]
    assert "pydantic" not in refused.value.reason


def test_the_lane_is_part_of_the_routing_key():
    event = SAMPLES["alert.routed.v1"]

    assert wire.routing_key(event) == "alert.routed.v1.bulk"
    assert wire.routing_key(event.model_copy(update={"lane": ""})) == "alert.routed.v1"


def test_the_trace_is_the_alert_and_the_span_the_event():
    alert_id, id = derived_id("a"), derived_id("b")
    event = StageDecided(id=id, time=NOON, alert_id=alert_id, stage="grouper")

    version, trace, span, flags = wire.traceparent(event).split("-")

    assert (version, flags) == ("00", "01")
    assert trace == alert_id.replace("-", "")
    assert id.replace("-", "").startswith(span)
    assert (len(trace), len(span)) == (32, 16)


# What JSON has and what it has not, as a caller inside the house might give it.
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(texts | st.integers(), inner, max_size=3)
        | st.tuples(inner)
    ),
    max_leaves=12,
)


@given(attributes, anything)
def test_a_payload_is_written_as_its_model_writes_it(fields: dict[str, Any], payload: Any):
    event = received(fields, payload)

    envelope = wire.encode(event, ROUTER)

    assert envelope.endswith(b',"data":' + event.model_dump_json(exclude=set(ATTRIBUTES)).encode() + b"}")
