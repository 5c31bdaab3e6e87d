"""Regular expressions of users: compiled once, and stopped when they run away."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import regex

from shared.templates.failure import TemplateFailure

# OnCall waits 2 s; a whole evaluation has 0.25 s here.
TIMEOUT_S = 0.2


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> regex.Pattern[str] | str:
    """The compiled pattern, or what is wrong with it: a bad pattern must not be parsed for every alert."""
    try:
        return regex.compile(pattern)
    except (regex.error, RecursionError, OverflowError, ValueError) as error:
        return str(error) or type(error).__name__


def compiled(pattern: str) -> regex.Pattern[str]:
    """Return the compiled pattern; the language is that of Python's `re`.

    Raises:
        TemplateFailure: it is not a regular expression.
    """
    found = _compiled(pattern)
    if isinstance(found, str):
        raise TemplateFailure(f"not a regular expression: {found}")
    return found


def check_pattern(pattern: str) -> TemplateFailure | None:
    """Return what is wrong with a regular expression, None when it compiles."""
    try:
        compiled(pattern)
    except TemplateFailure as failure:
        return failure
    return None


def search(pattern: str, text: str) -> bool:
    """Whether `pattern` matches anywhere in `text`.

    Raises:
        TemplateFailure: not a regular expression, or it took longer than 0.2 s.
    """
    expression = compiled(pattern)
    try:
        return expression.search(text, timeout=TIMEOUT_S) is not None
    except TimeoutError as error:
        raise TemplateFailure(TOO_SLOW) from error


def anchored(pattern: str, text: str) -> bool:
    """Like `search`, but only at the start of `text`."""
    expression = compiled(pattern)
    try:
        return expression.match(text, timeout=TIMEOUT_S) is not None
    except TimeoutError as error:
        raise TemplateFailure(TOO_SLOW) from error


def replaced(pattern: str, replacement: Any, text: str) -> str:
    """Return `text` with every match of `pattern` replaced; raises as `search` does."""
    expression = compiled(pattern)
    try:
        return expression.sub(replacement, text, timeout=TIMEOUT_S)
    except TimeoutError as error:
        raise TemplateFailure(TOO_SLOW) from error


TOO_SLOW = f"the regular expression took longer than {TIMEOUT_S} s"
