"""Regular expressions of users: compiled once, and stopped when they run away."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import regex

from shared.templates.failure import TemplateFailure

# OnCall waits 2 s; a whole evaluation has 0.25 s here.
TIMEOUT_S = 0.2


# The compiler writes counted repeats out, so nested ones would take gigabytes before they are matched at all.
SIZE_LIMIT = 10_000
COUNT = re.compile(r"\{(\d{1,9})(?:,\d{0,9})?\}", re.ASCII)
CLASS = re.compile(r"\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)


def _written_out(pattern: str) -> int:
    """About how many single signs a pattern has when its counted repeats are written out."""
    sizes, last, at = [0], 0, 0
    while at < len(pattern):
        sign = pattern[at]
        count = COUNT.match(pattern, at) if sign == "{" else None
        found = CLASS.match(pattern, at) if sign == "[" else None
        at = count.end() if count else found.end() if found else at + (2 if sign == "\\" else 1)
        if count:
            times = int(count[1])
            sizes[-1] += last * (times - 1)
            last *= times
        elif sign == "(":
            sizes.append(0)
        elif sign == ")" and len(sizes) > 1:
            last = sizes.pop()
            sizes[-1] += last
        else:
            last = 1
            sizes[-1] += 1
    return sum(sizes)


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> regex.Pattern[str] | str:
    """The compiled pattern, or what is wrong with it: a bad pattern must not be parsed for every alert."""
    if len(pattern) > SIZE_LIMIT or _written_out(pattern) > SIZE_LIMIT:
        return f"it is longer than {SIZE_LIMIT} signs when its repeats are written out"
    try:
        return regex.compile(pattern, cache_pattern=False)
    except MemoryError:
        return "it needs more memory than a template may use"
    except (regex.error, RecursionError, OverflowError, ValueError) as error:
        return str(error) or type(error).__name__


def forget() -> None:
    """Give back the memory of the compiled patterns."""
    _compiled.cache_clear()


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
