"""The only door to the database driver; nothing outside this file knows which driver it is.

Motor, as deployed teams asked for; PyMongo's own async client is its successor and fits behind the same door.
Every call waits for a majority write, reads the primary and raises `Unavailable` when MongoDB is away.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bson import Timestamp
from motor.motor_asyncio import AsyncIOMotorClient, AsyncIOMotorClientSession
from pymongo import IndexModel, InsertOne, ReadPreference, ReturnDocument, UpdateMany, UpdateOne
from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    DuplicateKeyError,
    ExecutionTimeout,
    NetworkTimeout,
    OperationFailure,
    PyMongoError,
    WTimeoutError,
)
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from shared.errors import Unavailable

Document = dict[str, Any]
Query = dict[str, Any]
Session = AsyncIOMotorClientSession
DUPLICATE_KEY = 11000
SHUTTING_DOWN = frozenset({91, 189, 11600, 11602, 10107, 13435, 13436, 64, 262})
TIMEOUT_MS = 5_000


# A change stream that tells the ids of what is added, and nothing else.
ONLY_INSERTS: list[Document] = [{"$match": {"operationType": "insert"}}, {"$project": {"documentKey": 1}}]
# The server answers a look at the changes at once: nobody's thread waits there.
LOOK_MS = 5


class Duplicate(Exception):
    """A unique index refused the write."""


@dataclass(frozen=True)
class Insert:
    """Add a document; a duplicate is reported, not raised."""

    document: Document


@dataclass(frozen=True)
class Update:
    """Change the one document that `query` matches, or all of them; a list is a pipeline of changes."""

    query: Query
    change: Document | list[Document]
    upsert: bool = False
    many: bool = False


Write = Insert | Update


@dataclass(frozen=True)
class BulkOutcome:
    """How a bulk of writes ended; `duplicates` are the positions of writes that a unique index refused.

    `modified` counts documents that are other than before.
    """

    matched: int
    modified: int
    upserted: int
    duplicates: frozenset[int]


@dataclass(frozen=True)
class Index:
    """An index as a repository declares it; `expire_after_s` makes it a TTL index."""

    keys: tuple[tuple[str, int], ...]
    unique: bool = False
    partial: Query | None = None
    sparse: bool = False
    expire_after_s: int | None = None

    def model(self) -> IndexModel:
        """Return it in the driver's terms."""
        options: dict[str, Any] = {"unique": self.unique, "sparse": self.sparse}
        if self.partial is not None:
            options = {"unique": self.unique, "partialFilterExpression": self.partial}
        if self.expire_after_s is not None:
            options["expireAfterSeconds"] = self.expire_after_s
        return IndexModel(list(self.keys), **options)


@asynccontextmanager
async def _errors() -> AsyncIterator[None]:
    """Turn the driver's errors into ours; what is a bug in a query stays the driver's error."""
    try:
        yield
    except DuplicateKeyError as error:
        raise Duplicate(str(error)) from error
    except (ConnectionFailure, NetworkTimeout, ExecutionTimeout, WTimeoutError) as error:
        raise Unavailable(f"database: {type(error).__name__}") from error
    except OperationFailure as error:
        if error.code in SHUTTING_DOWN or error.has_error_label("RetryableWriteError"):
            raise Unavailable(f"database: {error.code}") from error
        raise


class Collection:
    """One collection. Queries and changes are MongoDB's own language; `find` returns lists.

    `watchers` hear of due times that this process stores (due.py).
    """

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.watchers: list[Callable[[datetime], None]] = []

    async def find(
        self,
        query: Query,
        projection: Document | None = None,
        sort: Sequence[tuple[str, int]] | None = None,
        limit: int = 0,
        skip: int = 0,
        session: Session | None = None,
    ) -> list[Document]:
        """Return the matching documents."""
        async with _errors():
            cursor = self._inner.find(query, projection, sort=sort, limit=limit, skip=skip, session=session)
            found: list[Document] = await cursor.to_list(None)
            return found

    async def walk(
        self,
        query: Query,
        projection: Document,
        sort: Sequence[tuple[str, int]],
        at_once: int,
        limit: int = 0,
    ) -> AsyncIterator[list[Document]]:
        """Yield the matching documents, so many at once: no more of them are held, however many there are."""
        cursor = self._inner.find(query, projection, sort=sort, batch_size=at_once, limit=limit)
        try:
            while True:
                async with _errors():
                    found: list[Document] = await cursor.to_list(at_once)
                if not found:
                    return
                yield found
        finally:
            await cursor.close()

    async def find_one(
        self,
        query: Query,
        projection: Document | None = None,
        sort: Sequence[tuple[str, int]] | None = None,
        session: Session | None = None,
    ) -> Document | None:
        """Return the first matching document, read from the primary."""
        async with _errors():
            found: Document | None = await self._inner.find_one(query, projection, sort=sort, session=session)
            return found

    async def insert_one(self, document: Document, session: Session | None = None) -> None:
        """Add one document.

        Raises:
            Duplicate: a unique index refused it.
        """
        async with _errors():
            await self._inner.insert_one(document, session=session)

    async def insert_new(self, documents: Sequence[Document]) -> set[Any]:
        """Add documents, unordered; return the ids of those that existed already."""
        outcome = await self.bulk([Insert(one) for one in documents])
        return {documents[position]["_id"] for position in outcome.duplicates}

    async def update_one(
        self,
        query: Query,
        change: Document | list[Document],
        upsert: bool = False,
        session: Session | None = None,
    ) -> int:
        """Change one document; return 1 when one matched (or was made), else 0."""
        async with _errors():
            result = await self._inner.update_one(query, change, upsert=upsert, session=session)
            return int(result.matched_count or result.upserted_id is not None)

    async def update_many(
        self, query: Query, change: Document | list[Document], session: Session | None = None
    ) -> int:
        """Change all matching documents; return how many matched."""
        async with _errors():
            result = await self._inner.update_many(query, change, session=session)
            return int(result.matched_count)

    async def replace_one(
        self, query: Query, document: Document, upsert: bool = False, session: Session | None = None
    ) -> int:
        """Put `document` in the place of the matching one; return 1 when one matched (or was made), else 0."""
        async with _errors():
            result = await self._inner.replace_one(query, document, upsert=upsert, session=session)
            return int(result.matched_count or result.upserted_id is not None)

    async def find_one_and_update(
        self,
        query: Query,
        change: Document | list[Document],
        upsert: bool = False,
        sort: Sequence[tuple[str, int]] | None = None,
        session: Session | None = None,
    ) -> Document | None:
        """Change one document and return it as it is afterwards."""
        async with _errors():
            found: Document | None = await self._inner.find_one_and_update(
                query, change, upsert=upsert, sort=sort, return_document=ReturnDocument.AFTER, session=session
            )
            return found

    async def bulk(self, writes: Sequence[Write], session: Session | None = None) -> BulkOutcome:
        """Do all writes in one request, unordered; duplicates are reported by position.

        Raises:
            Duplicate: in a transaction, which a duplicate undoes.
        """
        if not writes:
            return BulkOutcome(0, 0, 0, frozenset())
        async with _errors():
            try:
                result = await self._inner.bulk_write(
                    [_driver_write(one) for one in writes], ordered=False, session=session
                )
            except BulkWriteError as error:
                outcome = _bulk_outcome(error)
                if session is not None:
                    raise Duplicate(str(error)) from error
                return outcome
            return BulkOutcome(
                int(result.matched_count), int(result.modified_count), int(result.upserted_count), frozenset()
            )

    async def delete_one(self, query: Query, session: Session | None = None) -> int:
        """Remove one matching document; return how many went."""
        async with _errors():
            return int((await self._inner.delete_one(query, session=session)).deleted_count)

    async def delete_many(self, query: Query, session: Session | None = None) -> int:
        """Remove all matching documents; return how many went."""
        async with _errors():
            return int((await self._inner.delete_many(query, session=session)).deleted_count)

    async def count(self, query: Query, limit: int = 0) -> int:
        """Return how many documents match; counting ends at `limit` (0: never)."""
        async with _errors():
            most = {"limit": limit} if limit else {}
            return int(await self._inner.count_documents(query, **most))

    async def aggregate(self, pipeline: Sequence[Document]) -> list[Document]:
        """Run an aggregation pipeline."""
        async with _errors():
            found: list[Document] = await self._inner.aggregate(list(pipeline)).to_list(None)
            return found

    @asynccontextmanager
    async def inserts(self, after: str | None, since: Any = None) -> AsyncIterator[Inserts]:
        """Follow what is added: behind a position, from a `Database.reaches_back_to`, or from now on."""
        async with _errors():
            session = await self._inner.database.client.start_session()
        token = {"_data": after} if after is not None else None
        stream = self._inner.watch(
            ONLY_INSERTS,
            resume_after=token,
            start_at_operation_time=since,
            max_await_time_ms=LOOK_MS,
            session=session,
        )
        try:
            yield Inserts(stream, session)
        finally:
            await stream.close()
            await session.end_session()

    async def ensure_indexes(self, indexes: Sequence[Index]) -> None:
        """Create the declared indexes where they are missing."""
        async with _errors():
            await self._inner.create_indexes([one.model() for one in indexes])


class Inserts:
    """What is added to one collection, in the order in which the majority committed it.

    Reads in its `session` see at least what it has told.
    """

    def __init__(self, stream: Any, session: Session) -> None:
        self._stream = stream
        self.session = session

    @property
    def position(self) -> str:
        """Where it stands: behind everything that `next_id` has returned. Known after the first call of it."""
        return str(self._stream.resume_token["_data"])

    async def next_id(self) -> Any | None:
        """Return the id of the next document that was added; None when there is none yet.

        Raises:
            Lost: the server cannot go on from where this stands.
        """
        async with _errors():
            try:
                change = await self._stream.try_next()
            except OperationFailure as error:
                if error.code in SHUTTING_DOWN or isinstance(error, ExecutionTimeout | WTimeoutError):
                    raise
                raise Lost(str(error)) from error
        if change is None and not self._stream.alive:
            raise Lost("the collection was dropped")
        return change["documentKey"]["_id"] if change is not None else None


class Lost(Exception):
    """A position among the inserts of a collection that the server cannot go on from: too old, or none of its own."""


def _driver_write(write: Write) -> InsertOne[Document] | UpdateOne | UpdateMany:
    if isinstance(write, Insert):
        return InsertOne(write.document)
    if write.many:
        return UpdateMany(write.query, write.change, upsert=write.upsert)
    return UpdateOne(write.query, write.change, upsert=write.upsert)


def _bulk_outcome(error: BulkWriteError) -> BulkOutcome:
    """Read a bulk's errors: duplicates are an answer, a lost majority is Unavailable, the rest is a bug."""
    details = error.details or {}
    failures = details.get("writeErrors", [])
    if any(one.get("code") in SHUTTING_DOWN for one in failures) or details.get("writeConcernErrors"):
        raise Unavailable("database: a bulk was not confirmed by the majority") from error
    if any(one.get("code") != DUPLICATE_KEY for one in failures):
        raise error
    duplicates = frozenset(int(one["index"]) for one in failures)
    matched, modified, upserted = (
        int(details.get(name, 0)) for name in ("nMatched", "nModified", "nUpserted")
    )
    return BulkOutcome(matched, modified, upserted, duplicates)


class Database:
    """One database, connected lazily: making it never fails, using it raises `Unavailable` while MongoDB is away."""

    def __init__(self, url: str, *, server_wait_ms: int = 2_000) -> None:
        self._client: Any = AsyncIOMotorClient(
            url,
            tz_aware=True,
            uuidRepresentation="standard",
            serverSelectionTimeoutMS=server_wait_ms,
            connectTimeoutMS=server_wait_ms,
            socketTimeoutMS=30_000,
            maxPoolSize=20,
            appname="tocsin",
        )
        self._database = self._client.get_default_database(
            "tocsin",
            read_preference=ReadPreference.PRIMARY,
            read_concern=ReadConcern("majority"),
            write_concern=WriteConcern("majority", wtimeout=TIMEOUT_MS),
        )
        self._collections: dict[str, Collection] = {}

    @property
    def name(self) -> str:
        """The database's name on the server."""
        return str(self._database.name)

    def collection(self, name: str) -> Collection:
        """Return a collection, the same to all who ask; nothing is sent yet."""
        if name not in self._collections:
            self._collections[name] = Collection(self._database[name])
        return self._collections[name]

    async def ping(self) -> None:
        """Ask the primary whether it is there.

        Raises:
            Unavailable: it did not answer.
        """
        async with _errors():
            await self._database.command("ping")

    async def reaches_back_to(self) -> Any:
        """Return the oldest moment from which `Collection.inserts` can go on, in the server's own terms.

        Raises:
            Lost: the server does not tell this user.
        """
        async with _errors():
            try:
                status = await self._client.admin.command({"serverStatus": 1, "oplog": 1})
                oldest = status["oplog"]["earliestOptime"]
                # The server goes on from moments behind its oldest entry alone.
                return Timestamp(oldest.time, oldest.inc + 1)
            except OperationFailure as error:
                if error.code in SHUTTING_DOWN:
                    raise
                raise Lost(f"the database does not tell how far back it reaches: {error}") from error

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Session]:
        """Run the block in one transaction with a snapshot of the data; an exception undoes it.

        Raises:
            Conflict: somebody else changed the same documents; nothing was written, try again.
        """
        async with _errors():
            try:
                async with (
                    await self._client.start_session() as session,
                    session.start_transaction(
                        read_concern=ReadConcern("snapshot"),
                        write_concern=WriteConcern("majority", wtimeout=TIMEOUT_MS),
                    ),
                ):
                    yield session
            except PyMongoError as error:
                if error.has_error_label("TransientTransactionError") and not isinstance(
                    error, ConnectionFailure
                ):
                    raise Conflict(str(error)) from error
                raise

    async def drop(self) -> None:
        """Delete the whole database (tests)."""
        await self._client.drop_database(self._database.name)

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()


class Conflict(Exception):
    """Two transactions changed the same documents; this one was undone and may be tried again."""
