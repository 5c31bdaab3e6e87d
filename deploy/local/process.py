"""A background process that is found again by a later command, and never mistaken for somebody else's.

A pid file alone can lie: the process may be gone and its number given to another. So every process is
started with a mark in its environment, and only a process that carries the mark is ever signalled.
"""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import psutil

_MARK = "TOCSIN_LOCAL_SERVER"


class StartFailed(Exception):
    """A server did not become ready; the message names its log."""


# A server may outlive the object that started it; a handle that is collected first would call that a leak.
_started: list[subprocess.Popen[bytes]] = []


@atexit.register
def _let_go() -> None:
    """At the end of this process its servers are nobody's children any more, and that is no leak either."""
    for one in _started:
        if one.poll() is None:
            one.returncode = 0


class OwnedProcess:
    """One process per home folder; `home/pid` remembers its number between commands."""

    def __init__(self, home: Path) -> None:
        self.home = home.resolve()
        self._pid_file = self.home / "pid"
        self._child: subprocess.Popen[bytes] | None = None

    def pid(self) -> int | None:
        """The number of the living process, or None."""
        if self._child is not None:
            if self._child.poll() is None:
                return self._child.pid
            self._child = None
        try:
            pid = int(self._pid_file.read_text())
        except (FileNotFoundError, ValueError):
            return None
        return pid if _carries_mark(pid, str(self.home)) else None

    def spawn(
        self, command: Sequence[str], environment: Mapping[str, str], log: Path, folder: Path | None = None
    ) -> None:
        """Start the command detached from the terminal: Ctrl-C reaches only whoever started it.

        It works in `folder` (its home unless given); what it prints is added to `log`.
        """
        for needed in (self.home, log.parent):
            needed.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            self._child = subprocess.Popen(
                command,
                env={**environment, _MARK: str(self.home)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=folder or self.home,
                start_new_session=True,
            )
        _started.append(self._child)
        self._pid_file.write_text(str(self._child.pid))

    def wait_until(self, is_ready: Callable[[], bool], timeout_s: float, log: Path) -> None:
        """Poll until ready.

        Raises:
            StartFailed: the process ended, or was not ready in time.
        """
        deadline = time.monotonic() + timeout_s
        while not is_ready():
            if self.pid() is None:
                raise StartFailed(f"{self.home.name} ended while it was starting; see {log}")
            if time.monotonic() > deadline:
                raise StartFailed(f"{self.home.name} was not ready within {timeout_s:.0f} s; see {log}")
            time.sleep(0.03)

    def ask_to_end(self) -> None:
        """SIGTERM, without waiting."""
        self._send(signal.SIGTERM)

    def terminate(self, timeout_s: float) -> None:
        """SIGTERM, wait, and SIGKILL if it does not end in time."""
        self.ask_to_end()
        if not self._wait_gone(timeout_s):
            self.kill()

    def kill(self) -> None:
        """SIGKILL and wait until it is gone."""
        self._send(signal.SIGKILL)
        self._wait_gone(10)

    def _send(self, number: signal.Signals) -> None:
        pid = self.pid()
        if pid is not None:
            os.kill(pid, number)

    def _wait_gone(self, timeout_s: float) -> bool:
        deadline = time.monotonic() + timeout_s
        while self.pid() is not None:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        self._pid_file.unlink(missing_ok=True)
        return True


def end_marked(home: Path, name: str) -> None:
    """End the processes of that program name which a server of this home left behind (its port mapper)."""
    for process in _named(name):
        if _carries_mark(process.pid, str(home.resolve())):
            process.terminate()


def _named(name: str) -> Iterator[psutil.Process]:
    for process in psutil.process_iter(["name"]):
        if process.info["name"] == name:
            yield process


def _carries_mark(pid: int, mark: str) -> bool:
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and process.environ().get(_MARK) == mark
    except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return False
