"""Declarations as text: YAML from one file or several, with the file and line of every piece."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from shared.domain.declaration import SECTIONS, Path

MAX_PIECES = 200_000


@dataclass(frozen=True)
class Place:
    """Where something stands; `line` counts from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class SourceRefused(Exception):
    """A text is not YAML, or not a declaration's outline."""

    def __init__(self, place: Place, message: str) -> None:
        super().__init__(f"{place}: {message}")
        self.place = place
        self.message = message


@dataclass
class Source:
    """Decoded declarations put together, and where each piece of them stands."""

    data: dict[str, Any] = field(default_factory=dict)
    places: dict[Path, Place] = field(default_factory=dict)

    def place_of(self, path: Sequence[str | int]) -> Place | None:
        """Return where the piece at `path` stands, or the closest piece around it that stands somewhere."""
        for length in range(len(path), 0, -1):
            found = self.places.get(tuple(path[:length]))
            if found is not None:
                return found
        return None


def read_sources(texts: Mapping[str, str]) -> Source:
    """Read YAML texts by file name; the lists of several files follow each other.

    Raises:
        SourceRefused: not YAML, a key that stands twice, or not an outline of lists.
    """
    source = Source()
    for file, text in texts.items():
        _add(source, file, text)
    return source


def _add(source: Source, file: str, text: str) -> None:
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        if root is not None:
            _add_root(source, file, root)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SourceRefused(Place(file, line), error.problem or "not YAML") from error
    except (yaml.YAMLError, ValueError) as error:
        raise SourceRefused(Place(file, 1), f"not YAML: {error}") from error
    except RecursionError as error:
        raise SourceRefused(Place(file, 1), "nested too deeply") from error


def _add_root(source: Source, file: str, root: Node) -> None:
    if not isinstance(root, MappingNode):
        raise SourceRefused(_place(file, root), f"a declaration is a mapping of {', '.join(SECTIONS)}")
    for key_node, value_node in root.value:
        key = str(key_node.value)
        value = _decoded(file, value_node)
        if key in SECTIONS and isinstance(value_node, SequenceNode):
            existing = source.data.setdefault(key, [])
            _mark(source, file, (key,), value_node, offset=len(existing))
            existing.extend(value)
        elif key in SECTIONS and value is None:
            continue
        else:
            _mark(source, file, (key,), value_node)
            source.data[key] = value
        source.places.setdefault((key,), _place(file, key_node))


def _mark(source: Source, file: str, path: Path, node: Node, offset: int = 0) -> None:
    source.places.setdefault(path, _place(file, node))
    if isinstance(node, MappingNode):
        for key_node, value_node in node.value:
            inner = (*path, str(key_node.value))
            source.places[inner] = _place(file, key_node)
            _mark(source, file, inner, value_node)
    elif isinstance(node, SequenceNode):
        for position, item in enumerate(node.value):
            _mark(source, file, (*path, position + offset), item)


def _decoded(file: str, node: Node) -> Any:
    """Build a node's value with YAML's own rules for scalars."""
    return _Decoder(file).value(node)


class _Decoder:
    """Walks one tree, refusing keys that stand twice and aliases that multiply it."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._pieces = 0
        self._scalars = yaml.constructor.SafeConstructor()

    def value(self, node: Node) -> Any:
        self._pieces += 1
        if self._pieces > MAX_PIECES:
            raise SourceRefused(_place(self._file, node), f"more than {MAX_PIECES} pieces, aliases counted")
        if isinstance(node, ScalarNode):
            return self._scalars.construct_object(node)
        if isinstance(node, SequenceNode):
            return [self.value(one) for one in node.value]
        return self._mapping(node)

    def _mapping(self, node: Node) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if key in found:
                raise SourceRefused(_place(self._file, key_node), f"the key {key} stands twice")
            found[key] = self.value(value_node)
        return found


def _place(file: str, node: Node) -> Place:
    return Place(file, node.start_mark.line + 1)
