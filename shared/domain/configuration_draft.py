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
    SlackChannel,
    StepConfig,
    Team,
    User,
    UserGroup,
    Webhook,
)
from shared.domain.event_subscription import EventSubscription
from shared.domain.maintenance import MaintenanceWindow
from shared.domain.model import Frozen
from shared.domain.schedules import Calendar, Schedule, Shift, Swap


class Declared(Frozen):
    """Marks one object as made by a declaration; only such objects does a later declaration of its set remove.

    `id` is "<table>/<object id>". `left_as` has a digest of each of the object's fields as the set's last apply left
    them; what differs was changed by hand since. None: not known.
    """

    id: str
    set: str = "default"
    left_as: dict[str, str] | None = None


Row = (
    Integration
    | Route
    | Chain
    | StepConfig
    | User
    | Rule
    | Webhook
    | EventSubscription
    | MaintenanceWindow
    | Team
    | UserGroup
    | SlackChannel
    | Schedule
    | Shift
    | Swap
    | Calendar
    | Declared
)
R = TypeVar("R", bound=Frozen)

# The name of each table in the database and in the public API.
TABLES: dict[str, type[Row]] = {
    "users": User,
    "teams": Team,
    "webhooks": Webhook,
    "event_subscriptions": EventSubscription,
    "escalation_chains": Chain,
    "escalation_policies": StepConfig,
    "integrations": Integration,
    "routes": Route,
    "personal_notification_rules": Rule,
    "maintenance_windows": MaintenanceWindow,
    "user_groups": UserGroup,
    "slack_channels": SlackChannel,
    "schedules": Schedule,
    "on_call_shifts": Shift,
    "shift_swaps": Swap,
    "calendars": Calendar,
    "declared_objects": Declared,
}
# Fields that may be megabytes: read only when the row changed, and left out of the audit. `changed_at` says when.
HEAVY: dict[str, tuple[str, ...]] = {"calendars": ("text", "reading")}
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
            maintenance_windows=tuple(self.of(MaintenanceWindow).values()),
            teams=tuple(self.of(Team).values()),
            user_groups=tuple(self.of(UserGroup).values()),
            slack_channels=tuple(self.of(SlackChannel).values()),
            schedules=tuple(self.of(Schedule).values()),
            shifts=tuple(self.of(Shift).values()),
            swaps=tuple(self.of(Swap).values()),
            calendars=tuple(self.of(Calendar).values()),
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
        self._touched: dict[tuple[str, str], None] = {}
        self._now: dict[str, dict[str, Row]] = {}
        self._indexes: dict[tuple[str, str], dict[Any, dict[str, None]]] = {}

    def get(self, model: type[R], row_id: str | None) -> R | None:
        """Return one row as it is now, None when it is unknown or removed."""
        return self._rows(model).get(row_id or "")

    def all(self, model: type[R]) -> list[R]:
        """Return all rows of a table as they are now, oldest first."""
        return list(self._rows(model).values())

    def find(self, model: type[R], name: str, value: Any) -> list[R]:
        """Return the rows whose field `name` is `value`, texts in any case, without looking at all of them."""
        rows = self._rows(model)
        return [rows[row_id] for row_id in self._index(model, name).get(_key(value), ())]

    def put(self, row: Row) -> None:
        """Create or replace a row."""
        table = TABLE_OF[type(row)]
        self._forget(table, row.id)
        self._own(table)[row.id] = row
        for (name, indexed), index in self._indexes.items():
            if name == table:
                index.setdefault(_key(getattr(row, indexed)), {})[row.id] = None

    def remove(self, row: Row) -> None:
        """Remove a row; what refers to it is the caller's to mend."""
        table = TABLE_OF[type(row)]
        self._forget(table, row.id)
        self._own(table).pop(row.id, None)

    def changes(self) -> list[Change]:
        """Return what differs from the base, in the order of the edit."""
        found = []
        for table, row_id in self._touched:
            before = self.base.rows.get(table, {}).get(row_id)
            after = self._now[table].get(row_id)
            if before != after:
                found.append(Change(table=table, id=row_id, before=before, after=after))
        return found

    def tables(self, version: int) -> Tables:
        """Return the whole configuration as it is with this edit, as `version`."""
        return Tables(
            version=version, rows={**self.base.rows, **{name: dict(rows) for name, rows in self._now.items()}}
        )

    def _rows(self, model: type[R]) -> Mapping[str, R]:
        table = TABLE_OF[model]
        return cast("Mapping[str, R]", self._now.get(table, self.base.rows.get(table, {})))

    def _own(self, table: str) -> dict[str, Row]:
        """Return the draft's own copy of a table, made at its first change."""
        if table not in self._now:
            self._now[table] = dict(self.base.rows.get(table, {}))
        return self._now[table]

    def _index(self, model: type[R], name: str) -> dict[Any, dict[str, None]]:
        """Return the ids of a table's rows by the value of a field, made at its first use and kept up."""
        key = (TABLE_OF[model], name)
        if key not in self._indexes:
            index: dict[Any, dict[str, None]] = {}
            for row_id, row in self._rows(model).items():
                index.setdefault(_key(getattr(row, name)), {})[row_id] = None
            self._indexes[key] = index
        return self._indexes[key]

    def _forget(self, table: str, row_id: str) -> None:
        self._touched.setdefault((table, row_id))
        before = self._own(table).get(row_id)
        if before is not None:
            for (name, indexed), index in self._indexes.items():
                if name == table:
                    index.get(_key(getattr(before, indexed)), {}).pop(row_id, None)


def _key(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value
