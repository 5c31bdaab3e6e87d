"""Whose an object is: every set of a declaration owns what it made, and takes nothing of another's without asking."""

from __future__ import annotations

from typing import Any

from services.api.declare_faults import Faults
from services.api.resources.chains import CHAINS
from services.api.resources.desk import Desk, Resource
from services.api.resources.event_subscriptions import EVENT_SUBSCRIPTIONS
from services.api.resources.integrations import INTEGRATIONS
from services.api.resources.maintenance_windows import MAINTENANCE_WINDOWS
from services.api.resources.on_call_shifts import SHIFTS
from services.api.resources.schedules import SCHEDULES
from services.api.resources.teams import TEAMS
from services.api.resources.users import USERS
from services.api.resources.webhooks import WEBHOOKS
from shared.domain.configuration_draft import TABLE_OF, Declared
from shared.domain.declaration import Path
from shared.domain.model import Frozen

# In the order in which they can be removed.
OWNED: dict[str, Resource[Any, Any]] = {
    one.name: one
    for one in (
        *(EVENT_SUBSCRIPTIONS, MAINTENANCE_WINDOWS, INTEGRATIONS, CHAINS, SCHEDULES),
        *(SHIFTS, WEBHOOKS, TEAMS, USERS),
    )
}


class Ownership:
    """The marks of one set. With `adopt` it takes over what is declared and nobody's, or another set's."""

    def __init__(self, desk: Desk, faults: Faults, set: str, *, adopt: bool = False) -> None:
        self._desk = desk
        self._faults = faults
        self._set = set
        self._adopt = adopt
        self._declared: dict[str, None] = {}

    def claim(self, path: Path, row: Frozen, owner: str | None, *, is_new: bool) -> None:
        """Note that an object is declared; a new one belongs to `owner`, else to the set of the declaration.

        One that is nobody's stays so unless it is adopted; one of another set is a mistake then.
        """
        wanted = Declared(id=mark_id(row), set=owner or self._set)
        self._declared[wanted.id] = None
        mark = self._desk.draft.get(Declared, wanted.id)
        is_own = mark is not None and mark.set == wanted.set
        if is_new or (self._adopt and not is_own):
            self._desk.draft.put(wanted)
        elif mark is not None and not is_own:
            words = f"it belongs to the set {mark.set}: change it there, or take it over with --adopt"
            self._faults.add(path, words)

    def declared(self) -> list[str]:
        """Return the ids of the marks of what is declared, whether or not there is a mark."""
        return list(self._declared)

    def owns(self, row: Frozen, owner: str | None) -> bool:
        """Whether an object belongs to `owner`, else to the set of the declaration."""
        return owner_of(self._desk, row) == (owner or self._set)

    def remove_undeclared(self) -> None:
        """Remove what the set made and does not declare any more, and marks of what is gone."""
        marks = self._desk.draft.all(Declared)
        for table, resource in OWNED.items():
            for mark in marks:
                kind, _, row_id = mark.id.partition("/")
                if kind == table:
                    self._remove(mark, resource, row_id)

    def _remove(self, mark: Declared, resource: Resource[Any, Any], row_id: str) -> None:
        row = self._desk.draft.get(resource.model, row_id)
        is_undeclared = mark.set == self._set and mark.id not in self._declared
        if row is not None and not is_undeclared:
            return
        if row is not None:
            assert resource.remove is not None
            resource.remove(self._desk, row)
        self._desk.draft.remove(mark)


def mark_id(row: Frozen) -> str:
    """Return the id of the mark of an object."""
    return f"{TABLE_OF[type(row)]}/{vars(row)['id']}"


def owner_of(desk: Desk, row: Frozen) -> str | None:
    """Return the set that owns an object, None for what nobody declared."""
    mark = desk.draft.get(Declared, mark_id(row))
    return mark.set if mark is not None else None
