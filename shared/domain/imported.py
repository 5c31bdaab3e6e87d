"""What an import from another product comes to: a declaration, the secrets that are known, and what is told of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.domain.imported_names import ImportedNames
from shared.domain.secret_references import PATTERN, VariableNames

LONGEST_WAIT_S = 86_400
Row = Mapping[str, Any]
Written = dict[str, Any]


@dataclass(frozen=True)
class Note:
    """One sentence about one object; `is_left_out`: something of it could not be taken over."""

    kind: str
    name: str
    message: str
    is_left_out: bool = True

    def __str__(self) -> str:
        return f"{self.kind} {self.name}: {self.message}" if self.name else f"{self.kind}: {self.message}"


@dataclass(frozen=True)
class Imported:
    """A declaration, and what to tell of it.

    `secrets` are the variables that it refers to, with their values where the other product told them.
    """

    declaration: Written
    secrets: dict[str, str | None] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()

    @property
    def left_out(self) -> int:
        """How many notes say that something could not be taken over."""
        return sum(one.is_left_out for one in self.notes)


class Taking:
    """One import while it is made: the names that are given, secrets and notes gather here."""

    def __init__(self) -> None:
        self.names = ImportedNames()
        self.notes: list[Note] = []
        self.secrets: dict[str, str | None] = {}
        self._variables = VariableNames()

    def left_out(self, kind: str, name: str, message: str) -> None:
        """Note that something of an object could not be taken over, and why."""
        self.notes.append(Note(kind, name, message))

    def told(self, kind: str, name: str, message: str) -> None:
        """Note what somebody should know of an object that was taken over."""
        self.notes.append(Note(kind, name, message, is_left_out=False))

    def name(self, section: str, kind: str, row: Row, wanted: str, team_id: Any = None) -> None:
        """Give an object its name, the one it had unless another one has it."""
        team = self.names.of("teams", team_id)
        name = self.names.take(section, str(row.get("id")), wanted, team)
        if name != wanted:
            self.told(
                kind, name, f"it was named {wanted!r} as another one is" if wanted else "it had no name"
            )

    def secret(self, *words: str, value: str | None = None) -> str:
        """Return a reference to a variable named by these words, which holds the value where that is known."""
        reference = self._variables.reference(*words)
        found = PATTERN.fullmatch(reference)
        assert found is not None
        self.secrets[found[2]] = value
        return reference

    def result(self, of_set: str, sections: Mapping[str, list[Written]]) -> Imported:
        """Return the import: one declaration of these sections, empty ones left out, owned by a set of its own."""
        written = {name: rows for name, rows in sections.items() if rows}
        return Imported({"set": of_set, **written}, self.secrets, tuple(self.notes))


@dataclass(frozen=True)
class SavedAnswer:
    """What one answer of an API that somebody saved holds: rows, each with the name of its list.

    `has_more`: whether it says that a page comes after it; None: it does not say.
    """

    rows: tuple[tuple[str, Row], ...]
    has_more: bool | None = None


def waits(seconds: int) -> Iterator[Written]:
    """Return steps of a day at most that wait so long together; none for no time."""
    while seconds > 0:
        yield {"type": "wait", "duration": min(seconds, LONGEST_WAIT_S)}
        seconds -= LONGEST_WAIT_S


def words(value: Any) -> str:
    """Return a text without blanks around it; nothing for what is no text."""
    return value.strip() if isinstance(value, str) else ""


def rows_of(value: Any) -> list[Row]:
    """Return the objects in a list; nothing for what is no list."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def items_of(value: Any) -> list[Any]:
    """Return a list; an empty one for what is none."""
    return value if isinstance(value, list) else []


def position_of(row: Row) -> int:
    """Return where a row stands among its siblings; what does not say it stands first."""
    found = row.get("position")
    return found if isinstance(found, int) else 0


def part_of(row: Row, name: str) -> Row:
    """Return an object inside another one, an empty one where there is none."""
    found = row.get(name)
    return found if isinstance(found, Mapping) else {}


def without_blanks(written: Mapping[str, Any]) -> Written:
    """Return what is written without nulls, empty texts and empty lists: those are the defaults."""
    return {name: value for name, value in written.items() if value not in (None, "", [], {})}
