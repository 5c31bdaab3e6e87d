"""One worker process of a sandbox, from its owner's side: started, asked, and ended without mercy."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson

from shared.errors import Transient
from shared.sandbox_wire import LENGTH, MAX_FRAME_BYTES, framed

ROOT = Path(__file__).resolve().parent.parent
START_TIMEOUT_S = 60.0
LAST_WORDS_S = 2.0
READ_LIMIT_BYTES = 1024 * 1024
COMMAND = (sys.executable, "-m", "shared.sandbox_worker")


class WorkerProcess:
    """A process that evaluates templates; it begins to start when it is made, and never answers after `kill`.

    It has no environment, no file but its socket and our standard error, and a session of its own, so that a
    Ctrl-C meant for the service does not reach it. `known` are the definitions it was sent.
    """

    def __init__(self) -> None:
        self.known: set[int] = set()
        self.alive = True
        self._overran = False
        self._popen: subprocess.Popen[bytes] | None = None
        self._started = asyncio.get_running_loop().create_task(self._start())
        # Whoever asks next hears of a failure; nobody may.
        self._started.add_done_callback(lambda task: task.cancelled() or task.exception())

    @property
    def pid(self) -> int | None:
        """The id of the process, None before it is started."""
        return self._popen.pid if self._popen else None

    async def ready(self) -> None:
        """Wait until it has loaded.

        Raises:
            Transient: it could not be started, ended, or took longer than a minute.
        """
        await asyncio.shield(self._started)

    async def ask(self, body: bytes, count: int, within_s: float) -> list[dict[str, Any]]:
        """Return the answers to `count` jobs, in their order; fewer when it died or ran out of time.

        With fewer answers, and also when the caller was cancelled, it has been killed.
        """
        answers: list[dict[str, Any]] = []
        try:
            async with asyncio.timeout(within_s):
                self._writer.write(framed(body))
                await self._writer.drain()
                while len(answers) < count:
                    answers += orjson.loads(await self._frame())
        except TimeoutError:
            self._overran = True
            self.kill()
        except (asyncio.IncompleteReadError, OSError):
            self._hang_up()
        except BaseException:
            self.kill()
            raise
        return answers

    def kill(self) -> None:
        """End it at once; `gone` tells when it is."""
        self._hang_up()
        if self._popen is not None:
            self._popen.kill()

    def _hang_up(self) -> None:
        self.alive = False
        self._started.cancel()
        if self._popen is not None:
            self._writer.transport.abort()

    async def gone(self) -> bool:
        """Wait for the end of a process that was killed or died; say whether it ended for the time it took."""
        await asyncio.wait([self._started])
        if self._popen is None:
            return False
        code = await asyncio.to_thread(_code_at_end, self._popen)
        return self._overran or code == -signal.SIGVTALRM

    async def _start(self) -> None:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        self._reader, self._writer = await asyncio.open_connection(sock=ours, limit=READ_LIMIT_BYTES)
        try:
            with theirs:
                self._popen = _spawned(theirs)
            async with asyncio.timeout(START_TIMEOUT_S):
                await self._frame()
        except (asyncio.IncompleteReadError, OSError) as error:
            self._hang_up() if isinstance(error, asyncio.IncompleteReadError) else self.kill()
            raise Transient("a template worker does not start; why is on standard error") from error

    async def _frame(self) -> bytes:
        (size,) = LENGTH.unpack(await self._reader.readexactly(LENGTH.size))
        if size > MAX_FRAME_BYTES:
            raise OSError("a frame of the template worker is too long")
        return await self._reader.readexactly(size)


def _code_at_end(popen: subprocess.Popen[bytes]) -> int:
    """Let a process that closed its socket write why on standard error, but not for long."""
    try:
        return popen.wait(LAST_WORDS_S)
    except subprocess.TimeoutExpired:
        popen.kill()
        return popen.wait()


def _spawned(theirs: socket.socket) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        COMMAND, stdin=theirs.fileno(), stdout=subprocess.DEVNULL, cwd=ROOT, env={}, start_new_session=True
    )
