"""Compiles a template once and evaluates it as often as alerts come, never past the limits of its result."""

from __future__ import annotations

import copy
import re
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

from jinja2 import Template
from jinja2.runtime import Context

from shared.templates import patterns
from shared.templates.environment import ENVIRONMENT
from shared.templates.failure import FAILURES, TemplateFailure

# In characters; a result that is longer is cut there and ".." is added.
TEMPLATE_LIMIT = 50_000
RESULT_LIMIT = 50_000
TITLE_LIMIT = 500
GLOBALS = dict(ENVIRONMENT.globals)
# A template that may change what it was given works on a copy, so that it cannot change what the next one sees.
MUTATORS = re.compile(r"\b(append|clear|extend|insert|pop|popitem|remove|reverse|setdefault|sort|update)\b")


class Compiled:
    """One compiled template."""

    def __init__(self, source: str) -> None:
        self.template: Template = ENVIRONMENT.from_string(source)
        self.mutates = MUTATORS.search(source) is not None


class CompiledCache:
    """The templates used last, by their text; also the failures, so that a broken one is not parsed per alert.

    Bounded by the characters of their sources as well as by number: compiled code takes some twenty bytes
    per character.
    """

    def __init__(self, max_templates: int = 2048, max_chars: int = 1_000_000) -> None:
        self._max_templates = max_templates
        self._max_chars = max_chars
        self._chars = 0
        self._found: OrderedDict[str, Compiled | TemplateFailure] = OrderedDict()

    def get(self, source: str) -> Compiled:
        """Return the compiled template.

        Raises:
            TemplateFailure: it cannot be compiled.
        """
        found = self._found.get(source)
        if found is None:
            found = self._add(source)
        else:
            self._found.move_to_end(source)
        if isinstance(found, TemplateFailure):
            raise TemplateFailure(found.detail, found.line, warning=found.warning)
        return found

    def clear(self) -> None:
        """Forget everything."""
        self._found.clear()
        self._chars = 0

    def _add(self, source: str) -> Compiled | TemplateFailure:
        found = _compile(source)
        self._found[source] = found
        self._chars += len(source)
        while len(self._found) > self._max_templates or self._chars > self._max_chars:
            dropped, _ = self._found.popitem(last=False)
            self._chars -= len(dropped)
        return found


def _compile(source: str) -> Compiled | TemplateFailure:
    if len(source) > TEMPLATE_LIMIT:
        return TemplateFailure(f"Template exceeds length limit ({len(source)} > {TEMPLATE_LIMIT})")
    try:
        return Compiled(source)
    except FAILURES as error:
        return TemplateFailure.of(error)


_CACHE = CompiledCache()


def evaluate(source: str, variables: dict[str, Any], limit: int = RESULT_LIMIT) -> str:
    """Return the text that a template makes of `variables`, cut after `limit` characters (".." is added).

    Generation stops as soon as the limit is reached. `variables` should hold `time`, a function that returns
    the instant of the evaluation. The result can always be written as UTF-8.

    Raises:
        TemplateFailure: the template cannot be compiled, or failed on these variables.
    """
    compiled = _CACHE.get(source)
    try:
        given = {name: _copied(value) for name, value in variables.items()} if compiled.mutates else variables
        # As new_context does, without walking Jinja's chain of global variables for every evaluation.
        context = Context(ENVIRONMENT, {**GLOBALS, **given}, None, compiled.template.blocks, GLOBALS)
        return _bounded(compiled.template.root_render_func(context), limit)
    except FAILURES as error:
        raise TemplateFailure.of(error) from error


def _copied(value: Any) -> Any:
    return copy.deepcopy(value) if isinstance(value, dict | list) else value


def _bounded(parts: Iterator[str], limit: int) -> str:
    taken = []
    room = limit
    for part in parts:
        taken.append(part)
        room -= len(part)
        if room < 0:
            break
    text = "".join(taken)
    if room < 0:
        text = text[:limit] + ".."
    return text if text.isascii() else _without_surrogates(text)


def _without_surrogates(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode(errors="replace").decode()
    return text


def forget() -> None:
    """Give back the memory of everything compiled so far."""
    _CACHE.clear()
    patterns.forget()


def check(source: str) -> TemplateFailure | None:
    """Return what keeps a template from being compiled, None when nothing does. Nothing of it is evaluated."""
    found = _compile(source)
    return found if isinstance(found, TemplateFailure) else None


def is_true(text: str) -> bool:
    """Whether a rendered signal or routing expression means yes: 1, true or ok, in any case, spaces aside."""
    return text.strip().lower() in ("1", "true", "ok")
