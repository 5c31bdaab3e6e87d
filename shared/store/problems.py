"""Problems of integrations: templates and rules that failed, counted, written by the recorder only.

One document per (integration, template, text of it): a template that fails with another message at every alert is
one problem, which shows the newest message. `cleared_at` is there once later alerts went without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from shared.domain.model import Problem
from shared.domain.problems import counts_on
from shared.events import derived_id
from shared.store.mongo import Database, Document, Index, Query, Update

KEEP_DAYS = 30
MOST_STANDING = 5000
INDEXES = (
    Index((("integration_id", 1), ("last_seen_at", -1))),
    Index((("last_seen_at", 1),), expire_after_s=KEEP_DAYS * 86_400),
)
STANDING: Query = {"cleared_at": None}


def problem_id(integration_id: str, where: str, digest: str) -> str:
    """Return the id of the document of a problem."""
    return derived_id("problem", integration_id, where, digest)


class Problems:
    """Repository of `problems`."""

    def __init__(self, database: Database) -> None:
        self.collection = database.collection("problems")

    async def prepare(self) -> None:
        """Create the indexes."""
        await self.collection.ensure_indexes(INDEXES)

    async def add(self, problems: Sequence[Problem], at: datetime) -> None:
        """Count problems, those of one document in one write; a redelivered event may count one twice."""
        ordered = sorted(problems, key=_id_of)
        await self.collection.bulk([_update(list(ones), at) for _, ones in groupby(ordered, _id_of)])

    async def standing(self) -> list[Document]:
        """Return id, integration, template and last instant of problems that are not cleared."""
        fields = {"integration_id": 1, "where": 1, "last_seen_at": 1}
        return await self.collection.find(STANDING, fields, [("last_seen_at", -1)], MOST_STANDING)

    async def clear(self, seen_at: dict[str, datetime], at: datetime) -> None:
        """Mark problems (by id, with the instant they were last seen at) as over, unless they were seen since."""
        await self.collection.bulk(
            [
                Update({"_id": id, "last_seen_at": {"$lte": seen}, **STANDING}, {"$set": {"cleared_at": at}})
                for id, seen in seen_at.items()
            ]
        )

    async def find(
        self, integration_ids: Sequence[str] | None = None, *, cleared: bool = False, limit: int = 0
    ) -> list[Document]:
        """Return problems of some (or all) integrations, newest first; `cleared` adds those that are over."""
        query: Query = {} if cleared else dict(STANDING)
        if integration_ids is not None:
            query["integration_id"] = {"$in": list(integration_ids)}
        return await self.collection.find(query, sort=[("last_seen_at", -1)], limit=limit)


def _id_of(problem: Problem) -> str:
    return problem_id(problem.integration_id, problem.where, problem.digest)


def _update(problems: Sequence[Problem], at: datetime) -> Update:
    """Return the write of some occurrences of one problem; one that comes again after it was over begins anew."""
    newest = problems[-1]
    over = {"$gt": ["$cleared_at", None]}
    fields = {name: {"$literal": value} for name, value in newest.model_dump(exclude={"count"}).items()}
    so_far = {"$ifNull": ["$count", 0]}
    earlier = so_far if counts_on(newest.where) else {"$cond": [over, 0, so_far]}
    first = {"$cond": [over, at, {"$ifNull": ["$first_seen_at", at]}]}
    counted = {
        "count": {"$add": [earlier, sum(one.count for one in problems)]},
        "first_seen_at": first,
        "last_seen_at": at,
    }
    return Update(
        {"_id": _id_of(newest)}, [{"$set": {**fields, **counted}}, {"$unset": "cleared_at"}], upsert=True
    )
