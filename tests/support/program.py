"""A real monitoring tool, from its Debian package or its wheel, as a process with its output in a file."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path


class Program:
    """One process; started and ended by the test that needs it, and by its own id only."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(
        self, *command: str, environment: Mapping[str, str] | None = None, user: str | None = None
    ) -> None:
        """Start it, as `user` if one is named; `environment` is added to the test's own."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                env={**os.environ, **(environment or {})},
                cwd=self.log.parent,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                user=user,
                group=user,
            )

    async def is_up(self, is_ready: Callable[[], bool], timeout_s: float = 60.0) -> None:
        """Wait until `is_ready` says so.

        Raises:
            AssertionError: it ended, or is not ready in time; the message has its output.
        """
        assert self._process is not None
        try:
            async with asyncio.timeout(timeout_s):
                while not is_ready():
                    assert self._process.poll() is None, self.printed()
                    await asyncio.sleep(0.05)
        except TimeoutError as error:
            raise AssertionError(f"not ready within {timeout_s:.0f} s: {self.printed()}") from error

    async def stop(self) -> None:
        """SIGTERM, SIGKILL when it does not end within 10 s; then show the end of its output in a failed test."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            await asyncio.to_thread(self._process.wait, 10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        print(f"===== {self.log.name}\n{self.printed()}")

    def printed(self) -> str:
        """Return the end of what it printed."""
        return self.log.read_text(errors="replace")[-4000:] if self.log.exists() else ""


def path_of(command: str, package: str) -> str:
    """Return where a command is; also in /usr/sbin, which is not on everybody's path.

    Raises:
        AssertionError: it is not installed; the message names the Debian package.
    """
    found = shutil.which(command, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    assert found is not None, f"{command} is missing: install {package} (`make system-senders`)"
    return found
