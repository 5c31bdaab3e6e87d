"""The folder of spool files: this instance's own, and those of dead instances that it has taken over.

A file belongs to whoever holds the lock beside it (`<name>.lock`, flock): the kernel lets go of it
when its process dies, however it dies. Everything here blocks: it runs in the spool's own thread.
"""

from __future__ import annotations

import fcntl
import os
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from services.receiver.spool import Spool, SpoolDamaged, SpoolFailed, size_of
from shared.bus.publisher import Encoded

log = structlog.get_logger(__name__)
FOLDER = "spool"


class SpoolFull(SpoolFailed):
    """The spools have reached the limit."""


@dataclass(frozen=True)
class Held:
    """A spool file and the descriptor that holds its lock."""

    spool: Spool
    lock: int


class Spools:
    """All spools that this instance holds; `limit_bytes` counts over all of them.

    The own file is made when it is first needed, so that an instance that never lost its broker leaves none.
    """

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self._folder = folder
        self._limit_bytes = limit_bytes
        self._own: Held | None = None
        self._adopted: list[Held] = []

    @property
    def count(self) -> int:
        """How many events wait here."""
        return sum(one.spool.count for one in self._held)

    @property
    def size_bytes(self) -> int:
        """How much of the limit is used."""
        return sum(one.spool.size_bytes for one in self._held)

    @property
    def oldest_at(self) -> float | None:
        """When the oldest event was written (seconds since 1970), None when there is none."""
        return min(
            (one.spool.oldest_at for one in self._held if one.spool.oldest_at is not None), default=None
        )

    @property
    def _held(self) -> list[Held]:
        return self._adopted if self._own is None else [*self._adopted, self._own]

    def append(self, events: Sequence[Encoded], spooled_at: float) -> None:
        """Write all events to the own spool, or none.

        Raises:
            SpoolFull: it would pass the limit.
            SpoolFailed: the disk is full or broken.
        """
        if self.size_bytes + size_of(events) > self._limit_bytes:
            raise SpoolFull(f"spool: {self.size_bytes} bytes of {self._limit_bytes} are used")
        if self._own is None:
            self._own = self._make()
        self._own.spool.append(events, spooled_at)

    def next(self) -> Spool | None:
        """Return a spool that has something to tell; the files of dead instances come first."""
        return next((one.spool for one in self._held if one.spool.count), None)

    def adopt(self) -> int:
        """Take over the files that nobody holds, remove the empty ones, and return how many events came with them.

        Raises:
            SpoolFailed: the folder cannot be read or changed.
        """
        held = {one.spool.path for one in self._held}
        before = self.count
        try:
            self._release_drained()
            for path in sorted(self._folder.glob("*.db")):
                if path not in held:
                    self._adopt_one(path)
        except OSError as error:
            raise SpoolFailed(f"spool: {error}") from error
        return self.count - before

    def set_aside(self, spool: Spool) -> None:
        """Stop using a damaged spool; its file is kept beside the others, for people to look at."""
        for held in [one for one in self._held if one.spool is spool]:
            if held is self._own:
                self._own = None
            else:
                self._adopted.remove(held)
            spool.close()
            _rename_damaged(spool.path)
            os.close(held.lock)

    def close(self) -> None:
        """Let go of everything; what is not drained stays on disk for the next instance."""
        for held in self._held:
            _release(held)
        self._own, self._adopted = None, []

    def _make(self) -> Held:
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            held = _take(self._folder / f"{uuid.uuid4().hex}.db")
            _sync(self._folder)
        except OSError as error:
            raise SpoolFailed(f"spool: {error}") from error
        if held is None:
            raise SpoolFailed("spool: a new file is held by somebody else")
        log.info("spool.made", file=held.spool.path.name)
        return held

    def _adopt_one(self, path: Path) -> None:
        try:
            held = _take(path)
        except SpoolDamaged as error:
            log.error("spool.damaged", file=path.name, error=error.reason)
            _rename_damaged(path)
            return
        if held is not None:
            self._adopted.append(held)
            log.info("spool.adopted", file=path.name, events=held.spool.count)

    def _release_drained(self) -> None:
        for held in [one for one in self._adopted if not one.spool.count]:
            self._adopted.remove(held)
            _release(held)


def _take(path: Path) -> Held | None:
    """Lock and open a spool file; None when somebody else holds it."""
    lock = _try_lock(path)
    if lock is None:
        return None
    try:
        return Held(Spool(path), lock)
    except SpoolFailed:
        os.close(lock)
        raise


def _rename_damaged(path: Path) -> None:
    path.rename(path.with_suffix(".damaged"))
    _lock_path(path).unlink(missing_ok=True)


def _release(held: Held) -> None:
    """Close a spool; an empty one is removed, its lock file last and before the lock is let go."""
    held.spool.close()
    if not held.spool.count:
        for suffix in ("", "-wal", "-shm"):
            held.spool.path.with_name(held.spool.path.name + suffix).unlink(missing_ok=True)
        _lock_path(held.spool.path).unlink(missing_ok=True)
    os.close(held.lock)


def _lock_path(path: Path) -> Path:
    return path.with_suffix(".lock")


def _try_lock(path: Path) -> int | None:
    """Return a descriptor that holds the lock of a spool file, or None when somebody else does.

    A lock on a file that was unlinked meanwhile would be held by nobody else's eyes: it does not count.
    """
    descriptor = os.open(_lock_path(path), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(descriptor).st_ino == _lock_path(path).stat().st_ino:
            return descriptor
    except (BlockingIOError, FileNotFoundError):
        pass
    os.close(descriptor)
    return None


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
