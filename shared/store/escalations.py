"""Escalations as stored: one document per (group, run), written by the escalator only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.bus.publisher import Encoded
from shared.domain.escalation import Escalation, Glance, cards_digest
from shared.store import due, untold
from shared.store.mongo import Database, Document, Index
from shared.store.versioned import VersionedWrite, save

INDEXES = (
    Index((("group_id", 1), ("run", -1))),
    Index((("expires_at", 1),), expire_after_s=0),
    Index((("held_version", 1),), sparse=True),
    *due.INDEXES,
    *untold.INDEXES,
)
GLANCED = ("group_id", "run", "group_version", "cards_digest", "ended", "held", "due_at")


@dataclass(frozen=True)
class Stored:
    """An escalation as it was read, with what is still untold of it."""

    escalation: Escalation
    untold: tuple[Encoded, ...] = ()


@dataclass(frozen=True)
class EscalationWrite:
    """One versioned write of one escalation."""

    escalation: Escalation
    base_version: int | None
    events: Sequence[Encoded]
    at: datetime
    keep: timedelta


class Escalations:
    """Repository of `escalations`."""

    def __init__(self, database: Database) -> None:
        self.collection = database.collection("escalations")

    async def prepare(self) -> None:
        """Create the indexes."""
        await self.collection.ensure_indexes(INDEXES)

    async def glances(self, group_ids: Sequence[str]) -> dict[str, list[Glance]]:
        """Return the runs of each group, without what only a change needs."""
        found = await self.collection.find({"group_id": {"$in": list(group_ids)}}, dict.fromkeys(GLANCED, 1))
        runs: dict[str, list[Glance]] = {}
        for one in found:
            runs.setdefault(one["group_id"], []).append(Glance.model_validate({**one, "id": one["_id"]}))
        return runs

    async def of_groups(self, group_ids: Sequence[str]) -> dict[str, Stored]:
        """Return every run of these groups, by escalation id."""
        found = await self.collection.find({"group_id": {"$in": list(group_ids)}}, {"body": 1, "untold": 1})
        return {one["_id"]: read(one) for one in found}

    async def claim_held(self, version: int, now: datetime) -> list[Document]:
        """Lease held escalations that were last decided with a configuration older than `version`."""
        return await due.claim(self.collection, {"held_version": {"$lt": version}}, now)

    async def save(self, writes: Sequence[EscalationWrite]) -> set[str]:
        """Do all writes; return the ids of escalations whose write lost a race."""
        return await save(self.collection, [_versioned(one) for one in writes])


def read(document: Document) -> Stored:
    """Return the escalation in a document."""
    return Stored(Escalation.model_validate_json(document["body"]), tuple(untold.unpack(document)))


def _versioned(write: EscalationWrite) -> VersionedWrite:
    one = write.escalation
    fields: Document = {
        "body": one.model_dump_json(),
        "version": one.version,
        "group_id": one.group_id,
        "run": one.run,
        "group_version": one.group.version,
        "cards_digest": cards_digest(one.cards),
        "ended": one.ended,
        "held": one.held.sentence if one.held is not None else "",
        "chain_id": one.chain_id,
    }
    optional = {
        "due_at": one.due_at,
        "expires_at": write.at + write.keep if one.ended else None,
        "held_version": one.held_version if one.held is not None else None,
    }
    return VersionedWrite(one.id, write.base_version, fields, optional, write.events, write.at)
