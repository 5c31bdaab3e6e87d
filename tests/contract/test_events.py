"""Every event type against its golden envelope: what was once on the wire can be read for ever.

The envelopes are only added to. A field that is removed or retyped is a new version of the type, with a new file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from shared.bus import wire
from shared.events import ATTRIBUTES, BY_TYPE, CATALOGUE
from tests.support.samples import PROVENANCE, SAMPLES

GOLDEN = Path(__file__).parent / "golden"
TYPES = sorted(BY_TYPE)


def envelope_of(type: str) -> dict[str, Any]:
    """Return the golden envelope of a type."""
    envelope: dict[str, Any] = orjson.loads((GOLDEN / f"{type}.json").read_bytes())
    return envelope


def lost(old: Any, new: Any, where: str = "") -> list[str]:
    """Return the places where `new` lacks, or has something else for, what `old` has."""
    if isinstance(old, dict) and isinstance(new, dict):
        return [one for key, value in old.items() for one in lost(value, new.get(key), f"{where}.{key}")]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [
            one for index, value in enumerate(old) for one in lost(value, new[index], f"{where}[{index}]")
        ]
    return [] if old == new else [f"{where}: {old!r} is now {new!r}"]


def test_every_type_has_a_golden_envelope_and_none_is_left_behind():
    assert sorted(file.stem for file in GOLDEN.glob("*.json")) == TYPES


def test_every_type_has_one_name_and_a_version():
    assert len(BY_TYPE) == len(CATALOGUE)
    for type in TYPES:
        noun, participle, version = type.split(".")
        assert noun
        assert participle
        assert version[0] == "v"
        assert version[1:].isdigit()


@pytest.mark.parametrize("type", TYPES)
def test_what_was_told_then_is_understood_now(type: str):
    envelope = envelope_of(type)

    event = wire.event_of(envelope)

    assert event == SAMPLES[type]


@pytest.mark.parametrize("type", TYPES)
def test_what_is_told_now_still_has_every_field_of_then(type: str):
    told = orjson.loads(wire.encode(SAMPLES[type], PROVENANCE))

    assert lost(envelope_of(type), told) == []


@pytest.mark.parametrize("type", TYPES)
def test_a_field_of_a_newer_version_is_ignored(type: str):
    envelope = envelope_of(type)
    envelope["data"]["from_the_future"] = {"any": "thing"}
    envelope["futureattribute"] = 1

    assert wire.event_of(envelope) == SAMPLES[type]


@pytest.mark.parametrize("type", TYPES)
def test_a_golden_envelope_shows_every_field_with_a_value_of_its_own(type: str):
    """A field that is not in the file, or has its default there, is not held by it."""
    model, sample = BY_TYPE[type], SAMPLES[type]

    plain = [
        name for name, field in model.model_fields.items() if getattr(sample, name) == field.get_default()
    ]

    assert plain == []
    assert set(envelope_of(type)["data"]) == set(model.model_fields) - ATTRIBUTES


@pytest.mark.parametrize("type", TYPES)
def test_an_envelope_is_cloudevents_1_0(type: str):
    """https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md: what is required, and names in a-z0-9."""
    envelope = envelope_of(type)

    assert envelope["specversion"] == "1.0"
    assert {"id", "source", "type"} <= set(envelope)
    assert [name for name in envelope if not name.isalnum() or not name.islower()] == []
    assert [name for name, value in envelope.items() if value is None] == []
