"""What arrived at the ends, whatever they are, and which rows of the ledger each message was for.

A message that was recorded is known by its provider's name for it; one whose sender died by the id that it carried,
or as the only thing that a row of unknown outcome can have been. What fits no row was sent twice or by nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import orjson

from shared.events import derived_id

# Of so many rows at most a bundle may have lost some to an answer of their own while it was made.
DROPPED = 2


@dataclass(frozen=True)
class Arrival:
    """One message as its end took it, `at` by the wall clock; `id` is the id that it carried, `group_id` its link's.

    `person` is empty where the message does not say whom it is for.
    """

    channel: str
    person: str
    at: float
    id: str = ""
    handle: str = ""
    group_id: str = ""


@dataclass(frozen=True)
class Row:
    """One page of the ledger."""

    id: str
    channel: str
    person: str
    group_id: str
    run: int
    state: str
    reason: str
    handle: str
    bundle: str | None
    created_at: float
    checked_at: float | None


@dataclass(frozen=True)
class Page:
    """One row's part in one message."""

    row: Row
    at: float


def rows_of(stored: Any) -> dict[str, Row]:
    """Read the ledger, past the product."""
    names = {one["_id"]: one["username"] for one in stored.users.find()}
    return {one["_id"]: _row(one, names) for one in stored.deliveries.find({"kind": "page"})}


def _row(document: Any, names: dict[str, str]) -> Row:
    body = orjson.loads(document["body"])
    checked_at = document.get("checked_at")
    return Row(
        id=document["_id"],
        channel=document["channel"],
        person=names.get(document["subject_id"], document["subject_id"]),
        group_id=document["group_id"],
        run=body["run"],
        state=document["state"],
        # What has its default is not stored.
        reason=body.get("reason", ""),
        handle=body.get("handle", ""),
        bundle=body.get("bundle"),
        created_at=document["created_at"].timestamp(),
        checked_at=checked_at.timestamp() if checked_at is not None else None,
    )


class Attribution:
    """Finds the rows of every message; `pages` in the order of arrival, `strangers` are messages without a row."""

    def __init__(self, rows: dict[str, Row]) -> None:
        self._rows = rows
        self._by_handle: dict[tuple[str, str], list[Row]] = {}
        self._unknown: dict[tuple[str, str], list[Row]] = {}
        for row in rows.values():
            if row.handle:
                self._by_handle.setdefault((row.channel, row.handle), []).append(row)
            if row.state == "unknown":
                self._unknown.setdefault((row.channel, row.person), []).append(row)
        self._taken: set[str] = set()
        self.pages: list[Page] = []
        self.strangers: list[Arrival] = []

    @classmethod
    def of(cls, rows: dict[str, Row], arrivals: Iterable[Arrival]) -> Attribution:
        """Attribute all arrivals."""
        made = cls(rows)
        for one in sorted(arrivals, key=lambda one: one.at):
            found = made._rows_of(one)
            made.pages += [Page(row, one.at) for row in found]
            made.strangers += [] if found else [one]
        return made

    def _rows_of(self, one: Arrival) -> list[Row]:
        if one.id in self._rows:
            row = self._rows[one.id]
            is_right = row.channel == one.channel and one.person in ("", row.person)
            return [row] if is_right else []
        recorded = self._by_handle.get((one.channel, one.handle), []) if one.handle else []
        if one.id:
            return self._bundled(one, recorded)
        return recorded if len(recorded) == 1 else self._lost(one)

    def _bundled(self, one: Arrival, recorded: list[Row]) -> list[Row]:
        """Return the rows whose common id the message carries."""
        lost = self._unknown.get((one.channel, one.person), [])
        for mine in _messages(recorded, lost):
            for some in _nearly(mine):
                if derived_id("bundle", *sorted(row.id for row in some)) == one.id:
                    return list(some)
        return []

    def _lost(self, one: Arrival) -> list[Row]:
        """Return the page of that person and group whose outcome nobody knows, once."""
        for row in self._unknown.get((one.channel, one.person), []):
            if row.group_id == one.group_id and row.id not in self._taken:
                self._taken.add(row.id)
                return [row]
        return []


def _messages(recorded: list[Row], lost: list[Row]) -> Iterator[list[Row]]:
    """Yield what may have gone out as one message: rows of one bundle, of which there may be several messages.

    What was recorded is whole, unless its sender died while it wrote; what was cut off at one moment was one message.
    """
    yield from _by(recorded, lambda row: (row.bundle,))
    yield from _by(lost, lambda row: (row.bundle, row.checked_at))
    yield from _by([*recorded, *lost], lambda row: (row.bundle,))


def _by(rows: list[Row], key: Callable[[Row], object]) -> Iterable[list[Row]]:
    found: dict[object, list[Row]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return found.values()


def _nearly(rows: list[Row]) -> Iterator[tuple[Row, ...]]:
    """Yield all rows, then all but one, all but two."""
    for left_out in range(DROPPED + 1):
        yield from combinations(rows, max(0, len(rows) - left_out))
