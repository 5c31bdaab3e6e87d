"""Evaluates templates and regexes of users in killable processes, so that none of them can stop anyone's alerts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from types import TracebackType
from typing import Any, Generic, Self

import structlog

from shared import clock
from shared.domain.behaviour_jobs import Behaviour, BehaviourJob
from shared.domain.conditions import ConditionJob, Verdict
from shared.domain.heartbeat_texts import HeartbeatJob, HeartbeatTexts
from shared.domain.template_jobs import Preview, PreviewJob, Rendered, RenderJob, Routed, RouteJob
from shared.domain.webhook_event import WebhookJob, WebhookTexts
from shared.sandbox_kinds import (
    BEHAVIOUR,
    CONDITION,
    HEARTBEAT,
    PREVIEW,
    RENDER,
    ROUTE,
    WEBHOOK,
    Defined,
    Job,
    Kind,
    Result,
)
from shared.sandbox_pool import Definitions, Item, Outcome, Pool, Question
from shared.sandbox_slow import Slow, SlowLane, Strikes

log = structlog.get_logger(__name__)

CHUNK_JOBS = 64
CHUNK_BYTES = 1024 * 1024
WALL_FACTOR = 10.0
# Beside the others a job has this part of its CPU time; who needs more goes the slow way and has all of it there.
QUICK_PART = 0.4
# What slow jobs may cost the others of one call before only those known to be quick are still tried beside them.
PATIENCE_S = 0.5
# Whoever has to wait longer may by then have got the safe default.
LOOK_AGAIN_S = 5.0
RESTING = "its templates took too long several times and rest for a minute"
SLOW = "its templates are slow and are evaluated apart"
CROWDED = "more of its alerts than can be evaluated wait for its slow templates"


@dataclass(frozen=True)
class Deferred:
    """There is no answer yet: the job is slow and waits apart. Ask again with the same job after `after_s`.

    `answer` is where it will be, should somebody want to wait.
    """

    after_s: float
    answer: asyncio.Future[Any] = field(repr=False, compare=False)


class Sandbox:
    """A pool of worker processes, asked in batches, and one more for slow templates, started when there are any.

    Each job has `limit_s` of CPU time and 64 MiB of memory; who overruns or kills the worker gets its safe
    default with a problem. A job that is slow leaves the batch and is evaluated apart, and so are the next ones
    of its integration, for a minute: the others wait for it no longer than half a second in all, and a second
    more when it killed the worker. Callers take turns by chunks of at most 64 jobs or 1 MiB. An integration whose
    jobs are given up three times within a minute gets the safe default at once for a minute, or until its
    configuration changes.
    """

    def __init__(self, workers: int = 1, limit_s: float = 0.25) -> None:
        self._limit_s = limit_s
        self._pool = Pool(workers)
        self._slow_pool = Pool(1)
        self._definitions = Definitions()
        self._strikes = Strikes()
        self._slow = Slow()
        self._lane = SlowLane(self._slow)

    async def __aenter__(self) -> Self:
        await self._pool.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._lane.close()
        await self._pool.close()
        await self._slow_pool.close()

    @property
    def pids(self) -> list[int]:
        """The ids of the worker processes that have started."""
        return [*self._pool.pids, *self._slow_pool.pids]

    async def route(self, jobs: Sequence[RouteJob], now: datetime) -> list[Routed]:
        """Decide alerts as shared.domain.routing.route does; the answers are in the order of the jobs.

        Raises:
            Transient: no worker process can be started.
        """
        return await self._all(ROUTE, jobs, now)

    async def route_or_defer(self, jobs: Sequence[RouteJob], now: datetime) -> list[Routed | Deferred]:
        """Decide alerts, but do not wait for slow ones; errors as for `route`."""
        return await self._quick(_Run(ROUTE, jobs, now))

    async def render(self, jobs: Sequence[RenderJob], now: datetime) -> list[Rendered]:
        """Render groups as shared.domain.rendering.render does; order and errors as for `route`."""
        return await self._all(RENDER, jobs, now)

    async def render_or_defer(self, jobs: Sequence[RenderJob], now: datetime) -> list[Rendered | Deferred]:
        """Render groups, but do not wait for slow ones; errors as for `route`."""
        return await self._quick(_Run(RENDER, jobs, now))

    async def preview(self, jobs: Sequence[PreviewJob], now: datetime) -> list[Preview]:
        """Try templates on payloads as shared.domain.preview.preview does; order and errors as for `route`."""
        return await self._all(PREVIEW, jobs, now)

    async def behaviour(self, jobs: Sequence[BehaviourJob], now: datetime) -> list[Behaviour]:
        """Compare what two configurations make of alerts; order and errors as for `route`."""
        return await self._all(BEHAVIOUR, jobs, now)

    async def webhook(self, jobs: Sequence[WebhookJob], now: datetime) -> list[WebhookTexts]:
        """Render webhooks as shared.domain.webhook_rendering does; order and errors as for `route`."""
        return await self._all(WEBHOOK, jobs, now)

    async def condition(self, jobs: Sequence[ConditionJob], now: datetime) -> list[Verdict]:
        """Judge conditions of escalation steps; order and errors as for `route`."""
        return await self._all(CONDITION, jobs, now)

    async def heartbeat(self, jobs: Sequence[HeartbeatJob], now: datetime) -> list[HeartbeatTexts]:
        """Make the texts of heartbeats' alerts; order and errors as for `route`."""
        return await self._all(HEARTBEAT, jobs, now)

    async def _all(self, kind: Kind[Job, Result], jobs: Sequence[Job], now: datetime) -> list[Result]:
        answers: list[Result] = []
        found = await self._quick(_Run(kind, jobs, now, patient=True))
        for job, one in zip(jobs, found, strict=True):
            if isinstance(one, Deferred):
                answers.append(await asyncio.shield(one.answer))
                self._lane.forget(kind.id(job))
            else:
                answers.append(one)
        return answers

    async def _quick(self, run: _Run[Job, Result]) -> list[Result | Deferred]:
        chunk: list[Item] = []
        size = 0
        for place in range(len(run.jobs)):
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
        return [run.results[place] for place in range(len(run.jobs))]

    def _item(self, run: _Run[Job, Result], place: int) -> Item | None:
        """Write one job; None when it is answered, or waits, without being tried among the others."""
        job = run.jobs[place]
        defined = run.kind.shared(job)
        waiting = self._lane.waiting(run.kind.id(job))
        if waiting is not None:
            self._look(run, place, waiting)
            return None
        if defined is not None and self._strikes.resting(defined):
            run.give_up(place, RESTING)
            return None
        number = self._definitions.number_of(run.kind.name, defined) if defined else 0
        try:
            item = Item(place, number, defined, run.kind.write(job, number))
        except (TypeError, RecursionError) as error:
            run.give_up(place, f"its payload cannot be passed on: {error}")
            return None
        if defined is not None and self._slow.is_slow(defined):
            self._put_apart(run, item)
            return None
        return item

    def _look(self, run: _Run[Job, Result], place: int, waiting: asyncio.Future[Any]) -> None:
        """Take an answer that is there by now."""
        if waiting.done():
            self._lane.forget(run.kind.id(run.jobs[place]))
            run.results[place] = waiting.result()
        else:
            run.results[place] = Deferred(self._wait_s(run.kind.shared(run.jobs[place])), waiting)

    def _wait_s(self, defined: Defined | None) -> float:
        """Return about how long a job that is added now has to wait."""
        ahead = self._lane.ahead_of(defined) if defined is not None else 0
        return min(ahead * self._limit_s, LOOK_AGAIN_S)

    def _put_apart(self, run: _Run[Job, Result], item: Item) -> None:
        """Let a job wait on the slow way."""
        id = run.kind.id(run.jobs[item.place])
        waiting = self._lane.waiting(id)
        if waiting is None and not run.patient and self._lane.is_crowded(item):
            run.give_up(item.place, CROWDED)
            return
        waiting = waiting or self._lane.add(id, item, partial(self._alone, run))
        self._look(run, item.place, waiting)

    async def _chunk(self, run: _Run[Job, Result], chunk: list[Item]) -> None:
        """Try jobs beside each other; after their worker died, once more those known to be quick."""
        if run.kind.shared(run.jobs[chunk[0].place]) is None:
            for item in chunk:
                alone: Result = await self._alone(run, item)
                run.results[item.place] = alone
            return
        for _ in range(2):
            patience_s = PATIENCE_S - run.lost_s
            if patience_s < 0:
                chunk, patience_s = self._only_fine(run, chunk), PATIENCE_S
            if not chunk:
                return
            began_s = clock.monotonic_s()
            outcome = await self._ask(self._pool, run, chunk, patience_s)
            for item, answer in zip(chunk, outcome.answers, strict=False):
                self._take(run, item, answer)
            chunk = chunk[len(outcome.answers) :]
            if not chunk:
                return
            run.lost_s += PATIENCE_S + clock.monotonic_s() - began_s
        self._apart(run, chunk)

    def _only_fine(self, run: _Run[Job, Result], chunk: list[Item]) -> list[Item]:
        """Put apart whoever may be the cause of what went wrong."""
        fine = [one for one in chunk if one.defined is not None and self._slow.is_fine(one.defined)]
        self._apart(run, [one for one in chunk if one not in fine])
        return fine

    def _apart(self, run: _Run[Job, Result], items: Sequence[Item]) -> None:
        """Let jobs wait that may be slow: the slow way itself tells which are."""
        for item in items:
            if item.defined is not None:
                self._slow.suspect(item.defined)
            self._put_apart(run, item)

    def _take(self, run: _Run[Job, Result], item: Item, answer: dict[str, Any]) -> None:
        assert item.defined is not None
        took_s = answer.get("took_s", 0.0)
        answer = answer.get("answer", answer)
        run.lost_s += took_s
        if took_s:
            self._slow.spent(item.defined, took_s)
        if "slow" in answer:
            if took_s:
                self._slow.mark(item.defined)
            self._apart(run, [item])
        elif "given_up" in answer:
            self._give_up(run, item, answer["given_up"])
        else:
            self._slow.praise(item.defined)
            run.results[item.place] = run.kind.read(answer)

    async def _alone(self, run: _Run[Job, Result], item: Item) -> Result:
        """Try one job by itself; twice when its process died of something else than the time it took."""
        if item.defined is not None and self._strikes.resting(item.defined):
            return run.kind.instead(run.jobs[item.place], RESTING)
        pool = self._pool if item.defined is None else self._slow_pool
        outcome = await self._ask(pool, run, [item])
        if not outcome.answers and not outcome.overran:
            outcome = await self._ask(pool, run, [item])
        why = outcome.answers[0]["answer"].get("given_up") if outcome.answers else outcome.why
        if why is not None:
            return self._give_up(run, item, why)
        if item.defined is not None:
            self._judge(item, outcome.answers[0]["took_s"])
        return run.kind.read(outcome.answers[0]["answer"])

    def _judge(self, item: Item, took_s: float) -> None:
        assert item.defined is not None
        if took_s > self._limit_s * QUICK_PART:
            self._slow.mark(item.defined)
        else:
            self._slow.unmark(item.defined)

    def _give_up(self, run: _Run[Job, Result], item: Item, why: str) -> Result:
        integration_id = item.defined.integration.id if item.defined else None
        log.warning("sandbox.job_given_up", kind=run.kind.name, integration_id=integration_id, reason=why)
        if item.defined is not None:
            self._strikes.add(item.defined)
            self._slow.mark(item.defined)
        return run.give_up(item.place, why)

    async def _ask(
        self, pool: Pool, run: _Run[Job, Result], items: Sequence[Item], patience_s: float | None = None
    ) -> Outcome:
        limit_s = self._limit_s * run.kind.limits
        own_s = limit_s if patience_s is None else limit_s * QUICK_PART
        question = Question(run.kind.name, run.now, own_s, WALL_FACTOR * limit_s, patience_s)
        return await pool.ask(question, items)


class _Run(Generic[Job, Result]):
    """The jobs of one caller, the results so far, and what slow jobs have cost the others (`lost_s`).

    A `patient` caller waits for slow jobs, however many there are.
    """

    def __init__(
        self, kind: Kind[Job, Result], jobs: Sequence[Job], now: datetime, *, patient: bool = False
    ) -> None:
        self.kind = kind
        self.jobs = jobs
        self.now = now
        self.patient = patient
        self.results: dict[int, Result | Deferred] = {}
        self.lost_s = 0.0

    def give_up(self, place: int, why: str) -> Result:
        """Put the safe default in the place of an answer."""
        instead = self.kind.instead(self.jobs[place], why)
        self.results[place] = instead
        return instead
