"""A template is evaluated within its limits, and a failure names what is wrong and where."""

from __future__ import annotations

from typing import Any

import pytest

from shared.templates import TemplateFailure, check, evaluate, is_true
from shared.templates.evaluate import CompiledCache


def failure_of(source: str, **variables: Any) -> TemplateFailure:
    with pytest.raises(TemplateFailure) as caught:
        evaluate(source, variables)
    return caught.value


def test_an_unknown_field_is_blank_and_an_unknown_field_of_it_fails() -> None:
    assert evaluate("[{{ payload.a }}]", {"payload": {}}) == "[]"
    assert failure_of("{{ payload.a.b }}", payload={}).message.startswith("Template Warning: ")


def test_a_field_named_like_a_method_is_reached_by_brackets_only() -> None:
    payload = {"items": "x", "key": "y"}

    assert evaluate("{{ payload['items'] }}{{ payload.key }}", {"payload": payload}) == "xy"
    assert evaluate("{{ payload.items() | list | length }}", {"payload": payload}) == "2"


def test_one_trailing_newline_of_the_template_is_dropped_and_no_other() -> None:
    assert evaluate("a\n", {}) == "a"
    assert evaluate("{{ v }}", {"v": "a\n"}) == "a\n"


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("a\n{{ v.x.y }}", 2),
        ("a\nb\n{% if %}", 3),
        ("\n\n{{ 1 / 0 }}", 3),
        ("\n{{ v | no_such_filter }}", 2),
        ("{% for x in [1] %}\n{{ x + 'a' }}{% endfor %}", 2),
        ("\n\n{{ 'a' | regex_search('(') }}", 3),
    ],
)
def test_a_failure_names_the_line(source: str, line: int) -> None:
    assert failure_of(source, v={}).line == line


def test_a_result_is_cut_while_it_is_made() -> None:
    endless = "{% for a in v %}{% for b in v %}{% for c in v %}{% for d in v %}0123456789{% endfor %}" * 1
    source = endless + "{% endfor %}{% endfor %}{% endfor %}"

    assert evaluate(source, {"v": list(range(1000))}, 25) == "0123456789012345678901234.."


def test_a_result_of_exactly_the_limit_is_whole() -> None:
    assert evaluate("{{ v }}", {"v": "x" * 500}, 500) == "x" * 500
    assert evaluate("{{ v }}", {"v": "x" * 501}, 500) == "x" * 500 + ".."


def test_a_template_longer_than_the_limit_is_refused() -> None:
    assert evaluate("x" * 50_000, {}) == "x" * 50_000
    assert "50001 > 50000" in failure_of("x" * 50_001).message


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ payload['__class__'].__init__ }}",
        "{{ payload | attr('__class__') }}x{{ (payload | attr('__class__')).mro() }}",
        "{{ '{0.__class__.__init__.__globals__}'.format(payload) }}",
        "{{ '{a.__class__}'.format_map({'a': payload}).x.y }}",
        "{{ lipsum.__globals__.os }}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ self.__init__.__globals__ }}",
        "{{ time.__globals__ }}",
        "{{ payload.items.__self__ }}",
        "{% include 'other' %}",
        "{% import 'other' as o %}",
        "{% extends 'other' %}",
        "{{ range(3) }}",
        "{{ 9 ** (9 ** 9) }}",
        "{{ 'a' * 10 ** 9 }}",
        "{{ [0] * 10 ** 9 }}",
        "{% set ns = namespace(x=9) %}{% for i in v %}{% set ns.x = ns.x * ns.x %}{% endfor %}{{ ns.x }}",
        "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}",
        "{{ " + "(" * 2000 + ")" * 2000 + " }}",
        "{{ " + "[" * 2000 + "]" * 2000 + " }}",
        "{{ " + "not " * 20000 + "a }}",
        "{{ payload.update.__func__ }}",
        "{{ raise_it }}{{ undefined_function() }}",
    ],
)
def test_what_is_not_allowed_fails_or_is_blank(source: str) -> None:
    try:
        text = evaluate(source, {"payload": {"a": 1}, "v": list(range(100)), "time": lambda: None})
    except TemplateFailure:
        return
    assert text == ""


def test_nothing_is_computed_while_compiling() -> None:
    """A check runs in the service itself: a constant expression must not be folded there."""
    for source in (
        "{{ 9 ** (9 ** 9) }}",
        "{{ 'a' | center(10 ** 12) }}",
        "{% if 'a' * 10 ** 12 %}{% endif %}",
    ):
        assert check(source) is None


def test_check_tells_what_is_wrong() -> None:
    wrong = check("a\n{% endif %}")

    assert wrong is not None
    assert (wrong.line, "endif" in wrong.message) == (2, True)


def test_a_template_that_changes_its_payload_changes_it_for_itself_only() -> None:
    payload = {"a": [1], "b": 2}

    assert evaluate(
        "{% set _ = payload.a.append(2) %}{{ payload.a }}{{ payload.pop('b') }}", {"payload": payload}
    ) == ("[1, 2]2")
    assert payload == {"a": [1], "b": 2}


def test_a_result_can_always_be_written_as_utf8() -> None:
    assert evaluate("{{ '\\ud800' }}é", {}) == "?é"
    failure_of("{{ {}['\\ud800'].x }}").message.encode()


def test_the_compiled_cache_forgets_the_least_used_by_size_and_keeps_failures() -> None:
    cache = CompiledCache(max_templates=10, max_chars=20)
    first = cache.get("{{ a }}")
    cache.get("{{ b }}")
    assert cache.get("{{ a }}") is first
    cache.get("{{ c }}")
    assert cache.get("{{ a }}") is first

    for _ in range(2):
        with pytest.raises(TemplateFailure):
            cache.get("{% if %}")


@pytest.mark.parametrize("text", ["1", "true", "TRUE", " Ok\n", "True"])
def test_these_texts_mean_yes(text: str) -> None:
    assert is_true(text)


@pytest.mark.parametrize("text", ["", "0", "yes", "True.", "2", "None", "1.0", "false"])
def test_these_texts_mean_no(text: str) -> None:
    assert not is_true(text)
