"""What imported objects are called: the names that they had, no two alike where a declaration needs that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple


class Taken(NamedTuple):
    """A name that an object has; `team` says whose it is, None: nobody's."""

    name: str
    team: str | None = None


class ImportedNames:
    """The names of one import, by section of the declaration and by the id in the other product."""

    def __init__(self) -> None:
        self._by_id: dict[tuple[str, str], Taken] = {}
        self._taken: set[tuple[str, str, str | None]] = set()
        self._count: dict[tuple[str, str], int] = {}

    def take(self, section: str, row_id: str, wanted: str, team: str | None = None) -> str:
        """Return the name of an object from now on: the wanted one, with a number where another one has it."""
        base = name = wanted or row_id or "unnamed"
        number = 2
        while (section, _compared(section, name), team) in self._taken:
            name, number = f"{base} {number}", number + 1
        self._taken.add((section, _compared(section, name), team))
        self._by_id[section, row_id] = Taken(name, team)
        self._count[section, name] = self._count.get((section, name), 0) + 1
        return name

    def of(self, section: str, row_id: Any) -> str | None:
        """Return the name of an object, None when there is none of this id."""
        found = self._by_id.get((section, str(row_id)))
        return found.name if found is not None else None

    def reference(self, section: str, row_id: Any) -> str | dict[str, str | None] | None:
        """Return what refers to an object: its name, with its team where several are named so; None: there is none."""
        found = self._by_id.get((section, str(row_id)))
        if found is None:
            return None
        if self._count[section, found.name] == 1:
            return found.name
        return {"name": found.name, "team": found.team}

    def label(self, section: str, row_id: Any) -> str:
        """Return what people are told an object is called: its name, with whose it is where several are named so."""
        found = self._by_id.get((section, str(row_id)), Taken(str(row_id)))
        is_alone = found.team is None or self._count[section, found.name] == 1
        return found.name if is_alone else f"{found.name} of the team {found.team}"

    def people(self, ids: Any) -> tuple[list[str], list[str]]:
        """Return the usernames of people, and the ids that are nobody's."""
        listed: Iterable[Any] = ids if isinstance(ids, list) else ()
        pairs = [(self.of("users", one), str(one)) for one in listed]
        names = [name for name, _ in pairs if name is not None]
        return list(dict.fromkeys(names)), [one for name, one in pairs if name is None]


def usernames(addresses: Sequence[str]) -> list[str]:
    """Return a username for each address: what stands before the @, the whole where two people have the same."""
    short = [one.partition("@")[0] for one in addresses]
    count = Counter(one.lower() for one in short)
    pairs = zip(short, addresses, strict=True)
    return [name if count[name.lower()] == 1 else address for name, address in pairs]


def _compared(section: str, name: str) -> str:
    """Return what two names are compared by: of usernames the case does not matter."""
    return name.lower() if section == "users" else name
