"""Rows in the hands of one instance, and how many of them are changed in one statement."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from shared.domain.delivery import Delivery, DeliveryState
from shared.store.mongo import Document, Update


@dataclass(frozen=True)
class Claimed:
    """A row in the hands of one instance, for as long as nobody else holds a later `token`.

    `along` are further rows in the same hands that go out with it as one message.
    """

    delivery: Delivery
    token: str
    along: tuple[Claimed, ...] = ()


@dataclass(frozen=True)
class Change:
    """What is to be written into a claimed row; None stands for a field that goes. `mark` tells it when seen again."""

    claimed: Claimed
    fields: Document
    mark: str = field(default_factory=lambda: uuid.uuid4().hex)

    @property
    def key(self) -> str:
        """The row in these very hands."""
        return f"{self.claimed.delivery.id} {self.claimed.token}"


def goes_along(row: Delivery) -> bool:
    """Whether a row goes out as one message with others."""
    return row.bundle is not None and row.state is DeliveryState.PENDING


def folded(claimed: Sequence[Claimed]) -> list[Claimed]:
    """Return the rows with those of one bundle as one: the oldest has the others along."""
    alone = [one for one in claimed if not goes_along(one.delivery)]
    bundles: dict[str, list[Claimed]] = {}
    for one in sorted(claimed, key=lambda one: (one.delivery.created_at, one.delivery.id)):
        if one.delivery.bundle is not None and goes_along(one.delivery):
            bundles.setdefault(one.delivery.bundle, []).append(one)
    return [*alone, *(replace(first, along=tuple(rest)) for first, *rest in bundles.values())]


def statement(changes: Sequence[Change]) -> Update:
    """Return one statement that gives each row its own change if it is still in the same hands (docs/adr/0014)."""
    keys = [one.key for one in changes]
    at = {"$indexOfArray": [{"$literal": keys}, {"$concat": ["$_id", " ", "$lease_token"]}]}
    fields = [{**one.fields, "written_by": one.mark} for one in changes]
    merged = {"$mergeObjects": ["$$ROOT", {"$arrayElemAt": [{"$literal": fields}, "$$at"]}]}
    written = {"$cond": [{"$gte": ["$$at", 0]}, merged, "$$ROOT"]}
    change: list[Document] = [{"$replaceWith": {"$let": {"vars": {"at": at}, "in": written}}}]
    gone = sorted({name for one in changes for name, value in one.fields.items() if value is None})
    if gone:
        change.append({"$set": {name: {"$ifNull": [f"${name}", "$$REMOVE"]} for name in gone}})
    return Update({"_id": {"$in": [one.claimed.delivery.id for one in changes]}}, change, many=True)
