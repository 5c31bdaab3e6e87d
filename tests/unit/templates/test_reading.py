"""What a template can see of its variables is found in its syntax, and never too little of it."""

from __future__ import annotations

from typing import Any

import pytest

from shared.templates import reads_of


def read_by(source: str) -> tuple[list[str], bool]:
    reads = reads_of(source)
    assert reads is not None
    paths = [".".join([root, *(str(step.name) for step in steps)]) for root, steps in reads.paths]
    return sorted(paths), reads.is_volatile


@pytest.mark.parametrize(
    ("source", "paths"),
    [
        ("nothing at all", []),
        (
            "{{ payload.a.b }} {{ payload['c'] }} {{ payload.d[0] }}",
            ["payload.a.b", "payload.c", "payload.d.0"],
        ),
        ("{{ payload.a }}{{ payload.a.b }}", ["payload.a"]),
        ("{{ payload.get('a', 'x').b }}", ["payload.a.b"]),
        ("{{ payload.get('a', payload.b) }}", ["payload.b", "payload.get"]),
        ("{{ payload[payload.key] }}", ["payload"]),
        ("{{ payload.alerts[:3] | length }}", ["payload.alerts"]),
        ("{% for one in payload.l %}{{ one.x }}{% endfor %}", ["one.x", "payload.l"]),
        ("{% set p = payload %}{{ p.a }}", ["p.a", "payload"]),
        ("{{ payload | tojson }}{{ labels.k }}", ["labels.k", "payload"]),
        ("{% macro m(payload) %}{{ payload.x }}{% endmacro %}{{ m(labels) }}", ["labels", "m", "payload.x"]),
    ],
)
def test_a_template_sees_what_its_names_and_constant_steps_lead_to(source: str, paths: list[str]):
    assert read_by(source) == (paths, False)


@pytest.mark.parametrize(
    "source",
    [
        "{{ time() }}",
        "{{ payload.l | random }}",
        "{{ lipsum() }}",
        "{{ (payload.at | timestamp_to_datetime).now() }}",
        "{{ payload | attr(payload.name) }}",
    ],
)
def test_what_may_be_otherwise_the_next_time_is_volatile(source: str):
    assert read_by(source)[1]


def test_a_field_called_time_is_no_clock():
    assert read_by("{{ payload.time }}") == (["payload.time"], False)


@pytest.mark.parametrize("source", ["{{ payload", "{% nothing %}", "x" * 10_001])
def test_of_a_template_without_a_syntax_to_look_at_nothing_is_known(source: str):
    assert reads_of(source) is None


@pytest.mark.parametrize(
    "source", ["{{ payload.a }}", "{{ payload['a'] }}", "{{ payload.get('a') }}", "{{ payload.a.b }}"]
)
def test_values_that_differ_have_keys_that_differ(source: str):
    reads = reads_of(source)
    assert reads is not None
    different: list[Any] = [
        *({}, None, [], "", "a", 1, 1.0, True),
        *({"a": one} for one in (None, False, 0, 0.0, "", "0", [], {}, [[]], {"b": None}, {"b": 1})),
    ]

    keys = [reads.key({"payload": one}) for one in different]

    assert None not in keys
    assert len(set(keys)) == len(keys)


def test_a_value_that_cannot_be_written_has_no_key():
    reads = reads_of("{{ payload.a }}")
    assert reads is not None

    assert reads.key({"payload": {"a": print}}) is None
