"""Each added filter gives OnCall's result, and null where the value cannot be read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.templates import TemplateFailure, evaluate
from shared.templates.filters import FILTERS

AT = datetime(2026, 1, 5, 10, 4, 9, tzinfo=UTC)


def shown(expression: str, **variables: Any) -> str:
    return evaluate("{{ " + expression + " }}", variables)


@pytest.mark.parametrize(
    ("expression", "value", "expected"),
    [
        ("v | datetimeformat", AT, "10:04 / 05-01-2026"),
        ("v | datetimeformat('%Y')", AT, "2026"),
        ("v | datetimeformat", "today", "None"),
        ("v | datetimeformat_as_timezone(tz='Europe/Berlin')", AT, "11:04 / 05-01-2026"),
        ("v | datetimeformat_as_timezone('%H %Z', 'europe/berlin')", AT, "11 CET"),
        ("v | datetimeformat_as_timezone('%H')", AT.replace(tzinfo=None), "10"),
        ("v | datetimeformat_as_timezone", 5, "None"),
        ("v | datetimeparse", "10:04 / 05-01-2026", "2026-01-05 10:04:00"),
        ("v | datetimeparse('%Y-%m-%d')", "2026-01-05", "2026-01-05 00:00:00"),
        ("v | datetimeparse", "5 January", "None"),
        ("v | datetimeparse", None, "None"),
        ("v | iso8601_to_time", "2026-01-05T10:04:09.123456789Z", "2026-01-05 10:04:09.123456+00:00"),
        ("v | iso8601_to_time", "2026-01-05T10:04:09", "2026-01-05 10:04:09"),
        ("v | iso8601_to_time", "2026-1-5 9:04 +02", "2026-01-05 09:04:00+02:00"),
        ("v | iso8601_to_time", "2026-13-05T10:04:09Z", "None"),
        ("v | iso8601_to_time", 12, "None"),
        ("v | timestamp_to_datetime", 1767607449, "2026-01-05 10:04:09"),
        ("v | timestamp_to_datetime", "1767607449", "None"),
        ("v | timestamp_to_datetime", 1e20, "None"),
        ("v | timedeltaparse", "5m", "0:05:00"),
        ("v | timedeltaparse", "-2h", "-1 day, 22:00:00"),
        ("v | timedeltaparse", "+1w", "7 days, 0:00:00"),
        ("v | timedeltaparse", "1M", "None"),
        ("v | timedeltaparse", "1y", "None"),
        ("v | timedeltaparse", "soon", "None"),
        ("v | timedeltaparse", "99999999999999d", "None"),
        ("v | tojson_pretty", {"b": 1, "a": ["ü"]}, '{\n    "a": [\n        "ü"\n    ],\n    "b": 1\n}'),
        ("v | tojson_pretty", AT, "None"),
        ("v.missing | tojson_pretty", {}, "None"),
        ("v | json_dumps", {"b": 1, "a": "ü"}, '{"b": 1, "a": "\\u00fc"}'),
        ("v | json_dumps", AT, "None"),
        ("v | regex_replace('b+', '-')", "abbbc", "a-c"),
        (r"v | regex_replace('(a)(b)', '\\2\\1')", "ab", "ba"),
        ("v | regex_replace('b', '-')", None, "None"),
        ("v | regex_match('b')", "ab", "False"),
        ("v | regex_match('a')", "ab", "True"),
        ("v | regex_search('b')", "ab", "True"),
        ("v | regex_search('b')", 7, "None"),
        ("v | b64decode", "w7xiZXI=", "über"),
        ("v | b64decode", "/w==", "None"),
        ("v | b64decode", "a", "None"),
        ("(v | parse_json).a", '{"a": 1}', "1"),
        ("v | parse_json", "{", "None"),
        ("v | parse_json", None, "None"),
    ],
)
def test_filter_gives_this_text(expression: str, value: Any, expected: str) -> None:
    assert shown(expression, v=value) == expected


@pytest.mark.parametrize(
    ("expression", "kind"),
    [
        ("v | regex_replace('(', '-')", "Error"),
        ("v | regex_match('(')", "Error"),
        ("v | regex_search('*')", "Error"),
        ("t | datetimeformat_as_timezone(tz='Mars/Base')", "Warning"),
        ("t | datetimeformat_as_timezone(tz='../../etc/passwd')", "Warning"),
    ],
)
def test_a_pattern_or_zone_that_is_none_fails_the_template(expression: str, kind: str) -> None:
    with pytest.raises(TemplateFailure) as caught:
        shown(expression, v="text", t=AT)

    assert caught.value.message.startswith(f"Template {kind}: ")


def test_a_regex_that_runs_away_is_stopped() -> None:
    with pytest.raises(TemplateFailure, match="longer than") as caught:
        shown("v | regex_search('(x+x+)+y')", v="x" * 5000)

    assert caught.value.line == 1


def test_now_is_the_instant_that_was_passed_in() -> None:
    text = shown("(time() - ('2026-01-05T10:00:00Z' | iso8601_to_time)).seconds", time=lambda: AT)

    assert text == "249"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    value=JSON, name=st.sampled_from(sorted(set(FILTERS) - {"regex_replace", "regex_match", "regex_search"}))
)
def test_no_value_of_a_payload_makes_a_filter_fail(value: Any, name: str) -> None:
    shown(f"v | {name}", v=value)
