"""Bodies that no tool sends on purpose: each type's own examples, damaged at random, and plain nonsense."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from shared.integrations import all_types
from shared.integrations.integration_type import IntegrationType

POSTED = tuple(one for one in all_types() if one.has_url)
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=30),
    st.sampled_from(
        [
            "",
            " ",
            "None",
            "\x00",
            "🔥" * 50,
            "{{ 7 * 7 }}",
            "<!channel>",
            "x" * 20_000,
            "0001-01-01T00:00:00Z",
            "-1",
        ]
    ),
    st.lists(st.integers(0, 9) | st.text(max_size=5), max_size=4),
    st.dictionaries(st.text(max_size=6), st.integers() | st.text(max_size=6), max_size=4),
)
JSON = st.recursive(
    ODD, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)


class OddBody:
    """A request body for one type: its bytes and its content type."""

    def __init__(self, slug: str, body: bytes, content_type: str = "application/json") -> None:
        self.slug = slug
        self.body = body
        self.content_type = content_type


def odd_bodies(count: int) -> list[OddBody]:
    """Return so many bodies over all types; the same ones at every call."""
    found: list[OddBody] = []

    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(_bodies())
    def collect(body: OddBody) -> None:
        found.append(body)

    while len(found) < count:
        collect()
    return found[:count]


@st.composite
def _bodies(draw: Callable[[st.SearchStrategy[Any]], Any]) -> OddBody:
    kind: IntegrationType = draw(st.sampled_from(POSTED))
    how = draw(st.integers(0, 19))
    if how == 0:
        return OddBody(
            kind.slug,
            draw(st.binary(max_size=200)),
            draw(st.sampled_from(["application/json", "", "text/plain"])),
        )
    if how == 1:
        return OddBody(kind.slug, b"a=1&payload=%7B%22x%22%3A1%7D", "application/x-www-form-urlencoded")
    if how in (2, 3):
        return OddBody(kind.slug, _written(draw(JSON)))
    example = kind.example_firing if how % 2 or kind.example_resolved is None else kind.example_resolved
    damaged = json.loads(json.dumps(example))
    for _ in range(draw(st.integers(0, 4))):
        damaged = _damaged(draw, damaged)
    return OddBody(kind.slug, _written(damaged))


def _written(value: Any) -> bytes:
    return json.dumps(value).encode()


def _damaged(draw: Callable[[st.SearchStrategy[Any]], Any], value: Any) -> Any:
    """Change one place of a value, at whatever depth."""
    if isinstance(value, dict) and value and draw(st.integers(0, 4)):
        name = draw(st.sampled_from(sorted(value)))
        inner = value[name]
        if isinstance(inner, dict | list) and inner and draw(st.booleans()):
            return {**value, name: _damaged(draw, inner)}
        if draw(st.integers(0, 2)) == 0:
            return {key: one for key, one in value.items() if key != name}
        return {**value, name: draw(ODD)}
    if isinstance(value, list) and value and draw(st.integers(0, 4)):
        place = draw(st.integers(0, len(value) - 1))
        return [*value[:place], _damaged(draw, value[place]), *value[place + 1 :]]
    return draw(ODD)
