"""docs/asyncapi.yaml against the models it is made from, and against what is really on the wire."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import orjson
import pytest
import yaml

from shared.bus import asyncapi, wire
from shared.bus.topology import CONSUMES
from shared.events import BY_TYPE
from tests.support.samples import PROVENANCE, SAMPLES

FILE = Path(__file__).parents[2] / "docs/asyncapi.yaml"
DOCUMENT = asyncapi.document()
TYPES = sorted(BY_TYPE)


def references(node: Any) -> Iterator[str]:
    """Return every $ref in a document."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def found(reference: str) -> Any:
    """Return what a local $ref points to."""
    node: Any = DOCUMENT
    for part in reference.removeprefix("#/").split("/"):
        node = node[part]
    return node


def test_the_file_is_what_the_models_say():
    assert FILE.read_text() == asyncapi.as_yaml(), "run: .venv/bin/tocsin asyncapi > docs/asyncapi.yaml"


def test_the_file_is_yaml_of_the_same_document():
    assert yaml.safe_load(asyncapi.as_yaml()) == DOCUMENT


def test_every_reference_leads_somewhere():
    everything = set(references(DOCUMENT))

    assert everything
    assert [one for one in everything if not found(one)] == []


def test_every_type_has_a_channel_a_message_and_whoever_consumes_it():
    assert sorted(DOCUMENT["channels"]) == sorted(DOCUMENT["components"]["messages"]) == TYPES
    assert set(DOCUMENT["operations"]) == {
        f"{service}.{kind.type}" for service, kinds in CONSUMES.items() for kind in kinds
    }


@pytest.mark.parametrize("type", TYPES)
def test_what_is_told_fits_what_is_documented(type: str):
    body = orjson.loads(wire.join([wire.stamped(wire.encode(SAMPLES[type], PROVENANCE), 1.0, 2.0)]))
    payload = DOCUMENT["components"]["messages"][type]["payload"]

    jsonschema.Draft202012Validator({**payload, "components": DOCUMENT["components"]}).validate(body)


@pytest.mark.parametrize("type", TYPES)
def test_every_field_on_the_wire_is_documented(type: str):
    (envelope,) = orjson.loads(wire.join([wire.stamped(wire.encode(SAMPLES[type], PROVENANCE), 1.0, 2.0)]))
    schemas = DOCUMENT["components"]["schemas"]

    assert set(envelope) == set(schemas["CloudEvent"]["properties"])
    assert set(envelope["data"]) == set(schemas[BY_TYPE[type].__name__]["properties"])


@pytest.mark.parametrize(
    "change", [{"type": "other.v1"}, {"data": {}}, {"specversion": "0.3"}, {"id": None}, {"lane": "fast"}]
)
def test_what_does_not_fit_is_told_apart(change: dict[str, Any]):
    envelope = orjson.loads(wire.encode(SAMPLES["alert.received.v1"], PROVENANCE)) | change
    payload = DOCUMENT["components"]["messages"]["alert.received.v1"]["payload"]

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator({**payload, "components": DOCUMENT["components"]}).validate(
            [envelope]
        )
