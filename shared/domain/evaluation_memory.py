"""What templates made, for who evaluates many alerts, or one with settings that differ: the same is made once."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from typing import Any, Generic, TypeVar

from shared.templates import Reads, TemplateFailure, evaluate, reads_of

# What is remembered takes at most so much, by a rough count; the oldest is forgotten first.
MOST_BYTES = 8 * 1024 * 1024
# What an entry takes beside its texts.
ENTRY_BYTES = 300
# Of so many that were asked for, one in `FOUND_OF` has to be found; else the next ones are made without asking.
TRIED, FOUND_OF, PASSED_OVER = 1000, 10, 5000
# Who forgets to say that another alert comes, or has no end of templates, takes no more than these.
MOST_OF_ALERT, MOST_SOURCES = 1000, 5000
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


class Worth:
    """Whether it is worth asking whether something is remembered: not while hardly anything is found."""

    def __init__(self) -> None:
        self._asked = self._found = 0

    def is_asked(self) -> bool:
        """Whether to ask this time; counts it."""
        is_new = self._asked >= (TRIED if self._found * FOUND_OF >= TRIED else TRIED + PASSED_OVER)
        if is_new:
            self._asked = self._found = 0
        self._asked += 1
        return self._asked <= TRIED

    def found(self) -> None:
        """Say that something was."""
        self._found += 1


class Memory:
    """Remembers the texts (and failures) of templates by all that they can see of their variables.

    Of one alert both configurations ask for the same again and again, with the very same values: that is remembered
    until the `next_alert`, and all that is remembered of a template that may make another text of the same (it reads
    the clock, or throws dice). The others are remembered from alert to alert, as far as that finds anything.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._known = Bounded[str | TemplateFailure](most_bytes)
        # The values are held, so that no others get their identity.
        self._of_alert: dict[Key, tuple[str | TemplateFailure, list[Any]]] = {}
        self._worth: defaultdict[str, Worth] = defaultdict(Worth)

    def next_alert(self) -> None:
        """Say that what is evaluated now is another alert, maybe at another instant."""
        self._of_alert.clear()
        if len(self._worth) > MOST_SOURCES:
            self._worth.clear()

    def evaluated(self, source: str, variables: dict[str, Any], limit: int) -> str:
        """Return what a template makes of variables.

        Raises:
            TemplateFailure: it fails, or did before.
        """
        reads = reads_of(source)
        if reads is None:
            return evaluate(source, variables, limit)
        values = [variables.get(root) for root in reads.roots]
        here = (source, limit, *[one if type(one) is str else id(one) for one in values])
        known = self._of_alert.get(here)
        if known is None:
            found = self._found(source, variables, limit, reads)
            if len(self._of_alert) >= MOST_OF_ALERT:
                self._of_alert.clear()
            self._of_alert[here] = (found, values)
        else:
            found = known[0]
        if isinstance(found, TemplateFailure):
            raise TemplateFailure(found.detail, found.line, warning=found.warning)
        return found

    def _found(
        self, source: str, variables: dict[str, Any], limit: int, reads: Reads
    ) -> str | TemplateFailure:
        """Return what is remembered of other alerts, or what the template makes."""
        worth = self._worth[source]
        seen = None if reads.is_volatile or not worth.is_asked() else reads.key(variables)
        if seen is None:
            return _tried(source, variables, limit)
        key = (source, limit, seen)
        found = self._known.get(key)
        if found is not None:
            worth.found()
            return found
        found = _tried(source, variables, limit)
        self._keep(key, found)
        return found

    def _keep(self, key: Key, found: str | TemplateFailure) -> None:
        text = found if isinstance(found, str) else found.detail
        self._known.put(key, found, len(key[2]) + len(text))


def _tried(source: str, variables: dict[str, Any], limit: int) -> str | TemplateFailure:
    try:
        return evaluate(source, variables, limit)
    except TemplateFailure as failure:
        if isinstance(failure.__cause__, MemoryError):
            raise  # There may be room for it another time.
        # Without what it came from: that holds the variables.
        return TemplateFailure(failure.detail, failure.line, warning=failure.warning)
