"""Evaluates templates and regexes of users in killable processes, so that none of them can stop anyone's alerts."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Generic, NamedTuple, Self

import structlog

from shared import clock
from shared.domain.template_jobs import Preview, PreviewJob, Rendered, RenderJob, Routed, RouteJob
from shared.domain.webhook_event import WebhookJob, WebhookTexts
from shared.sandbox_kinds import PREVIEW, RENDER, ROUTE, WEBHOOK, Defined, Job, Kind, Result
from shared.sandbox_process import WorkerProcess
from shared.sandbox_wire import definition, request

log = structlog.get_logger(__name__)

CHUNK_JOBS = 64
CHUNK_BYTES = 1024 * 1024
MAX_DEFINITIONS = 2000
# The wall-clock limit is for a worker that hangs or starves; CPU time is held by the worker itself.
WALL_FACTOR = 10.0
WALL_S_PER_JOB = 0.05
# So many jobs of one integration given up within a minute: its templates rest for as long.
STRIKES = 3
REST_S = 60.0

Key = tuple[str, int]


class Item(NamedTuple):
    """One job on its way: its place among the caller's jobs, its definition with its number, its JSON."""

    place: int
    number: int
    defined: Defined | None
    body: bytes


class Outcome(NamedTuple):
    """The answers that came, in order; `why` tells why the others did not."""

    answers: list[dict[str, Any]]
    why: str = ""
    overran: bool = False


class Strikes:
    """Remembers which integrations' templates were given up lately, to stop trying for a while."""

    def __init__(self) -> None:
        self._at: dict[Key, deque[float]] = {}

    def add(self, defined: Defined) -> None:
        """Count one given-up job of an integration at a configuration version."""
        now = clock.monotonic_s()
        self._at = {one: times for one, times in self._at.items() if now - times[-1] < REST_S}
        key = (defined.integration.id, defined.config_version)
        self._at.setdefault(key, deque(maxlen=STRIKES)).append(now)

    def resting(self, defined: Defined) -> bool:
        """Whether its templates are not tried for now."""
        times = self._at.get((defined.integration.id, defined.config_version))
        if times is None or len(times) < STRIKES:
            return False
        return clock.monotonic_s() - times[-1] < REST_S and times[-1] - times[0] < REST_S


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


class Sandbox:
    """A pool of worker processes, asked in batches.

    Each job has `limit_s` of CPU time and 64 MiB of memory. A batch that overruns or dies is repeated job by
    job; the culprit gets its safe default with a problem, the others their answers. Callers take turns by
    chunks of at most 64 jobs or 1 MiB. An integration whose jobs are given up three times within a minute
    gets the safe default at once for a minute, or until its configuration changes.
    """

    def __init__(self, workers: int = 1, limit_s: float = 0.25) -> None:
        self._size = workers
        self._limit_s = limit_s
        # First come, first served; a queue would let the caller that gives a process back take it again.
        self._turn = asyncio.Semaphore(workers)
        self._idle: deque[WorkerProcess] = deque()
        self._processes: set[WorkerProcess] = set()
        self._ended: set[asyncio.Task[bool]] = set()
        self._definitions = Definitions()
        self._strikes = Strikes()

    async def __aenter__(self) -> Self:
        for _ in range(self._size):
            self._add_process()
        await asyncio.gather(*(one.ready() for one in self._processes))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for one in list(self._processes):
            self._end(one)
        await asyncio.gather(*self._ended)

    @property
    def pids(self) -> list[int]:
        """The ids of the worker processes that have started."""
        return [one.pid for one in self._processes if one.pid is not None]

    async def route(self, jobs: Sequence[RouteJob], now: datetime) -> list[Routed]:
        """Decide alerts as shared.domain.routing.route does; the answers are in the order of the jobs.

        Raises:
            Transient: no worker process can be started.
        """
        return await self._all(ROUTE, jobs, now)

    async def render(self, jobs: Sequence[RenderJob], now: datetime) -> list[Rendered]:
        """Render groups as shared.domain.rendering.render does; order and errors as for `route`."""
        return await self._all(RENDER, jobs, now)

    async def preview(self, jobs: Sequence[PreviewJob], now: datetime) -> list[Preview]:
        """Try templates on payloads as shared.domain.preview.preview does; order and errors as for `route`."""
        return await self._all(PREVIEW, jobs, now)

    async def webhook(self, jobs: Sequence[WebhookJob], now: datetime) -> list[WebhookTexts]:
        """Render webhooks as shared.domain.webhook_rendering does; order and errors as for `route`."""
        return await self._all(WEBHOOK, jobs, now)

    async def _all(self, kind: Kind[Job, Result], jobs: Sequence[Job], now: datetime) -> list[Result]:
        run = _Run(kind, jobs, now)
        chunk: list[Item] = []
        size = 0
        for place in range(len(jobs)):
            item = self._item(run, place)
            if item is None:
                continue
            chunk.append(item)
            size += len(item.body)
            if len(chunk) >= CHUNK_JOBS or size > CHUNK_BYTES:
                await self._chunk(run, chunk)
                chunk, size = [], 0
        if chunk:
            await self._chunk(run, chunk)
        return [run.results[place] for place in range(len(jobs))]

    def _item(self, run: _Run[Job, Result], place: int) -> Item | None:
        """Write one job; None when it gets its safe default without being tried."""
        job = run.jobs[place]
        defined = run.kind.shared(job)
        if defined is not None and self._strikes.resting(defined):
            run.give_up(place, "its templates took too long several times and rest for a minute")
            return None
        number = self._definitions.number_of(run.kind.name, defined) if defined else 0
        try:
            return Item(place, number, defined, run.kind.write(job, number))
        except (TypeError, RecursionError) as error:
            run.give_up(place, f"its payload cannot be passed on: {error}")
            return None

    async def _chunk(self, run: _Run[Job, Result], chunk: list[Item]) -> None:
        outcome = await self._ask(run, chunk)
        unsure = chunk[len(outcome.answers) :]
        for item, answer in zip(chunk, outcome.answers, strict=False):
            if "given_up" in answer:
                unsure.append(item)
            else:
                run.take(item.place, answer)
        for item in unsure:
            await self._alone(run, item)

    async def _alone(self, run: _Run[Job, Result], item: Item) -> None:
        """Try one job by itself; twice when its process died of something else than the time it took."""
        if item.defined is not None and self._strikes.resting(item.defined):
            run.give_up(item.place, "its templates took too long several times and rest for a minute")
            return
        outcome = await self._ask(run, [item])
        if not outcome.answers and not outcome.overran:
            outcome = await self._ask(run, [item])
        if outcome.answers and "given_up" not in outcome.answers[0]:
            run.take(item.place, outcome.answers[0])
            return
        why = outcome.answers[0]["given_up"] if outcome.answers else outcome.why
        integration_id = item.defined.integration.id if item.defined else None
        log.warning("sandbox.job_given_up", kind=run.kind.name, integration_id=integration_id, reason=why)
        if item.defined is not None:
            self._strikes.add(item.defined)
        run.give_up(item.place, why)

    async def _ask(self, run: _Run[Job, Result], items: list[Item]) -> Outcome:
        limit_s = self._limit_s * run.kind.limits
        async with self._turn:
            process = self._idle.popleft()
            try:
                await process.ready()
                body = request(
                    run.kind.name, run.now, limit_s, (one.body for one in items), _news(process, items)
                )
                wall_s = WALL_FACTOR * limit_s + WALL_S_PER_JOB * len(items)
                answers = await process.ask(body, len(items), wall_s)
            finally:
                self._put_back(process)
        if process.alive:
            return Outcome(answers)
        overran = await process.gone()
        log.warning("sandbox.worker_replaced", kind=run.kind.name, jobs=len(items), overran=overran)
        why = (
            f"it took longer than {limit_s:g} s"
            if overran
            else "it ended the process that evaluates templates"
        )
        return Outcome(answers, why, overran)

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


class _Run(Generic[Job, Result]):
    """The jobs of one caller, and the results so far."""

    def __init__(self, kind: Kind[Job, Result], jobs: Sequence[Job], now: datetime) -> None:
        self.kind = kind
        self.jobs = jobs
        self.now = now
        self.results: dict[int, Result] = {}

    def take(self, place: int, answer: dict[str, Any]) -> None:
        """Keep what a worker answered."""
        self.results[place] = self.kind.read(answer)

    def give_up(self, place: int, why: str) -> None:
        """Put the safe default in the place of an answer."""
        self.results[place] = self.kind.instead(self.jobs[place], why)


def _news(process: WorkerProcess, items: list[Item]) -> dict[str, Any]:
    """The definitions that this process needs for these jobs and was not sent yet."""
    forget = len(process.known) > MAX_DEFINITIONS
    if forget:
        process.known.clear()
    new: dict[int, Defined] = {}
    for one in items:
        if one.defined is not None and one.number not in process.known:
            new[one.number] = one.defined
    process.known.update(new)
    define = {str(number): definition(one.integration, one.routes) for number, one in new.items()}
    return {"forget": forget, "define": define}
