"""The process that evaluates templates of users: no environment, little memory, little time, nothing to lose.

Started by shared.sandbox_process with one socket as its standard input. A job that runs over its time is
stopped from inside when it is Python that runs, and ends the process when it is a single long instruction.
"""

from __future__ import annotations

import os
import resource
import signal
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from time import process_time
from typing import Any

import orjson

from shared.domain.behaviour_evaluation import behave
from shared.domain.behaviour_jobs import BehaviourJob, Comparison, Side
from shared.domain.behaviour_memory import Remembered
from shared.domain.condition_rendering import judge
from shared.domain.conditions import ConditionJob
from shared.domain.configuration import Integration, Route
from shared.domain.heartbeat_rendering import render_heartbeat
from shared.domain.heartbeat_texts import HeartbeatJob
from shared.domain.model import Alert, Frozen, Group
from shared.domain.preview import preview
from shared.domain.rendering import render
from shared.domain.routing import route
from shared.domain.template_jobs import PreviewJob, RenderJob, RouteJob
from shared.domain.webhook_event import WebhookJob
from shared.domain.webhook_rendering import render_webhook
from shared.sandbox_patience import SLOW_JOB_S, Patience
from shared.sandbox_wire import LENGTH, framed
from shared.templates import forget

MEMORY_BYTES = 64 * 1024 * 1024
# What compiled templates and patterns may take before they are forgotten.
CACHES_BYTES = 64 * 1024 * 1024
PAGE_BYTES = resource.getpagesize()
FLUSH_BYTES = 64 * 1024
HANDED_BACK = b'{"slow":true}'
NOT_NEEDED = datetime(1970, 1, 1, tzinfo=UTC)


class TimeUp(BaseException):
    """The job has used its CPU time. Not an Exception, so that nothing on the way takes it for its own."""


class Guard:
    """Holds one job at a time to its CPU time and to 64 MiB more memory than there was before."""

    def __init__(self) -> None:
        self._armed = False
        self.memory = Memory()
        signal.signal(signal.SIGPROF, self._on_time)

    def run(self, limit_s: float, work: Callable[[], Frozen]) -> Frozen:
        """Return what the work makes.

        Raises:
            TimeUp: it used more CPU time than `limit_s`. At 1.5 times of it the process ends.
        """
        self.memory.leave_room()
        try:
            self._armed = True
            # The first timer raises TimeUp again and again, should something have swallowed it.
            signal.setitimer(signal.ITIMER_PROF, limit_s, 0.02)
            signal.setitimer(signal.ITIMER_VIRTUAL, limit_s * 1.5)
            return work()
        finally:
            self.disarm()

    def disarm(self) -> None:
        """Stop both timers."""
        self._armed = False
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)

    def _on_time(self, *_: object) -> None:
        if self._armed:
            raise TimeUp


class Memory:
    """What this process holds: bounded for each job, and given back when the caches have made it grow."""

    def __init__(self) -> None:
        self._statm = os.open("/proc/self/statm", os.O_RDONLY)
        self._hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        self._at_start = self._held()

    def leave_room(self) -> None:
        """Let the next job take 64 MiB more than is held now."""
        held = self._held()
        if held - self._at_start > CACHES_BYTES:
            forget()
            held = self._held()
            if held - self._at_start > 2 * CACHES_BYTES:
                raise SystemExit("the template worker holds too much memory and makes way for a new one")
        self._limit(held + MEMORY_BYTES)

    def lift(self) -> None:
        """Take the limit away, for what is not a job."""
        self._limit(resource.RLIM_INFINITY)

    def _limit(self, size: int) -> None:
        limited = self._hard != resource.RLIM_INFINITY and (
            size == resource.RLIM_INFINITY or size > self._hard
        )
        resource.setrlimit(resource.RLIMIT_AS, (self._hard if limited else size, self._hard))

    def _held(self) -> int:
        return int(os.pread(self._statm, 32, 0).split(None, 1)[0]) * PAGE_BYTES


class Worker:
    """Answers frames: the definitions it was sent are kept, the jobs are done in order."""

    def __init__(self) -> None:
        self._guard = Guard()
        self.memory = self._guard.memory
        self._defined: dict[int, Side] = {}
        self._comparisons: dict[int, Comparison] = {}
        self._quick: set[int] = set()
        self._remembered = Remembered()
        self._work: dict[str, Callable[[dict[str, Any], datetime], Frozen]] = {
            "route": self._route,
            "render": self._render,
            "behaviour": self._behaviour,
            "preview": self._preview,
            "webhook": _webhook,
            "heartbeat": _heartbeat,
            "condition": _condition,
        }

    def answers(self, asked: dict[str, Any]) -> Iterator[bytes]:
        """Yield the answer of each job as JSON bytes."""
        self._define(asked)
        now, limit_s, work = datetime.fromisoformat(asked["now"]), asked["limit_s"], self._work[asked["kind"]]
        patience = Patience(asked["patience_s"], self._quick) if "patience_s" in asked else None
        for job in asked["jobs"]:
            reference = job.get("ref", 0)
            if patience is not None and patience.ends_for(reference):
                yield HANDED_BACK
                continue
            began_s = process_time()
            try:
                answer = _dumped(self._guard.run(limit_s, partial(work, job, now)))
            except TimeUp:
                self._guard.disarm()
                answer = _given_up(f"it took longer than {limit_s:g} s")
                if patience is not None:
                    patience.overrun(reference)
                    answer = HANDED_BACK
            except MemoryError:
                answer = _given_up("it needs more memory than a template may use")
            took_s = process_time() - began_s
            if patience is not None:
                patience.took(reference, took_s)
            alone_or_slow = patience is None or took_s > SLOW_JOB_S
            yield b'{"took_s":%.4f,"answer":%b}' % (took_s, answer) if alone_or_slow else answer

    def _define(self, asked: dict[str, Any]) -> None:
        if asked.get("forget"):
            self._defined.clear()
            self._comparisons.clear()
            self._quick.clear()
        for reference, one in asked.get("define", {}).items():
            self._defined[int(reference)] = side = _side(one)
            if "after" in one:
                self._comparisons[int(reference)] = _comparison(side, one)

    def _route(self, job: dict[str, Any], now: datetime) -> Frozen:
        integration, routes = self._defined[job["ref"]]
        alert = _alert(job, integration, is_demo=job["is_demo"], demo_id=job["demo_id"])
        return route(RouteJob(alert=alert, integration=integration, routes=routes), now)

    def _render(self, job: dict[str, Any], now: datetime) -> Frozen:
        integration, _ = self._defined[job["ref"]]
        asked = RenderJob.model_construct(
            integration=integration,
            group=Group.model_validate(job["group"]),
            payload=job["payload"],
            read_as=job["read_as"],
            media=tuple(job["media"]),
            group_url=job["group_url"],
            config_version=0,
        )
        return render(asked, now)

    def _behaviour(self, job: dict[str, Any], now: datetime) -> Frozen:
        compared = self._comparisons[job["ref"]]
        alert = _alert(job, compared.before.integration)
        return behave(BehaviourJob(alert, compared), now, self._remembered)

    def _preview(self, job: dict[str, Any], now: datetime) -> Frozen:
        integration, routes = self._defined.get(job["ref"], (None, ()))
        return preview(PreviewJob(**job, integration=integration, routes=routes), now, self._remembered.texts)


def _side(one: dict[str, Any]) -> Side:
    integration = Integration(token_digest="", **one["integration"])
    return Side(integration, tuple(Route(**route) for route in one["routes"]))


def _comparison(before: Side, one: dict[str, Any]) -> Comparison:
    shown = {route_id: tuple(media) for route_id, media in one["shown"].items()}
    return Comparison(before, _side(one["after"]), shown, **one["asked"])


def _alert(job: dict[str, Any], integration: Integration, **demo: Any) -> Alert:
    # Validated: that is quicker than `model_construct`, which does its work in Python.
    return Alert(
        id=job["id"],
        integration_id=integration.id,
        received_at=NOT_NEEDED,
        payload=job["payload"],
        read_as=job["read_as"],
        **demo,
    )


def _webhook(job: dict[str, Any], now: datetime) -> Frozen:
    return render_webhook(WebhookJob(**job), now)


def _heartbeat(job: dict[str, Any], now: datetime) -> Frozen:
    return render_heartbeat(HeartbeatJob.model_validate(job), now)


def _condition(job: dict[str, Any], now: datetime) -> Frozen:
    return judge(ConditionJob(**job), now)


def _dumped(answer: Any) -> bytes:
    return orjson.dumps(answer, default=_fields)


def _fields(model: Any) -> Any:
    if isinstance(model, Frozen):
        return model.__dict__
    raise TypeError(f"{type(model).__name__} has no JSON form")


def _given_up(message: str) -> bytes:
    return orjson.dumps({"given_up": message})


def _received(connection: socket.socket, size: int) -> bytes | None:
    parts = bytearray(size)
    view, got = memoryview(parts), 0
    while got < size:
        count = connection.recv_into(view[got:])
        if count == 0:
            return None
        got += count
    return bytes(parts)


def _serve(connection: socket.socket, worker: Worker) -> None:
    connection.sendall(framed(b"[]"))
    while (head := _received(connection, LENGTH.size)) is not None:
        worker.memory.lift()
        body = _received(connection, LENGTH.unpack(head)[0])
        if body is None:
            return
        for answers in _gathered(worker.answers(orjson.loads(body))):
            connection.sendall(framed(b"[" + b",".join(answers) + b"]"))


def _gathered(answers: Iterator[bytes]) -> Iterator[list[bytes]]:
    """Put answers together up to 64 KiB, so that none of many large ones has to be kept."""
    waiting: list[bytes] = []
    size = 0
    for answer in answers:
        waiting.append(answer)
        size += len(answer)
        if size > FLUSH_BYTES:
            yield waiting
            waiting, size = [], 0
    yield waiting


def main() -> None:
    """Say that it is ready, then answer until the other side closes the socket."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGVTALRM, signal.SIG_DFL)
    with socket.socket(fileno=0) as connection:
        _serve(connection, Worker())


if __name__ == "__main__":
    main()
