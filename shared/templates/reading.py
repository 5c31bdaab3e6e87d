"""What a template can read of its variables, found in its syntax: of equal values it always makes the same text."""

from __future__ import annotations

import hashlib
import marshal
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from jinja2 import nodes

from shared.templates.environment import DICT_ATTRIBUTES, ENVIRONMENT
from shared.templates.failure import FAILURES

# With one of these words in it, a template may make another text of the same values: it throws dice, reads the
# clock, or asks for an attribute whose name nobody can see here.
_VOLATILE_WORDS = re.compile(r"\b(random|lipsum|now|utcnow|today|attr)\b")
CLOCK = "time"
# In characters; what is longer is not looked at, so that what is known of many templates stays small.
LONGEST_SOURCE = 10_000
# A longer key is replaced by its digest: it would take more memory than what it stands for.
LONGEST_KEY = 200
DIGEST_BYTES = 20
# Without references: equal values are written alike, whoever else holds them.
MARSHAL_VERSION = 2


class Step(NamedTuple):
    """One step into a value: `value.name`, `value["name"]` or `value[0]`, `value.get("name")`."""

    how: Literal["attribute", "item", "get"]
    name: str | int


class Path(NamedTuple):
    """A variable and the steps into it."""

    root: str
    steps: tuple[Step, ...] = ()


class Reads(NamedTuple):
    """All that a template can see. `is_volatile`: what it makes may differ although it sees the same.

    `roots` are the variables that it sees, or sees some of, beside the clock.
    """

    paths: tuple[Path, ...]
    is_volatile: bool
    roots: tuple[str, ...]

    def key(self, variables: dict[str, Any]) -> bytes | None:
        """Return what is equal exactly when the template sees equal values; None when they cannot be written."""
        try:
            text = marshal.dumps([_seen(variables, one) for one in self.paths], MARSHAL_VERSION)
        except ValueError:
            return None
        return text if len(text) <= LONGEST_KEY else hashlib.blake2b(text, digest_size=DIGEST_BYTES).digest()


@lru_cache(maxsize=1024)
def reads_of(source: str) -> Reads | None:
    """Return what a template can see of its variables; None when its syntax is wrong, or too long to look at."""
    if len(source) > LONGEST_SOURCE:
        return None
    try:
        found = set(_paths(ENVIRONMENT.parse(source)))
    except FAILURES:
        return None
    kept = {one for one in found if one.root != CLOCK}
    is_volatile = len(kept) < len(found) or _VOLATILE_WORDS.search(source) is not None
    return reads_at(_outermost(kept), is_volatile=is_volatile)


def reads_at(paths: Iterable[Path], *, is_volatile: bool = False) -> Reads:
    """Return what sees the values at these paths, none of which lies inside of another one."""
    found = tuple(sorted(paths, key=repr))
    return Reads(found, is_volatile, tuple(dict.fromkeys(one.root for one in found)))


def _paths(node: nodes.Node) -> Iterator[Path]:
    """Yield the longest paths that are known before any value is: whatever goes deeper sees the whole of theirs."""
    path = _path(node)
    if path is not None:
        yield path
        return
    for child in node.iter_child_nodes():
        yield from _paths(child)


def _path(node: nodes.Node) -> Path | None:
    match node:
        case nodes.Name(ctx="load"):
            return Path(node.name)
        case nodes.Getattr():
            return _longer(node.node, Step("attribute", node.attr))
        case nodes.Getitem(arg=nodes.Const(value=str() | int() as name)):
            return _longer(node.node, Step("item", name))
        case nodes.Call(
            node=nodes.Getattr(node=inner, attr="get"), args=[nodes.Const(value=str() as name), *rest]
        ):
            # What stands in for a missing one must be written there too.
            is_plain = not (node.kwargs or node.dyn_args or node.dyn_kwargs) and len(rest) < 2
            is_plain = is_plain and all(isinstance(one, nodes.Const) for one in rest)
            return _longer(inner, Step("get", name)) if is_plain else None
        case _:
            return None


def _longer(node: nodes.Node, step: Step) -> Path | None:
    path = _path(node)
    return None if path is None else Path(path.root, (*path.steps, step))


def _outermost(paths: set[Path]) -> Iterator[Path]:
    """Leave out what lies inside of another one."""
    for one in paths:
        if not any(Path(one.root, one.steps[:count]) in paths for count in range(len(one.steps))):
            yield one


def _seen(variables: dict[str, Any], path: Path) -> Any:
    """Return the value at a path. Where a path ends early, that is a tuple, which no value from JSON is."""
    root, steps = path
    if root not in variables:
        return ()
    value = variables[root]
    for depth, (how, name) in enumerate(steps):
        if type(value) is dict:
            # As the environment does: an attribute of a dict wins over a key, but not over `value["name"]`.
            if how == "attribute" and name in DICT_ATTRIBUTES:
                return (depth, value)
            if name in value:
                value = value[name]
                continue
            if how != "item" or name not in DICT_ATTRIBUTES:
                return (depth,)
        elif how == "item" and type(value) is list and type(name) is int and -len(value) <= name < len(value):
            value = value[name]
            continue
        return (depth, value)
    return value
