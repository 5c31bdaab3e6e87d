"""The configuration as this process sees it: loaded once, in memory, replaced as a whole when a version is newer.

The last good snapshot is kept on local disk (mode 0600, secrets still encrypted), so that a service can start
and work while the database is away.
"""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import structlog

from shared import clock
from shared.domain.configuration import ConfigSnapshot
from shared.errors import Unavailable

log = structlog.get_logger(__name__)
COMPARE_EVERY_S = 10.0
LOOK_AT_MOST_EVERY_S = 1.0

OnChange = Callable[[ConfigSnapshot], None]


class Source(Protocol):
    """Where configuration is stored."""

    async def version(self) -> int:
        """Return the number of the stored version."""

    async def load(self) -> ConfigSnapshot:
        """Return the stored version as a whole."""


class LiveConfiguration:
    """Holds the current snapshot. `current` never blocks; before anything was ever loaded it is version 0.

    `keeps` names the snapshot's fields that this service needs; the others are dropped, in memory and on disk.
    """

    def __init__(self, source: Source, file: Path, keeps: frozenset[str] | None = None) -> None:
        self._source = source
        self._file = file
        self._keeps = keeps
        self._lock = asyncio.Lock()
        self._looked_at_s = float("-inf")
        self._callbacks: list[OnChange] = []
        self._wake = asyncio.Event()
        self._wanted = 0
        self._is_loaded = False
        self._is_compared = False
        self.current = ConfigSnapshot()
        self.has_any = False

    def on_change(self, callback: OnChange) -> None:
        """Have `callback` run with each new snapshot."""
        self._callbacks.append(callback)

    def read_file(self) -> None:
        """Take the snapshot that an earlier process left; without one nothing changes."""
        if not self._file.exists():
            return
        try:
            self._replace(ConfigSnapshot.model_validate_json(self._file.read_bytes()))
        except ValueError as error:
            log.warning("configuration.file_unreadable", file=self._file.name, error=str(error)[:200])

    async def load(self) -> None:
        """Load the stored version.

        Raises:
            Unavailable: the database is away; `current` stays what it was.
        """
        async with self._lock:
            self._looked_at_s = clock.monotonic_s()
            self._is_compared = False
            stored = await self._source.version()
            if self._is_loaded and stored == self.current.version:
                self._is_compared = True
                return
            self._replace(await self._source.load())
            self._is_loaded = self._is_compared = True
            self._write_file()
            log.info("configuration.loaded", version=self.current.version)

    async def at_least(self, version: int) -> ConfigSnapshot:
        """Return a snapshot that is not older than `version`, loading it if this process is behind.

        Raises:
            Unavailable: it is behind and the database is away.
        """
        if self.current.version < version:
            await self.load()
        return self.current

    async def refresh(self) -> bool:
        """Compare with the stored version, at most once a second, shared by all who ask; never raises.

        Returns whether the last comparison worked: only then is what is missing here missing in what is stored.
        """
        if clock.monotonic_s() - self._looked_at_s < LOOK_AT_MOST_EVERY_S:
            async with self._lock:
                return self._is_compared
        try:
            await self.load()
        except Unavailable as error:
            log.warning("configuration.unreachable", reason=error.reason)
        return self._is_compared

    def changed(self, version: int) -> None:
        """Take the news that `version` is stored; it is loaded in the background."""
        self._wanted = max(self._wanted, version)
        self._wake.set()

    async def keep_up(self) -> None:
        """Load at each announcement, and compare every 10 s besides (an announcement may be lost)."""
        while True:
            try:
                await self.load()
            except Unavailable as error:
                log.warning("configuration.unreachable", reason=error.reason)
            self._wake.clear()
            wait_s = COMPARE_EVERY_S if self.has_any else LOOK_AT_MOST_EVERY_S
            if self._wanted > self.current.version:
                wait_s = LOOK_AT_MOST_EVERY_S
            try:
                # Not wait_for: it swallows a cancellation that comes together with the news.
                async with asyncio.timeout(wait_s):
                    await self._wake.wait()
            except TimeoutError:
                continue

    def _replace(self, snapshot: ConfigSnapshot) -> None:
        if self._keeps is not None:
            empty = {
                name: ()
                for name in ConfigSnapshot.model_fields
                if name not in self._keeps and name != "version"
            }
            snapshot = snapshot.model_copy(update=empty)
        self.current = snapshot
        self.has_any = self.has_any or snapshot.version > 0
        for callback in self._callbacks:
            callback(snapshot)

    def _write_file(self) -> None:
        """Keep the snapshot for the next start; a disk that does not take it stops nobody's work."""
        # A name of its own: instances may share the folder.
        scratch = self._file.with_suffix(f".{uuid.uuid4().hex}.new")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(self.current.model_dump_json().encode())
                file.flush()
                os.fsync(file.fileno())
            scratch.replace(self._file)
        except OSError as error:
            log.warning("configuration.file_unwritten", file=self._file.name, error=str(error))
            with suppress(OSError):
                scratch.unlink(missing_ok=True)


async def load_until_there(
    live: LiveConfiguration, pause: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> None:
    """Wait for a first configuration: from the file an earlier process left, else from the database."""
    live.read_file()
    while not live.has_any:
        try:
            await live.load()
            return
        except Unavailable as error:
            log.warning("configuration.unreachable", reason=error.reason)
            await pause(LOOK_AT_MOST_EVERY_S)
