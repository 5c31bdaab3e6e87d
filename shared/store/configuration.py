"""What users declared: read as one snapshot, changed in one transaction with its version and its audit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from shared.domain.configuration import ConfigSnapshot
from shared.domain.configuration_draft import HEAVY, TABLES, Change, Draft, Row, Tables
from shared.domain.model import Actor
from shared.store.mongo import Conflict, Database, Document, Index, Insert, Session, Update, Write

VERSIONS = "configuration_versions"
AUDIT = "configuration_audit"
CURRENT = "current"
ATTEMPTS = 10
INDEXES: dict[str, tuple[Index, ...]] = {
    "integrations": (Index(keys=(("token_digest", 1),), unique=True),),
    AUDIT: (Index(keys=(("table", 1), ("object_id", 1), ("version", -1))),),
}
T = TypeVar("T")


@dataclass(frozen=True)
class Edited(Generic[T]):
    """What an edit returned, what it changed, and the version that holds it (no change: the old one)."""

    result: T
    version: int
    changes: list[Change]


class ConfigurationStore:
    """The configuration's collections. Only the api writes; everybody reads.

    `keeps` names the parts that are wanted (None: all); what may be megabytes and is not among them is not read.
    Raises `Unavailable` from every method while the database is away.
    """

    def __init__(self, database: Database, keeps: frozenset[str] | None = None) -> None:
        self._database = database
        self._unread = frozenset(HEAVY) - (frozenset(HEAVY) if keeps is None else keeps)
        self._versions = database.collection(VERSIONS)
        self._tables = Tables()
        self._snapshot = ConfigSnapshot()
        self._editing = asyncio.Lock()

    async def prepare(self) -> None:
        """Create the indexes and version 0."""
        for name, indexes in INDEXES.items():
            await self._database.collection(name).ensure_indexes(indexes)
        await self._versions.update_one({"_id": CURRENT}, {"$setOnInsert": {"version": 0}}, upsert=True)

    async def version(self) -> int:
        """Return the stored version; 0 means that nothing was ever declared."""
        found = await self._versions.find_one({"_id": CURRENT})
        return _version_in(found)

    async def load(self) -> ConfigSnapshot:
        """Return the whole configuration as of one version; unchanged versions are not read twice."""
        tables = await self.tables()
        if self._snapshot.version != tables.version:
            self._snapshot = tables.snapshot()
        return self._snapshot

    async def tables(self) -> Tables:
        """Return every row as of the newest version, teams and declaration marks included."""
        if await self.version() != self._tables.version:
            self._tables = await _unbroken(self._newest())
        return self._tables

    async def change(self, edit: Callable[[Draft], T], actor: Actor, at: datetime) -> Edited[T]:
        """Run `edit` on a draft of the newest version and store what it changed, all or nothing.

        The edit may run more than once (another writer came between), so it must do nothing but edit.
        What it raises is raised here, with nothing stored.
        """
        async with self._editing:
            for attempt in range(ATTEMPTS):
                try:
                    return await _unbroken(self._try(edit, actor, at))
                except Conflict:
                    await asyncio.sleep(0.005 * 2**attempt)
        raise Conflict("the configuration is being changed by too many at once")

    async def audit_of(self, table: str, object_id: str, limit: int = 100) -> list[Document]:
        """Return the changes of one object, newest first: version, at, actor, before, after."""
        return await self._database.collection(AUDIT).find(
            {"table": table, "object_id": object_id}, sort=[("version", -1)], limit=limit
        )

    async def _try(self, edit: Callable[[Draft], T], actor: Actor, at: datetime) -> Edited[T]:
        async with self._database.transaction() as session:
            # The write comes first: whoever else changes the configuration meanwhile conflicts here.
            touched = await self._versions.find_one_and_update(
                {"_id": CURRENT}, {"$set": {"touched_at": at}}, upsert=True, session=session
            )
            stored = _version_in(touched)
            base = self._tables if self._tables.version == stored else await self._read(session)
            draft = Draft(base)
            # A whole declaration may take a second: the process goes on answering meanwhile.
            result = await asyncio.to_thread(edit, draft)
            changes = draft.changes()
            if changes:
                await self._write(changes, stored + 1, (actor, at), session)
        if changes:
            self._tables = draft.tables(stored + 1)
        return Edited(result, self._tables.version if changes else stored, changes)

    async def _newest(self) -> Tables:
        async with self._database.transaction() as session:
            return await self._read(session)

    async def _read(self, session: Session) -> Tables:
        """Read every collection; the transaction's snapshot makes them fit each other."""
        version = _version_in(await self._versions.find_one({"_id": CURRENT}, session=session))
        rows: dict[str, dict[str, Row]] = {}
        for name in TABLES:
            rows[name] = {} if name in self._unread else await self._rows(name, session)
        return Tables(version=version, rows=rows)

    async def _rows(self, name: str, session: Session) -> dict[str, Row]:
        """Read one table; of rows that did not change since they were last read, not what may be megabytes."""
        collection, heavy = self._database.collection(name), HEAVY.get(name, ())
        order = [("_order", 1), ("_id", 1)]
        found = await collection.find({}, dict.fromkeys(heavy, 0) if heavy else None, order, session=session)
        known = self._tables.rows.get(name, {}) if heavy else {}
        same = {one["_id"]: known[one["_id"]] for one in found if _is_same(known.get(one["_id"]), one)}
        if heavy and len(same) < len(found):
            stale = [one["_id"] for one in found if one["_id"] not in same]
            whole = {
                one["_id"]: one for one in await collection.find({"_id": {"$in": stale}}, session=session)
            }
            found = [whole.get(one["_id"], one) for one in found]
        model = TABLES[name]
        return {
            one["_id"]: same.get(one["_id"]) or model.model_validate({**one, "id": one["_id"]})
            for one in found
        }

    async def _write(
        self, changes: list[Change], version: int, by: tuple[Actor, datetime], session: Session
    ) -> None:
        await self._versions.update_one({"_id": CURRENT}, {"$set": {"version": version}}, session=session)
        audit: list[Write] = []
        for name in {one.table for one in changes}:
            writes: list[Write] = []
            gone = []
            for position, change in enumerate(changes):
                if change.table == name:
                    audit.append(Insert(_audit_entry(change, version, position, by)))
                    gone += [change.id] if change.after is None else []
                    writes += [_write(change.id, change.after, version, position)] if change.after else []
            collection = self._database.collection(name)
            # What leaves goes first: its unique values may be taken over.
            await collection.delete_many({"_id": {"$in": gone}}, session=session)
            await collection.bulk(writes, session=session)
        await self._database.collection(AUDIT).bulk(audit, session=session)


async def _unbroken(work: Coroutine[Any, Any, T]) -> T:
    """Let a transaction come to its end also when whoever waits for it is cancelled.

    The driver works in threads: a statement that is on its way while its caller is cancelled would open the
    transaction on the server after it was given up here, and its locks would stay for a minute.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.gather(task, return_exceptions=True)
        raise


def _write(row_id: str, row: Row, version: int, position: int) -> Update:
    order = {"$setOnInsert": {"_order": version * 1_000_000 + position}}
    return Update({"_id": row_id}, {"$set": _fields(row), **order}, upsert=True)


def _version_in(document: Document | None) -> int:
    return int(document.get("version", 0)) if document else 0


def _fields(row: Row) -> Document:
    return row.model_dump(mode="json", exclude={"id"})


def _audit_entry(change: Change, version: int, position: int, by: tuple[Actor, datetime]) -> dict[str, Any]:
    actor, at = by
    return {
        "_id": f"{version}/{position}",
        "version": version,
        "at": at,
        "actor": actor.model_dump(mode="json"),
        "table": change.table,
        "object_id": change.id,
        "before": _audited(change.table, change.before) if change.before else None,
        "after": _audited(change.table, change.after) if change.after else None,
    }


def _audited(table: str, row: Row) -> Document:
    """Return a row as the audit keeps it: of what may be megabytes only how long it is."""
    fields = _fields(row)
    return {**fields, **{name: f"({len(fields[name])} characters)" for name in HEAVY.get(table, ())}}


def _is_same(known: Row | None, stored: Document) -> bool:
    """Whether a row without its heavy fields is the one that was read before."""
    changed_at = getattr(known, "changed_at", None)
    return (
        known is not None and changed_at is not None and _fields(known)["changed_at"] == stored["changed_at"]
    )
