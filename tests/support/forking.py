"""Processes of this repository's programs, forked from one that has loaded them: as Popen, at a tenth of the cost.

`use` is called by the test session; benchmarks and the proof never call it and start real interpreters.
"""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from shared import sandbox_process

ROOT = Path(__file__).resolve().parents[2]
STDERR = 2
_ANSWER_BYTES = 64
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)
COMMAND_LINE = str(Path(sys.executable).with_name("tocsin"))
_REAL_SANDBOX = sandbox_process._spawned
_server: ForkServer | None = None
_is_used = False
_starting = threading.Lock()


class Forked:
    """A process that was forked, with what tests need of Popen; its number is its own until `poll` saw its end."""

    def __init__(self, connection: socket.socket, pid: int, handle: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._connection = connection
        self._handle = handle
        self._reaping = threading.Lock()

    def poll(self) -> int | None:
        """Return the exit code, negative for a signal; None while it runs."""
        with self._reaping:
            if self.returncode is None and self._has_ended():
                self._connection.send(b"code")
                self.returncode = int(json.loads(self._connection.recv(_ANSWER_BYTES)))
                self._connection.close()
                os.close(self._handle)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and return the exit code.

        Raises:
            TimeoutExpired: of subprocess; it still runs.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while self.poll() is None:
            if deadline is not None and time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
            time.sleep(0.01)
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            signal.pidfd_send_signal(self._handle, number)

    def terminate(self) -> None:
        """SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL."""
        self.send_signal(signal.SIGKILL)

    def _has_ended(self) -> bool:
        poller = select.poll()
        poller.register(self._handle, select.POLLIN)
        return bool(poller.poll(0))


Process = Forked | subprocess.Popen[bytes]


class ForkServer:
    """The process that has loaded everything; it ends with this one."""

    def __init__(self) -> None:
        self.address = f"tocsin-fork-{uuid.uuid4().hex}"  # in the namespace that has no files
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening:
            listening.bind(f"\0{self.address}")
            listening.listen(64)
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.fork_server", self.address],
                stdin=listening.fileno(),
                cwd=ROOT,
                preexec_fn=end_with_parent,
            )

    def wait_ready(self) -> None:
        """Wait until it has loaded: forking while it loads would keep an event loop waiting."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
            connection.connect(f"\0{self.address}")
            connection.shutdown(socket.SHUT_WR)
            connection.recv(_ANSWER_BYTES)  # its end, when the server looks at who is there

    def stop(self) -> None:
        """End it; nothing that it started is left."""
        self._process.kill()
        self._process.wait()


def fork(
    address: str, command: Sequence[str], environment: Mapping[str, str], files: Sequence[int]
) -> Forked:
    """Fork a process with these standard files from the server at that address; it ends with it at the latest."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    connection.connect(f"\0{address}")
    program, *arguments = command
    request = {
        "program": program,
        "arguments": arguments,
        "environment": dict(environment),
        "folder": str(ROOT),
    }
    socket.send_fds(connection, [json.dumps(request).encode()], list(files))
    pid, handles, _, _ = socket.recv_fds(connection, _ANSWER_BYTES, 1)
    if not pid:
        raise RuntimeError("the fork server has ended; why is on standard error")
    return Forked(connection, int(pid), handles[0])


def use() -> None:
    """Fork processes from now on, and the processes in which sandboxes evaluate templates."""
    global _is_used
    _is_used = True
    use_for_sandboxes(lambda: the_server().address)


def use_for_sandboxes(address: Callable[[], str]) -> None:
    """Have the sandboxes of this process fork theirs from the server at that address."""
    sandbox_process._spawned = lambda theirs: _template_worker(address(), theirs)  # type: ignore[assignment]


@contextmanager
def stopped() -> Iterator[None]:
    """Start real interpreters meanwhile."""
    global _is_used
    before = _is_used, sandbox_process._spawned
    _is_used, sandbox_process._spawned = False, _REAL_SANDBOX
    yield
    _is_used, sandbox_process._spawned = before


def leave() -> None:
    """End the process that they are forked from, if there is one."""
    global _server
    if _server is not None:
        _server.stop()
        _server = None


def _template_worker(address: str, theirs: socket.socket) -> Forked:
    with Path(os.devnull).open("wb") as nothing:
        files = [theirs.fileno(), nothing.fileno(), STDERR]
        return fork(address, sandbox_process.COMMAND[2:], {}, files)


def started(
    *command: str, environment: Mapping[str, str], out: IO[bytes], err: IO[bytes] | None = None
) -> Process:
    """Start a module (by its name) or a Python script (by its path) of this repository, with nothing to read.

    What it prints goes to `out` and `err`, all of it to `out` when there is no `err`.
    """
    with Path(os.devnull).open("rb") as nothing:
        return _started(command, environment, [nothing, out, err or out])


async def done(
    *command: str, environment: Mapping[str, str], timeout_s: float, given: bytes = b"", is_one: bool = False
) -> tuple[int, bytes, bytes]:
    """Run it to its end; return the exit code and what it printed, with `is_one` all of it as its output.

    Raises:
        TimeoutExpired: of subprocess; it was killed.
    """
    with tempfile.TemporaryFile() as read, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        read.write(given)
        read.seek(0)
        process = _started(command, environment, [read, out, out if is_one else err])
        try:
            code = await asyncio.to_thread(process.wait, timeout_s)
        finally:
            process.kill()
            process.wait()
        return code, _whole(out), _whole(err)


def _whole(file: IO[bytes]) -> bytes:
    file.seek(0)
    return file.read()


def _started(command: Sequence[str], environment: Mapping[str, str], files: Sequence[IO[bytes]]) -> Process:
    numbers = [one.fileno() for one in files]
    if _is_used:
        return fork(the_server().address, command, environment, numbers)
    program, *arguments = command
    read, out, err = numbers
    return subprocess.Popen(
        [sys.executable, *([] if "/" in program else ["-m"]), program, *arguments],
        env=dict(environment),
        cwd=ROOT,
        stdin=read,
        stdout=out,
        stderr=err,
        start_new_session=True,
        preexec_fn=end_with_parent,
    )


def the_server() -> ForkServer:
    """Return the process that has loaded everything, started when it is asked for the first time."""
    global _server
    with _starting:
        if _server is None:
            _server = ForkServer()
        return _server


def end_with_parent() -> None:
    """Have this process killed when the one that started it ends: a killed test session leaves nothing behind."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
