"""The template language, row by row: what a template written for OnCall relies on, and where Tocsin differs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from shared.templates import RESULT_LIMIT, TEMPLATE_LIMIT, TITLE_LIMIT, TemplateFailure, evaluate
from shared.templates.filters import FILTERS

NOW = datetime(2026, 1, 5, 10, 4, 9, tzinfo=UTC)
PAYLOAD: dict[str, Any] = {
    "host": "db1",
    "n": 7,
    "none": None,
    "flag": True,
    "list": [3, 1, 2],
    "labels": {"severity": "critical", "größe": "90 %"},
    "html": "<b>&</b>",
    "at": "2026-01-05T09:00:00Z",
    "json": '{"a": [1, {"b": null}]}',
    "b64": "w7xiZXI=",
    "stamp": 1767607449,
}


def text_of(source: str, **more: Any) -> str:
    return evaluate(source, {"payload": PAYLOAD, "time": lambda: NOW, **more})


# Jinja2 as it comes: silent undefined, no escaping, default white space, its filters, tests and globals.
@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ payload.host }}", "db1"),
        ("{{ payload['host'] }}{{ payload.get('n') }}", "db17"),
        ("[{{ payload.missing }}{{ missing }}]", "[]"),
        ("{{ payload.none }}", "None"),
        ("{{ payload.html }}", "<b>&</b>"),
        ("{{ payload.html | e }}", "&lt;b&gt;&amp;&lt;/b&gt;"),
        ("{{ payload.labels }}", "{'severity': 'critical', 'größe': '90 %'}"),
        ("{{ payload.list | sort | join('-') }}", "1-2-3"),
        ("{{ payload.list | map('string') | list | length }}", "3"),
        ("{{ payload.missing | default('x') }}{{ payload.none or 'y' }}", "xy"),
        ("{{ payload.labels | tojson }}", '{"gr\\u00f6\\u00dfe": "90 %", "severity": "critical"}'),
        ("{{ 'yes' if payload.flag else 'no' }}", "yes"),
        ("{% if payload.n is number and payload.host is string %}ok{% endif %}", "ok"),
        ("{% for k, v in payload.labels.items() %}{{ loop.index }}{{ k }};{% endfor %}", "1severity;2größe;"),
        ("{% set x = 1 %}{{ x + payload.n }}", "8"),
        (
            "{% set ns = namespace(n=0) %}{% for i in payload.list %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}",
            "6",
        ),
        ("{% macro m(x) %}<{{ x }}>{% endmacro %}{{ m(1) }}{{ m(2) }}", "<1><2>"),
        ("{% filter upper %}a{% endfilter %}{# nothing #}{% raw %}{{ x }}{% endraw %}", "A{{ x }}"),
        ("a\n{% if true %}\nb\n{% endif %}\nc\n", "a\n\nb\n\nc"),
        ("a\n  {%- if true %} b{% endif -%}\n c", "a bc"),
        ("{{ dict(a=1) }}{{ cycler('x', 'y').next() }}", "{'a': 1}x"),
        ("{% set j = joiner(',') %}{{ j() }}a{{ j() }}b", "a,b"),
        ("{{ lipsum(n=1, html=false) | length > 50 }}", "True"),
        ("{{ '%s is %d' | format(payload.host, payload.n) }}", "db1 is 7"),
        ("{{ '{} {}'.format(payload.host, payload.n) }}", "db1 7"),
        ("{{ time() }}", "2026-01-05 10:04:09+00:00"),
        ("{{ (time() - (payload.at | iso8601_to_time)).total_seconds() | int }}", "3849"),
    ],
)
def test_the_environment_is_jinjas_own(source: str, text: str) -> None:
    assert text_of(source) == text


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{{ range(3) }}", "Template Error: range is restricted"),
        ("{% include 'x' %}", "Template Warning: no loader"),
        ("{% extends 'x' %}", "Template Warning: no loader"),
        ("{% import 'x' as y %}", "Template Warning: no loader"),
        ("{{ payload.__class__.__mro__ }}", "Template Error: "),
        ("{{ payload | no_such_filter }}", "Template Error: "),
        ("{{ payload is no_such_test }}", "Template Error: "),
        ("{{ payload. }}", "Template Error: "),
        ("{{ 1 / 0 }}", "Template Error: "),
        ("{{ no_such_function() }}", "Template Warning: "),
        ("{{ payload.missing.deeper }}", "Template Warning: "),
        ("{{ payload.n + 'x' }}", "Template Warning: "),
        ("{{ {}.popitem() }}", "Template Warning: "),
        ("{{ 'x'.index('y') }}", "Template Warning: "),
        (
            "x" * (TEMPLATE_LIMIT + 1),
            f"Template Error: Template exceeds length limit ({TEMPLATE_LIMIT + 1} > {TEMPLATE_LIMIT})",
        ),
    ],
)
def test_what_fails_says_so_in_oncalls_words(source: str, message: str) -> None:
    with pytest.raises(TemplateFailure) as caught:
        text_of(source)

    assert caught.value.message.startswith(message)


BERLIN = datetime(2026, 7, 1, 12, 0, tzinfo=timezone(timedelta(hours=2)))


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        # datetime to text
        ("t | datetimeformat", "12:00 / 01-07-2026"),
        ("t | datetimeformat('%d.%m. %H:%M')", "01.07. 12:00"),
        ("payload.host | datetimeformat", "None"),
        ("payload.missing | datetimeformat", "None"),
        ("payload.missing | datetimeformat_as_timezone", "None"),
        ("payload.missing | iso8601_to_time", "None"),
        ("payload.missing | regex_search('x')", "None"),
        ("t | datetimeformat_as_timezone", "10:00 / 01-07-2026"),
        ("t | datetimeformat_as_timezone('%H:%M %Z', 'America/New_York')", "06:00 EDT"),
        ("payload.host | datetimeformat_as_timezone('%H', 'UTC')", "None"),
        # text and numbers to datetime
        ("'12:00 / 01-07-2026' | datetimeparse", "2026-07-01 12:00:00"),
        ("'2026' | datetimeparse('%Y')", "2026-01-01 00:00:00"),
        ("'x' | datetimeparse", "None"),
        ("'11' | datetimeparse('%d%d')", "None"),
        ("payload.at | iso8601_to_time", "2026-01-05 09:00:00+00:00"),
        ("'2026-01-05 09:00:00.1234567+0200' | iso8601_to_time", "2026-01-05 09:00:00.123456+02:00"),
        ("'yesterday' | iso8601_to_time", "None"),
        ("payload.n | iso8601_to_time", "None"),
        ("payload.stamp | timestamp_to_datetime", "2026-01-05 10:04:09"),
        ("'soon' | timestamp_to_datetime", "None"),
        ("'+90s' | timedeltaparse", "0:01:30"),
        ("'-1d' | timedeltaparse", "-1 day, 0:00:00"),
        ("'2w' | timedeltaparse", "14 days, 0:00:00"),
        ("'1M' | timedeltaparse", "None"),
        ("'1Q' | timedeltaparse", "None"),
        ("'1y' | timedeltaparse", "None"),
        ("'1 m' | timedeltaparse", "None"),
        ("(t + ('30m' | timedeltaparse)) | datetimeformat('%H:%M')", "12:30"),
        # JSON
        ("{'b': 1, 'a': 'ü'} | tojson_pretty", '{\n    "a": "ü",\n    "b": 1\n}'),
        ("t | tojson_pretty", "None"),
        ("{'b': 1, 'a': 'ü'} | json_dumps", '{"b": 1, "a": "\\u00fc"}'),
        ("t | json_dumps", "None"),
        ("(payload.json | parse_json).a[1].b", "None"),
        ("(payload.json | parse_json).a[0]", "1"),
        ("payload.host | parse_json", "None"),
        ("payload.n | parse_json", "None"),
        # texts
        ("payload.host | regex_replace('[0-9]+$', '')", "db"),
        (r"'a-b' | regex_replace('(\\w)-(\\w)', '\\2-\\1')", "b-a"),
        ("payload.n | regex_replace('7', '8')", "None"),
        ("payload.host | regex_match('db')", "True"),
        ("payload.host | regex_match('b1')", "False"),
        ("payload.none | regex_match('x')", "None"),
        ("payload.host | regex_search('b1$')", "True"),
        ("payload.host | regex_search('x')", "False"),
        ("payload.none | regex_search('x')", "None"),
        ("payload.b64 | b64decode", "über"),
        ("payload.none | b64decode", "None"),
        ("'?' | b64decode", ""),
    ],
)
def test_an_added_filter_gives_this(expression: str, text: str) -> None:
    assert text_of("{{ " + expression + " }}", t=BERLIN) == text


def test_every_added_filter_of_oncall_is_there() -> None:
    assert {
        "datetimeformat",
        "datetimeformat_as_timezone",
        "datetimeparse",
        "iso8601_to_time",
        "timestamp_to_datetime",
        "timedeltaparse",
        "tojson_pretty",
        "json_dumps",
        "regex_replace",
        "regex_match",
        "regex_search",
        "b64decode",
        "parse_json",
    } <= set(FILTERS)


@pytest.mark.parametrize("limit", [TITLE_LIMIT, RESULT_LIMIT])
def test_a_result_is_cut_at_its_limit_and_two_dots_are_added(limit: int) -> None:
    assert evaluate("{{ v }}", {"v": "x" * limit}, limit) == "x" * limit
    assert evaluate("{{ v }}", {"v": "x" * (limit + 1)}, limit) == "x" * limit + ".."
