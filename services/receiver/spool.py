"""The local spool: what could not be told to the broker, synced to disk before its sender gets an answer.

One SQLite file per instance (WAL, synchronous=FULL). Everything here blocks: it runs in the spool's own thread.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from shared.bus.publisher import Encoded
from shared.errors import Transient

_SCHEMA = """
CREATE TABLE IF NOT EXISTS spooled (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL,
    id TEXT NOT NULL,
    body BLOB NOT NULL,
    spooled_at REAL NOT NULL
)
"""
# A message holds at most 64 events or 256 KiB; reading a little more than one keeps the drain busy.
CHUNK_EVENTS = 128
CHUNK_BYTES = 1024 * 1024
ROW_OVERHEAD_BYTES = 128


class SpoolFailed(Transient):
    """The disk did not take it, or could not be read."""


class SpoolDamaged(SpoolFailed):
    """The file is no SQLite database, or a broken one."""


@dataclass(frozen=True)
class Spooled:
    """One event of the spool and when it came there (seconds since 1970)."""

    seq: int
    event: Encoded
    spooled_at: float


class Spool:
    """One spool file. It is synced: what `append` returned from survives kill -9 and a power cut.

    Raises:
        SpoolFailed: the file cannot be opened.
        SpoolDamaged: it is not a spool.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._db = _open(path)
            row = self._db.execute(
                "SELECT count(*), coalesce(sum(length(body) + ?), 0), min(spooled_at) FROM spooled",
                (ROW_OVERHEAD_BYTES,),
            ).fetchone()
        except sqlite3.Error as error:
            raise _failure(path, error) from error
        self.count: int = row[0]
        self.size_bytes: int = row[1]
        self.oldest_at: float | None = row[2]

    def append(self, events: Sequence[Encoded], spooled_at: float) -> None:
        """Write all events, or none.

        Raises:
            SpoolFailed: the disk is full or broken; nothing of it is kept.
        """
        rows = [(one.key, one.id, one.body, spooled_at) for one in events]
        try:
            with self._db:
                self._db.execute("BEGIN IMMEDIATE")
                self._db.executemany(
                    "INSERT INTO spooled (key, id, body, spooled_at) VALUES (?, ?, ?, ?)", rows
                )
        except sqlite3.Error as error:
            raise _failure(self.path, error) from error
        self.count += len(rows)
        self.size_bytes += size_of(events)
        if self.oldest_at is None:
            self.oldest_at = spooled_at

    def oldest(self, limit: int = CHUNK_EVENTS) -> list[Spooled]:
        """Return the first events in the order in which they came, at least one if there is any."""
        chunk: list[Spooled] = []
        size = 0
        query = "SELECT seq, key, id, body, spooled_at FROM spooled ORDER BY seq LIMIT ?"
        try:
            for seq, key, event_id, body, spooled_at in self._db.execute(query, (limit,)):
                size += len(body)
                if chunk and size > CHUNK_BYTES:
                    break
                chunk.append(Spooled(seq, Encoded(key, event_id, body), spooled_at))
        except sqlite3.Error as error:
            raise _failure(self.path, error) from error
        return chunk

    def delete(self, chunk: Sequence[Spooled]) -> None:
        """Forget what the broker has confirmed; `chunk` is what `oldest` returned."""
        try:
            with self._db:
                self._db.execute("BEGIN IMMEDIATE")
                self._db.execute("DELETE FROM spooled WHERE seq <= ?", (chunk[-1].seq,))
            oldest = self._db.execute("SELECT min(spooled_at) FROM spooled").fetchone()[0]
        except sqlite3.Error as error:
            raise _failure(self.path, error) from error
        self.count -= len(chunk)
        self.size_bytes -= size_of([one.event for one in chunk])
        self.oldest_at = oldest

    def close(self) -> None:
        """Close the file; everything in it stays."""
        self._db.close()


def size_of(events: Sequence[Encoded]) -> int:
    """Return the bytes that events take of the spool's limit."""
    return sum(len(one.body) + ROW_OVERHEAD_BYTES for one in events)


def _failure(path: Path, error: sqlite3.Error) -> SpoolFailed:
    """A full or failing disk (OperationalError) passes; what SQLite calls malformed, or no database, does not."""
    operational = isinstance(error, sqlite3.OperationalError)
    return (SpoolFailed if operational else SpoolDamaged)(f"spool {path.name}: {error}")


def _open(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.execute(_SCHEMA)
    except sqlite3.Error:
        db.close()
        raise
    return db
