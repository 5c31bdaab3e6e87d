"""A configuration being edited: every table by id, and what an edit changed in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from shared.domain.configuration import (
    Chain,
    ConfigSnapshot,
    Integration,
    Route,
    Rule,
    StepConfig,
    User,
    Webhook,
)
from shared.domain.model import Frozen


class Team(Frozen):
    """A team that owns objects; OnCall's API only lists them."""

    id: str
    name: str
    email: str | None = None
    avatar_url: str = ""


class Declared(Frozen):
    """Marks one object as made by a declaration; only such objects does a later declaration of its set remove.

    `id` is "<table>/<object id>".
    """

    id: str
    set: str = "default"


Row = Integration | Route | Chain | StepConfig | User | Rule | Webhook | Team | Declared
R = TypeVar("R", bound=Frozen)

# The name of each table in the database and in the public API.
TABLES: dict[str, type[Row]] = {
    "users": User,
    "teams": Team,
    "webhooks": Webhook,
    "escalation_chains": Chain,
    "escalation_policies": StepConfig,
    "integrations": Integration,
    "routes": Route,
    "personal_notification_rules": Rule,
    "declared_objects": Declared,
}
TABLE_OF: dict[type[Frozen], str] = {model: name for name, model in TABLES.items()}


@dataclass(frozen=True)
class Tables:
    """Every stored row by table and id, as of one version."""

    version: int = 0
    rows: Mapping[str, Mapping[str, Row]] = field(default_factory=dict)

    def of(self, model: type[R]) -> Mapping[str, R]:
        """Return the rows of one table by id."""
        return cast("Mapping[str, R]", self.rows.get(TABLE_OF[model], {}))

    def snapshot(self) -> ConfigSnapshot:
        """Return what the pipeline needs of it."""
        return ConfigSnapshot(
            version=self.version,
            integrations=tuple(self.of(Integration).values()),
            routes=tuple(self.of(Route).values()),
            chains=tuple(self.of(Chain).values()),
            steps=tuple(self.of(StepConfig).values()),
            users=tuple(self.of(User).values()),
            rules=tuple(self.of(Rule).values()),
            webhooks=tuple(self.of(Webhook).values()),
        )


@dataclass(frozen=True)
class Change:
    """One row before and after; None before means created, None after means removed."""

    table: str
    id: str
    before: Row | None
    after: Row | None


class Draft:
    """An edit in progress over `Tables`; nothing is stored until its `changes()` are."""

    def __init__(self, base: Tables) -> None:
        self.base = base
        self._after: dict[tuple[str, str], Row | None] = {}

    def get(self, model: type[R], row_id: str | None) -> R | None:
        """Return one row as it is now, None when it is unknown or removed."""
        key = (TABLE_OF[model], row_id or "")
        if key in self._after:
            return cast("R | None", self._after[key])
        return self.base.of(model).get(key[1])

    def all(self, model: type[R]) -> list[R]:
        """Return all rows of a table as they are now, oldest first."""
        table = TABLE_OF[model]
        merged: dict[str, Any] = dict(self.base.of(model))
        merged.update({row_id: row for (name, row_id), row in self._after.items() if name == table})
        return [row for row in merged.values() if row is not None]

    def put(self, row: Row) -> None:
        """Create or replace a row."""
        self._after[(TABLE_OF[type(row)], row.id)] = row

    def remove(self, row: Row) -> None:
        """Remove a row; what refers to it is the caller's to mend."""
        self._after[(TABLE_OF[type(row)], row.id)] = None

    def changes(self) -> list[Change]:
        """Return what differs from the base, in the order of the edit."""
        found = []
        for (table, row_id), after in self._after.items():
            before = self.base.rows.get(table, {}).get(row_id)
            if before != after:
                found.append(Change(table=table, id=row_id, before=before, after=after))
        return found

    def tables(self, version: int) -> Tables:
        """Return the whole configuration as it is with this edit, as `version`."""
        rows: dict[str, dict[str, Row]] = {name: dict(table) for name, table in self.base.rows.items()}
        for (table, row_id), after in self._after.items():
            if after is None:
                rows.setdefault(table, {}).pop(row_id, None)
            else:
                rows.setdefault(table, {})[row_id] = after
        return Tables(version=version, rows=rows)
