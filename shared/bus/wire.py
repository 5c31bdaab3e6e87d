"""Events on the wire: CloudEvents 1.0 as a JSON batch, so that any tool can read a queue.

One message holds 1 to 64 events of the same routing key, or up to 256 KiB of them.
https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import NoneType
from typing import Any

import orjson
from pydantic import ValidationError

from shared.errors import Permanent
from shared.events import ATTRIBUTES, BY_TYPE, AlertReceived, AlertRouted, Event
from shared.model_text import dumped

CONTENT_TYPE = "application/cloudevents-batch+json"
MAX_EVENTS = 64
MAX_BYTES = 256 * 1024
_ATTRIBUTES = set(ATTRIBUTES)
_BRACKETS = 2
_FAULTS_SHOWN = 5
# The events with a whole payload inside, and what of them is `data`.
_WITH_PAYLOAD: dict[type[Event], tuple[str, ...]] = {
    one: tuple(name for name in one.model_fields if name not in ATTRIBUTES)
    for one in (AlertReceived, AlertRouted)
}
# What `data`, `alertid` and `configversion` are, or are not there.
_OBJECT, _TEXT, _NUMBER = (dict, NoneType), (str, NoneType), (int, NoneType)


@dataclass(frozen=True)
class Provenance:
    """Who emits."""

    service: str
    instance: str


def routing_key(event: Event) -> str:
    """Return the topic of an event: its type, and its lane when that is not the normal one."""
    return f"{event.type}.{event.lane}" if event.lane else event.type


def traceparent(event: Event) -> str:
    """Return the W3C trace context: the trace is the alert's, the span the event's."""
    trace = (event.alert_id or event.id).replace("-", "")[:32].ljust(32, "0")
    return f"00-{trace}-{event.id.replace('-', '')[:16]}-01"


def encode(event: Event, provenance: Provenance) -> bytes:
    """Return one event as a CloudEvents JSON object, without the times that only its telling knows."""
    head = {
        "specversion": "1.0",
        "id": event.id,
        "source": f"/tocsin/{provenance.service}/{provenance.instance}",
        "type": event.type,
        "time": event.time,
        "subject": event.subject or event.alert_id or event.id,
        "datacontenttype": "application/json",
        "traceparent": traceparent(event),
        "alertid": event.alert_id,
        "causeid": event.cause_id,
        "configversion": event.config_version,
        "decision": event.decision,
        "reason": event.reason,
        "lane": event.lane,
    }
    head = {key: value for key, value in head.items() if value not in (None, "")}
    data = _data(event)
    return orjson.dumps(head, option=orjson.OPT_UTC_Z)[:-1] + b',"data":' + data + b"}"


def _data(event: Event) -> bytes:
    names = _WITH_PAYLOAD.get(type(event))
    if names is not None:
        fields = event.__dict__
        try:
            return dumped({name: fields[name] for name in names})
        except TypeError:
            pass  # the model's own way can write it, or says why not
    return event.__pydantic_serializer__.to_json(event, exclude=_ATTRIBUTES)


def stamped(encoded: bytes, waited_ms: float, worked_ms: float) -> bytes:
    """Add how long the cause waited in the queue and was worked on, in milliseconds."""
    return encoded[:-1] + b',"waitedms":%.1f,"workedms":%.1f}' % (waited_ms, worked_ms)


def join(encoded: Sequence[bytes]) -> bytes:
    """Return encoded events as one batch."""
    return b"[" + b",".join(encoded) + b"]"


def parcels(encoded: Sequence[bytes]) -> Iterator[list[bytes]]:
    """Cut a run of encoded events into messages; an event over the limit travels alone."""
    parcel: list[bytes] = []
    size = _BRACKETS
    for one in encoded:
        if parcel and (len(parcel) == MAX_EVENTS or size + len(one) > MAX_BYTES):
            yield parcel
            parcel, size = [], _BRACKETS
        parcel.append(one)
        size += len(one) + 1
    if parcel:
        yield parcel


def envelopes(body: bytes) -> list[dict[str, Any]]:
    """Return the CloudEvents of a message body as they are, one object or a batch.

    Raises:
        Permanent: it is not JSON, not CloudEvents, or not an event of any type.
    """
    try:
        loaded = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Permanent(f"body is not JSON: {error}") from error
    batch = loaded if isinstance(loaded, list) else [loaded]
    for one in batch:
        _check(one)
    return batch


def _check(one: Any) -> None:
    """Look at what is needed before (and in the journal: without) reading an event as a model."""
    if not (isinstance(one, dict) and isinstance(one.get("id"), str) and isinstance(one.get("type"), str)):
        raise Permanent("body is not CloudEvents: an object with id and type is needed")
    found = one.get
    if not (
        isinstance(found("data"), _OBJECT)
        and isinstance(found("alertid"), _TEXT)
        and isinstance(found("configversion"), _NUMBER)
    ):
        raise Permanent("body is not an event: data is an object, alertid a text, configversion a number")


def event_of(envelope: dict[str, Any]) -> Event:
    """Return the event in a CloudEvents object.

    Raises:
        Permanent: the type is unknown, or the data does not fit it.
    """
    model = BY_TYPE.get(envelope["type"])
    if model is None:
        raise Permanent(f"type {envelope['type']!r} is not in the catalogue")
    fields = dict(envelope.get("data") or {})
    fields["id"] = envelope["id"]
    fields["time"] = envelope.get("time")
    fields["alert_id"] = envelope.get("alertid")
    fields["cause_id"] = envelope.get("causeid")
    fields["subject"] = envelope.get("subject", "")
    fields["config_version"] = envelope.get("configversion", 0)
    fields["decision"] = envelope.get("decision", "")
    fields["reason"] = envelope.get("reason", "")
    fields["lane"] = envelope.get("lane", "")
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        raise Permanent(f"{envelope['type']}: {_faults(error)}") from error


def _faults(error: ValidationError) -> str:
    """Return which fields do not fit and why, as paths into the envelope: whoever mends it looks for them there."""
    faults = error.errors(include_url=False, include_input=False, include_context=False)
    shown = [f"{_path(one['loc'])}: {one['msg']}" for one in faults[:_FAULTS_SHOWN]]
    more = len(faults) - len(shown)
    return "; ".join([*shown, f"and {more} more"] if more else shown)


def _path(loc: tuple[int | str, ...]) -> str:
    where = loc if loc and loc[0] in _ATTRIBUTES else ("data", *loc)
    return ".".join(str(one) for one in where)


def decode(body: bytes) -> list[Event]:
    """Return the events of a message body.

    Raises:
        Permanent: something in it is not an event.
    """
    return [event_of(one) for one in envelopes(body)]
