"""What templates made, for who evaluates many alerts, or one with settings that differ: the same is made once."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Generic, TypeVar

from shared.templates import TemplateFailure, evaluate, reads_of

# What is remembered takes at most so much, by a rough count; the oldest is forgotten first.
MOST_BYTES = 8 * 1024 * 1024
# What an entry takes beside its texts.
ENTRY_BYTES = 300
Key = tuple[Any, ...]
T = TypeVar("T")


class Bounded(Generic[T]):
    """Remembers values by keys up to a number of bytes, by a rough count."""

    def __init__(self, most_bytes: int) -> None:
        self._known: OrderedDict[Key, tuple[T, int]] = OrderedDict()
        self._most_bytes = most_bytes
        self._bytes = 0

    def get(self, key: Key) -> T | None:
        """Return what is remembered, None when nothing is."""
        found = self._known.get(key)
        return None if found is None else found[0]

    def put(self, key: Key, value: T, size: int) -> None:
        """Remember a value that takes about so many bytes."""
        size += ENTRY_BYTES
        self._known[key] = (value, size)
        self._bytes += size
        while self._bytes > self._most_bytes:
            _, (_, dropped) = self._known.popitem(last=False)
            self._bytes -= dropped


class Memory:
    """Remembers the texts (and failures) of templates by all that they can see of their variables.

    A template that may make another text of the same (it reads the clock, or throws dice) is remembered only until
    the `next_alert`: within one, both configurations get the same.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._known = Bounded[str | TemplateFailure](most_bytes)
        self._alert = 0

    def next_alert(self) -> None:
        """Say that what is evaluated now is another alert, maybe at another instant."""
        self._alert += 1

    def evaluated(self, source: str, variables: dict[str, Any], limit: int) -> str:
        """Return what a template makes of variables.

        Raises:
            TemplateFailure: it fails, or did before.
        """
        reads = reads_of(source)
        seen = reads.key(variables) if reads is not None else None
        if reads is None or seen is None:
            return evaluate(source, variables, limit)
        key = (source, limit, seen, self._alert) if reads.is_volatile else (source, limit, seen)
        found = self._known.get(key)
        if found is None:
            found = _tried(source, variables, limit)
            self._keep(key, found)
        if isinstance(found, TemplateFailure):
            raise TemplateFailure(found.detail, found.line, warning=found.warning)
        return found

    def _keep(self, key: Key, found: str | TemplateFailure) -> None:
        if isinstance(found, TemplateFailure):
            if isinstance(found.__cause__, MemoryError):
                return  # There may be room for it another time.
            # Without what it came from: that holds the variables.
            found = TemplateFailure(found.detail, found.line, warning=found.warning)
        text = found if isinstance(found, str) else found.detail
        self._known.put(key, found, len(key[2]) + len(text))


def _tried(source: str, variables: dict[str, Any], limit: int) -> str | TemplateFailure:
    try:
        return evaluate(source, variables, limit)
    except TemplateFailure as failure:
        return failure
