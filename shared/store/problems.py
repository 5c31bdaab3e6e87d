"""Problems of integrations: templates and rules that failed, counted, written by the recorder only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from shared.domain.model import Problem
from shared.events import derived_id
from shared.store.mongo import Database, Document, Index, Update

KEEP_DAYS = 30
INDEXES = (
    Index((("integration_id", 1), ("last_seen_at", -1))),
    Index((("last_seen_at", 1),), expire_after_s=KEEP_DAYS * 86_400),
)


class Problems:
    """Repository of `problems`: one document per (integration, template, message)."""

    def __init__(self, database: Database) -> None:
        self.collection = database.collection("problems")

    async def prepare(self) -> None:
        """Create the indexes."""
        await self.collection.ensure_indexes(INDEXES)

    async def add(self, problems: Sequence[Problem], at: datetime) -> None:
        """Count problems; a redelivered event may count one twice, which nobody relies on."""
        await self.collection.bulk([_update(one, at) for one in problems])

    async def of(self, integration_id: str, limit: int = 100) -> list[Document]:
        """Return the problems of an integration, newest first."""
        return await self.collection.find(
            {"integration_id": integration_id}, sort=[("last_seen_at", -1)], limit=limit
        )


def _update(problem: Problem, at: datetime) -> Update:
    fields = problem.model_dump(exclude={"alert_id"})
    return Update(
        {"_id": derived_id("problem", problem.integration_id, problem.where, problem.message)},
        {
            "$setOnInsert": {**fields, "first_seen_at": at},
            "$set": {"last_seen_at": at, "alert_id": problem.alert_id},
            "$inc": {"count": 1},
        },
        upsert=True,
    )
