"""The events as an AsyncAPI 3.0 document, made from the catalogue and the topology: docs/asyncapi.yaml.

https://www.asyncapi.com/docs/reference/specification/v3.0.0
"""

from __future__ import annotations

import inspect
from typing import Any

import yaml
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from shared.bus import wire
from shared.bus.topology import CONSUMES, EXCHANGE, LANES, TOPOLOGY, lanes_of, queue_name
from shared.events import ATTRIBUTES, CATALOGUE, UNRECORDED, Event

VERSION = "1.0.0"
DESCRIPTION = f"""\
Every event of Tocsin, in the order in which things happen.

An event is told to the durable topic exchange `{EXCHANGE}` with its type as routing key; `.bulk` is appended for
alerts of an integration above its share. Messages are persistent and confirmed. One message holds 1 to
{wire.MAX_EVENTS} events of one routing key, or up to {wire.MAX_BYTES // 1024} KiB of them, as a CloudEvents 1.0
JSON batch; its header `x-events` tells how many.

The description of a message names who tells it and, after the arrow, who acts on it. The recorder keeps all of
them but {" and ".join(f"`{one.type}`" for one in UNRECORDED)}.
Fields that a reader does not know are to be ignored; a removed or retyped field is a new version of the type.
"""
_TEXT = {"type": "string"}
_CLOUDEVENT: dict[str, Any] = {
    "type": "object",
    "description": "A CloudEvents 1.0 object; attributes without a value are left out.",
    "required": ["specversion", "id", "source", "type", "time", "data"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {**_TEXT, "description": "the same cause handled twice makes the same id twice"},
        "source": {**_TEXT, "description": "/tocsin/<service>/<instance>"},
        "type": _TEXT,
        "time": {**_TEXT, "format": "date-time", "description": "when it was decided"},
        "subject": {**_TEXT, "description": "the alert or the group"},
        "datacontenttype": {"const": "application/json"},
        "traceparent": {
            **_TEXT,
            "description": "W3C trace context: the trace is the alert, the span the event",
        },
        "alertid": {**_TEXT, "description": "the alert that it all began with"},
        "causeid": {**_TEXT, "description": "the event, or due time, that it follows from"},
        "configversion": {"type": "integer", "description": "the configuration it was decided with"},
        "decision": {**_TEXT, "description": "one stable word"},
        "reason": {**_TEXT, "description": "a sentence for people"},
        "lane": {"enum": [lane for lane in LANES if lane]},
        "waitedms": {"type": "number", "description": "how long its cause waited for the stage that told it"},
        "workedms": {"type": "number", "description": "how long that stage worked on the batch"},
        "data": {"type": "object"},
    },
}


class _Untitled(GenerateJsonSchema):
    """Schemas without a title for every field: the name says it."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def document() -> dict[str, Any]:
    """Return the whole document."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Tocsin events",
            "version": VERSION,
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": wire.CONTENT_TYPE,
        "channels": {kind.type: _channel(kind) for kind in CATALOGUE},
        "operations": {
            f"{service}.{kind.type}": _operation(service, kind)
            for service, kinds in CONSUMES.items()
            for kind in kinds
        },
        "components": {
            "messages": {kind.type: _message(kind) for kind in CATALOGUE},
            "schemas": {"CloudEvent": _CLOUDEVENT, **_schemas()},
        },
    }


def as_yaml() -> str:
    """Return the document as it stands in docs/asyncapi.yaml."""
    head = "# Generated: .venv/bin/tocsin asyncapi > docs/asyncapi.yaml\n"
    return head + yaml.dump(document(), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)


def _channel(kind: type[Event]) -> dict[str, Any]:
    keys = {lane or "normal": f"{kind.type}.{lane}" if lane else kind.type for lane in LANES}
    return {
        "address": kind.type,
        "messages": {kind.type: {"$ref": f"#/components/messages/{kind.type}"}},
        "bindings": {
            "amqp": {
                "is": "routingKey",
                "exchange": {"name": EXCHANGE, "type": "topic", "durable": True, "autoDelete": False},
                "bindingVersion": "0.3.0",
            }
        },
        "x-queues": {lane: list(TOPOLOGY.reached_by[key]) for lane, key in keys.items()},
    }


def _operation(service: str, kind: type[Event]) -> dict[str, Any]:
    queues = [
        queue_name(service, lane)
        for lane in lanes_of(service)
        if any(queue_name(service, lane) in TOPOLOGY.reached_by[key] for key in _keys(kind))
    ]
    return {
        "action": "receive",
        "channel": {"$ref": f"#/channels/{kind.type}"},
        "messages": [{"$ref": f"#/channels/{kind.type}/messages/{kind.type}"}],
        "summary": f"{service} takes it from {', '.join(queues)}",
    }


def _keys(kind: type[Event]) -> list[str]:
    return [f"{kind.type}.{lane}" if lane else kind.type for lane in LANES]


def _message(kind: type[Event]) -> dict[str, Any]:
    return {
        "name": kind.type,
        "title": kind.__name__,
        "description": inspect.cleandoc(kind.__doc__ or ""),
        "contentType": wire.CONTENT_TYPE,
        "payload": {
            "type": "array",
            "minItems": 1,
            "maxItems": wire.MAX_EVENTS,
            "items": {
                "allOf": [
                    {"$ref": "#/components/schemas/CloudEvent"},
                    {
                        "properties": {
                            "type": {"const": kind.type},
                            "data": {"$ref": f"#/components/schemas/{kind.__name__}"},
                        }
                    },
                ]
            },
        },
    }


def _schemas() -> dict[str, Any]:
    """Return the data of every type, and what they share; the attributes stand in the envelope."""
    _, made = models_json_schema(
        [(kind, "validation") for kind in CATALOGUE],
        ref_template="#/components/schemas/{model}",
        schema_generator=_Untitled,
    )
    schemas: dict[str, Any] = made["$defs"]
    for kind in CATALOGUE:
        schemas[kind.__name__] = _data_of(schemas[kind.__name__])
    return {name: schemas[name] for name in sorted(schemas)}


def _data_of(schema: dict[str, Any]) -> dict[str, Any]:
    """Return an event's schema without the fields that travel as attributes (and the description of its message)."""
    kept = {key: value for key, value in schema.items() if key not in ("description", "title")}
    kept["properties"] = {
        name: value for name, value in schema["properties"].items() if name not in ATTRIBUTES
    }
    kept["required"] = [name for name in schema["required"] if name not in ATTRIBUTES]
    return kept


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as blocks, and no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)
