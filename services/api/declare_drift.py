"""What people changed by hand of an object since its set was applied last: told by digests, field by field.

Each mark keeps a digest of every field of its object as the last apply left it, and one of its routes, steps, rules or
layers as a whole. What differs now was changed by hand; an apply that would change it again takes it back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import orjson

from services.api.diff import name_of
from shared.domain.configuration import Chain, Integration, Route, Rule, StepConfig, User
from shared.domain.configuration_draft import TABLE_OF, TABLES, Declared, Draft, Row, Tables
from shared.domain.schedules import Schedule, Shift

# The rows that belong to an object: what people call them, their model, and the field that names the object.
PARTS: dict[type[Any], tuple[str, type[Any], str]] = {
    Chain: ("steps", StepConfig, "escalation_chain_id"),
    Integration: ("routes", Route, "integration_id"),
    User: ("rules", Rule, "user_id"),
    Schedule: ("layers", Shift, "schedule_id"),
}
# The table and the field that name the object that a part belongs to.
WHOLE = {model: (TABLE_OF[whole], owner) for whole, (_, model, owner) in PARTS.items()}
DIGEST_CHARS = 12
Digests = dict[str, str]
# Returns the rows of a table.
Rows = Callable[[type[Any]], Iterable[Any]]


@dataclass(frozen=True)
class TakenBack:
    """An object whose `fields` were changed by hand since the last apply, and which this one changes again."""

    table: str
    id: str
    name: str
    fields: tuple[str, ...]

    @property
    def words(self) -> str:
        """What is told to whoever applies."""
        return f"{self.table} {self.name}: {', '.join(self.fields)} changed by hand since it was applied last"


class Digesting:
    """Digests the objects of one state of the configuration."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._parts: dict[type[Any], dict[str, list[Any]]] = {}

    def of(self, row: Row | None) -> Digests:
        """Return a digest for each field that is not as by default; none for an object that is not there."""
        if row is None:
            return {}
        shown = row.model_dump(mode="json", exclude_defaults=True, exclude={"id"})
        if type(row) in PARTS:
            name, model, owner = PARTS[type(row)]
            parts = self._of_object(model, owner).get(row.id, [])
            dumped = [
                one.model_dump(mode="json", exclude_defaults=True, exclude={"id", owner}) for one in parts
            ]
            shown |= {name: sorted(dumped, key=_canonical)} if dumped else {}
        return {name: _digest(value) for name, value in shown.items()}

    def _of_object(self, model: type[Any], owner: str) -> dict[str, list[Any]]:
        if model not in self._parts:
            found: dict[str, list[Any]] = {}
            for one in self._rows(model):
                # An override holds for a while, whoever keeps the layers.
                if not (isinstance(one, Shift) and one.is_override):
                    found.setdefault(getattr(one, owner) or "", []).append(one)
            self._parts[model] = found
        return self._parts[model]


def changed_by_hand(mark: Declared, now: Digests) -> set[str]:
    """Return the fields that are not as the last apply left them; none where that is not known."""
    if mark.left_as is None:
        return set()
    return {one for one in {*mark.left_as, *now} if mark.left_as.get(one) != now.get(one)}


def taken_back(draft: Draft) -> list[TakenBack]:
    """Return the objects of which an edit changes, or removes, what was changed by hand since the last apply."""
    marks, found = draft.base.of(Declared), []
    before, after = Digesting(lambda model: draft.base.of(model).values()), Digesting(draft.all)
    for mark_id in touched(draft):
        mark = marks.get(mark_id)
        table, _, row_id = mark_id.partition("/")
        row = draft.base.of(TABLES[table]).get(row_id)
        if mark is None or row is None:
            continue
        was, becomes = before.of(row), after.of(draft.get(TABLES[table], row_id))
        fields = [one for one in changed_by_hand(mark, was) if becomes.get(one) != was.get(one)]
        if fields:
            found.append(TakenBack(table, row_id, name_of(draft, row), tuple(sorted(fields))))
    return sorted(found, key=lambda one: (one.table, one.name, one.id))


def touched(draft: Draft) -> list[str]:
    """Return the ids of the marks of what an edit changes; a changed part is a change of its object."""
    found: dict[str, None] = {}
    for one in draft.changes():
        found[f"{one.table}/{one.id}"] = None
        row = one.after or one.before
        if type(row) in WHOLE:
            table, owner = WHOLE[type(row)]
            found[f"{table}/{getattr(row, owner)}"] = None
    return [one for one in found if not one.startswith(f"{TABLE_OF[Declared]}/")]


def seal(draft: Draft, mark_ids: Iterable[str]) -> None:
    """Keep with each mark how its object is now: what differs later was changed by hand."""
    now = Digesting(draft.all)
    for mark_id in mark_ids:
        mark = draft.get(Declared, mark_id)
        table, _, row_id = mark_id.partition("/")
        if mark is None:
            continue
        left_as = now.of(draft.get(TABLES[table], row_id))
        if mark.left_as != left_as:
            draft.put(mark.model_copy(update={"left_as": left_as}))


def by_hand(tables: Tables, mark: Declared) -> list[str]:
    """Return the fields of one object that were changed by hand since its set was applied last."""
    table, _, row_id = mark.id.partition("/")
    digesting = Digesting(lambda model: tables.of(model).values())
    return sorted(changed_by_hand(mark, digesting.of(tables.of(TABLES[table]).get(row_id))))


def _canonical(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _digest(value: Any) -> str:
    return hashlib.sha256(_canonical(value)).hexdigest()[:DIGEST_CHARS]
