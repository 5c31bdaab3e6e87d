"""Worker processes that take turns: whoever asks gets the next one that is free, and a dead one is replaced."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import structlog

from shared.sandbox_kinds import Defined
from shared.sandbox_process import WorkerProcess
from shared.sandbox_wire import definition, request

log = structlog.get_logger(__name__)

MAX_DEFINITIONS = 2000
# The wall-clock limit is for a worker that hangs or starves; CPU time is held by the worker itself.
WALL_S_PER_JOB = 0.05


class Item(NamedTuple):
    """One job on its way: its place among the caller's jobs, its definition with its number, its JSON."""

    place: int
    number: int
    defined: Defined | None
    body: bytes


class Question(NamedTuple):
    """What is asked of a worker besides the jobs. Each job has `limit_s` of CPU time; `wall_s` is for a hang.

    With `patience_s`, a job that overruns is handed back as slow instead of given up, and so are the jobs after it
    that could be as slow; slow jobs may cost the others that much before none but proven ones are tried.
    """

    kind: str
    now: datetime
    limit_s: float
    wall_s: float
    patience_s: float | None = None


class Outcome(NamedTuple):
    """The answers that came, in order; `why` tells why the others did not."""

    answers: list[dict[str, Any]]
    why: str = ""
    overran: bool = False


class Definitions:
    """Numbers the definitions that were seen, so that each is written once per process and not per job."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, int], tuple[int, Defined]] = {}
        self._last = 0

    def number_of(self, kind: str, defined: Defined) -> int:
        """Return the number of a definition; one that differs gets another number, whatever its version says."""
        key = (kind, defined.integration.id, defined.config_version)
        number, known = self._known.get(key, (0, None))
        if known == defined:
            return number
        if len(self._known) >= MAX_DEFINITIONS:
            self._known.clear()
        self._last += 1
        self._known[key] = (self._last, defined)
        return self._last


class Pool:
    """A number of worker processes; without `start` each is started when it is asked for the first time."""

    def __init__(self, size: int) -> None:
        self._size = size
        # First come, first served; a queue would let the caller that gives a process back take it again.
        self._turn = asyncio.Semaphore(size)
        self._idle: deque[WorkerProcess] = deque()
        self._processes: set[WorkerProcess] = set()
        self._ended: set[asyncio.Task[bool]] = set()

    async def start(self) -> None:
        """Start all of them now.

        Raises:
            Transient: one cannot be started.
        """
        for _ in range(self._size):
            self._add_process()
        await asyncio.gather(*(one.ready() for one in self._processes))

    async def close(self) -> None:
        """End all of them."""
        for one in list(self._processes):
            self._end(one)
        await asyncio.gather(*self._ended)

    @property
    def pids(self) -> list[int]:
        """The ids of the worker processes that have started."""
        return [one.pid for one in self._processes if one.pid is not None]

    async def ask(self, question: Question, items: Sequence[Item]) -> Outcome:
        """Return what one worker answers; see WorkerProcess.ask."""
        async with self._turn:
            if not self._idle:
                self._add_process()
            process = self._idle.popleft()
            try:
                await process.ready()
                head = (question.kind, question.now, question.limit_s)
                news = _news(process, items)
                if question.patience_s is not None:
                    news["patience_s"] = question.patience_s
                body = request(*head, (one.body for one in items), news)
                answers = await process.ask(body, len(items), question.wall_s + WALL_S_PER_JOB * len(items))
            finally:
                self._put_back(process)
        if process.alive:
            return Outcome(answers)
        overran = await process.gone()
        log.warning("sandbox.worker_replaced", kind=question.kind, jobs=len(items), overran=overran)
        why = "it ended the process that evaluates templates"
        return Outcome(answers, f"it took longer than {question.limit_s:g} s" if overran else why, overran)

    def _put_back(self, process: WorkerProcess) -> None:
        if process.alive:
            self._idle.append(process)
        else:
            self._end(process)
            self._add_process()

    def _add_process(self) -> None:
        process = WorkerProcess()
        self._processes.add(process)
        self._idle.append(process)

    def _end(self, process: WorkerProcess) -> None:
        if process.alive:
            process.kill()
        self._processes.discard(process)
        reaping = asyncio.get_running_loop().create_task(process.gone())
        self._ended.add(reaping)
        reaping.add_done_callback(self._ended.discard)


def _news(process: WorkerProcess, items: Sequence[Item]) -> dict[str, Any]:
    """The definitions that this process needs for these jobs and was not sent yet."""
    forget = len(process.known) > MAX_DEFINITIONS
    if forget:
        process.known.clear()
    new: dict[int, Defined] = {}
    for one in items:
        if one.defined is not None and one.number not in process.known:
            new[one.number] = one.defined
    process.known.update(new)
    define = {
        str(number): definition(one.integration, one.routes, one.comparison) for number, one in new.items()
    }
    return {"forget": forget, "define": define}
