"""Regular expressions of users are Python's, but none of them may run away or grow without end."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.templates import TemplateFailure, check_pattern, search


@pytest.mark.parametrize(
    "pattern",
    [
        "(((((a{100}){100}){100}){100}){100})",
        "(?:a{1000}){1000}",
        "(?:[ab]{100}){100000}",
        "(?:a+){1000000}",
        r"(?:\d{200}){200}",
        "a" * 10_001,
    ],
)
def test_a_pattern_that_grows_when_written_out_is_refused(pattern: str) -> None:
    failure = check_pattern(pattern)

    assert failure is not None
    assert "written out" in failure.message


@pytest.mark.parametrize(
    "pattern",
    [r"\d{1,3}(\.\d{1,3}){3}", "[{}]{3}", "x{2,}", r"\{1000000\}", "[]({1000000}]", "{1000000", "a{,5}"],
)
def test_ordinary_patterns_compile(pattern: str) -> None:
    assert check_pattern(pattern) is None


@pytest.mark.parametrize("pattern", ["(", ")", "*", "[", "(?P<a>x)(?P<a", "a{99999999999999}(", "\\"])
def test_what_is_no_pattern_is_told(pattern: str) -> None:
    failure = check_pattern(pattern)

    assert failure is not None
    assert "not a regular expression" in failure.message


def test_a_search_that_runs_away_is_stopped() -> None:
    with pytest.raises(TemplateFailure, match="longer than"):
        search("(x+x+)+y", "x" * 5000)


@given(
    pattern=st.text(alphabet='ab"().|*+?[]^$\\d{}12,: ', max_size=12),
    text=st.text(alphabet='ab12": ', max_size=20),
)
def test_patterns_mean_what_they_mean_to_python(pattern: str, text: str) -> None:
    try:
        expected = re.search(pattern, text) is not None
    except (re.error, FutureWarning, DeprecationWarning, OverflowError):
        return
    if check_pattern(pattern) is None:
        assert search(pattern, text) is expected
