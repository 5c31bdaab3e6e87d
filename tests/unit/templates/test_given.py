"""The filters of default templates: whatever a tool sends reads as a sentence, and two problems never look the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.templates import evaluate

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def shown(expression: str, **variables: Any) -> str:
    return evaluate("{{ " + expression + " }}", variables)


@pytest.mark.parametrize(
    ("expression", "value", "expected"),
    [
        ("v | words", None, ""),
        ("missing | words", None, ""),
        ("v | words", "  a\n b ", "a b"),
        ("v | words", 0, "0"),
        ("v | words", " Null ", ""),
        ("v | words", "*UNKNOWN*", ""),
        ("v | words", "{EVENT.RECOVERY.TIME}", ""),
        ("v | words", "${latestEvent.node.name}", ""),
        ("v | words", "$EVENT_TITLE", ""),
        ("v | words", "$5 {x} None", "$5 {x} None"),
        ("['None', v] | any_of", "b", "b"),
        ("v | words", False, "false"),
        ("v | words", 97.0, "97"),
        ("v | words", {"a": 1, "b": None, "c": [1, 2]}, "a: 1, c: 2 entries"),
        ("v | words", ["a", "", "b"], "a, b"),
        ("[missing, v] | any_of", 0, "0"),
        ("[missing, none, '', ' ', [], {}, v] | any_of", "x", "x"),
        ("[missing] | any_of", None, ""),
        ("v | besides({'a': 1}) | tojson", {"a": 1, "b": 2}, '{"b": 2}'),
        ("v | besides(missing) | tojson", {"a": 1}, '{"a": 1}'),
        ("v | besides({'a': 1}) | tojson", ["a"], "{}"),
        ("[v, 'x'] | any_of", "\u3000", "x"),
        ("[v, 'x'] | any_of", " null ", "x"),
        ("[v, 'x'] | any_of", "nullable", "nullable"),
        ("['a', none, v] | joined(' on ')", "b", "a on b"),
        ("v | object", "text", "{}"),
        ("v | entries", {"a": 1}, "[]"),
        ("[v] | identity", None, ""),
        ("[v, 'b'] | identity", None, '[null,"b"]'),
        ("[v] | identity", "", '[""]'),
        ("[v] | identity", 0, "[0]"),
        ("v | when", "2026-01-05T10:00:00Z", "2026-01-05 10:00:00 UTC"),
        ("v | when", "2026-01-05T11:00:00+01:00", "2026-01-05 10:00:00 UTC"),
        ("v | when", 1767607200, "2026-01-05 10:00:00 UTC"),
        ("v | when", "1767607200123", "2026-01-05 10:00:00 UTC"),
        ("v | when", "1767607200.123456", "2026-01-05 10:00:00 UTC"),
        ("v | when", "1.2.3", "1.2.3"),
        ("v | when", "0001-01-01T00:00:00Z", ""),
        ("v | when", "9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59-12:00"),
        ("v | when", "five minutes ago", "five minutes ago"),
        ("v | when", 0, ""),
        ("v | when", "²", "²"),
        ("v | absolute", "/d/1", ""),
        ("v | absolute('https://g.example/base/')", "/d/1", "https://g.example/d/1"),
        ("v | absolute('https://g.example/base/')", "d/1", "https://g.example/base/d/1"),
        ("v | absolute('https://g.example')", "//h.example/x", "https://h.example/x"),
        ("v | absolute('https://g.example')", "javascript:alert(1)", ""),
        ("v | absolute('javascript:x')", "/d/1", ""),
        ("v | absolute", "https://[", ""),
        ("v | absolute", "https://", ""),
        ("v | absolute('https://')", "/d/1", ""),
        ("[['A', v], ['B', missing]] | facts", "x", "**A:** x"),
        ("[['A', v]] | facts('slack')", "<!channel> & co", "*A:* &lt;!channel&gt; &amp; co"),
        ("[['A', v]] | facts('telegram')", "x", "<b>A:</b> x"),
        ("v | prose('slack')", "a\n<b>", "a\n&lt;b&gt;"),
        ("[['Run', v]] | links", "https://x/a b(c)", "[Run](https://x/a%20b%28c%29)"),
        ("[['Run', v]] | links('slack')", "https://x/|y", "<https://x/%7Cy|Run>"),
        ("[['Run', v]] | links", "javascript:x", ""),
    ],
)
def test_a_value_reads_so(expression: str, value: Any, expected: str) -> None:
    assert shown(expression, v=value) == expected


def test_an_aware_datetime_is_told_in_utc() -> None:
    berlin = timezone(timedelta(hours=1))
    assert shown("v | when", v=datetime(2026, 1, 5, 11, tzinfo=berlin)) == "2026-01-05 10:00:00 UTC"
    assert shown("v | when", v=datetime(2026, 1, 5, 10, tzinfo=UTC)) == "2026-01-05 10:00:00 UTC"


@given(JSON, JSON)
def test_two_different_ids_never_make_one_key(one: Any, other: Any) -> None:
    before, after = shown("[v, 1] | identity", v=one), shown("[v, 1] | identity", v=other)
    assert (before == after) == (repr(one) == repr(other) or (one == other and type(one) is type(other)))


@given(JSON)
def test_no_value_makes_a_filter_fail_or_print_none(value: Any) -> None:
    for expression in (
        "v | words",
        "v | when",
        "v | absolute(v)",
        "[v, v] | joined(' ')",
        "v | joined",
        "v | any_of",
        "v | facts('slack')",
        "[[v, v]] | facts",
        "v | prose('telegram')",
        "[[v, v]] | links",
        "v | identity",
    ):
        shown(expression, v=value)
    assert shown("[v] | joined", v=None) == ""
