"""The journal as it goes on: its records in the order in which they were committed, from a position on.

A page gets its place when the majority of the database has it, whoever wrote it and whatever time it bears: so what
is committed late comes late, and no place before a position is ever filled afterwards (docs/adr/0050).
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import NamedTuple

import orjson

from shared.store.journal import Envelope
from shared.store.mongo import Collection, Database, Inserts

POSITION = re.compile(r"(?P<token>[0-9A-F]{16,2000})(\.(?P<skip>[1-9][0-9]{0,5}))?")
# The position before everything that the database still knows of.
BEGINNING = "beginning"
PAGES_AT_ONCE = 20
# So many records back a second telling of the same one is noticed.
REMEMBERED = 10_000


@dataclass(frozen=True)
class Position:
    """Where a reader stands: behind one page, and behind the first `skip` records of the next one."""

    token: str
    skip: int = 0

    def __str__(self) -> str:
        return f"{self.token}.{self.skip}" if self.skip else self.token

    @classmethod
    def read(cls, text: str) -> Position | None:
        """Return the position that a text names; None when it names none."""
        if text == BEGINNING:
            return cls(BEGINNING)
        found = POSITION.fullmatch(text)
        return cls(found["token"], int(found["skip"] or 0)) if found is not None else None


class Told(NamedTuple):
    """One record, and the position behind it."""

    record: Envelope
    position: Position


class _Turned(NamedTuple):
    """A page that was added, and the positions before and behind it."""

    id: str
    before: Position
    behind: Position


class JournalTail:
    """The records behind a position, page by page. What was told twice is returned once, as far as it remembers.

    `expired` counts the pages that it passed over because the journal does not keep them any more.
    """

    def __init__(self, collection: Collection, inserts: Inserts) -> None:
        self._collection = collection
        self._inserts = inserts
        self._waiting: list[_Turned] = []
        self._seen: OrderedDict[str, None] = OrderedDict()
        self.position = Position("")
        self.expired = 0

    async def begin(self, after: Position | None) -> None:
        """Go to a position, or to where the journal ends now.

        Raises:
            Lost: the database cannot go on from there.
        """
        first = await self._inserts.next_id()
        if after is None:
            # What was added in this very moment is before "now".
            self.position = Position(self._inserts.position)
            return
        self.position = after
        if first is not None:
            self._waiting = [_Turned(str(first), after, Position(self._inserts.position))]

    async def next(self) -> list[Told] | None:
        """Return the records of the next pages, at most 20 pages; None when there are no more pages yet.

        `position` is behind them afterwards, also behind pages that have expired since.

        Raises:
            Lost: the reader is so far behind that the database has forgotten what comes next.
        """
        turned = await self._turned()
        if not turned:
            return None
        ids = [one.id for one in turned]
        found = await self._collection.find(
            {"_id": {"$in": ids}}, {"entries": 1}, session=self._inserts.session
        )
        pages = {one["_id"]: orjson.loads(one["entries"]) for one in found}
        told = [one for page in turned for one in _records(page, pages.get(page.id, []))]
        self.expired += sum(one.id not in pages for one in turned)
        self.position = turned[-1].behind
        return [one for one in told if self._is_new(one.record)]

    async def _turned(self) -> list[_Turned]:
        turned, self._waiting = self._waiting, []
        before = turned[-1].behind if turned else self.position
        while len(turned) < PAGES_AT_ONCE:
            id = await self._inserts.next_id()
            behind = Position(self._inserts.position)
            if id is None:
                if not turned and not self.position.skip:
                    self.position = behind
                break
            turned.append(_Turned(str(id), before, behind))
            before = behind
        return turned

    def _is_new(self, record: Envelope) -> bool:
        if record["id"] in self._seen:
            return False
        self._seen[record["id"]] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return True


@asynccontextmanager
async def journal_tail(database: Database, after: Position | None) -> AsyncIterator[JournalTail]:
    """Open the journal behind a position, or where it ends now.

    Raises:
        Lost: the database cannot go on from there.
    """
    collection = database.collection("journal")
    is_whole = after is not None and after.token == BEGINNING
    token = after.token if after is not None and not is_whole else None
    async with collection.inserts(token, await database.reaches_back_to() if is_whole else None) as inserts:
        tail = JournalTail(collection, inserts)
        await tail.begin(after)
        yield tail


def _records(page: _Turned, entries: list[Envelope]) -> list[Told]:
    """Return the records of a page that are behind the position before it, each with the position behind it.

    The first page of all has no place before it by which it could be known again: it is told wholly or not at all.
    """
    last = len(entries)
    is_first = page.before.token == BEGINNING
    return [
        Told(
            record,
            page.behind if number == last else Position(page.before.token, 0 if is_first else number),
        )
        for number, record in enumerate(entries, start=1)
        if number > page.before.skip
    ]
