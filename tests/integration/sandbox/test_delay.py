"""A slow template delays its own alerts: others in the same batch wait half a second at most, later ones not at all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any, NamedTuple

import pytest_asyncio

from shared.domain.configuration import Integration, Route
from shared.domain.model import Alert
from shared.domain.template_jobs import Routed, RouteJob
from shared.sandbox import CROWDED, Deferred, Sandbox
from tests.support.build import NOON
from tests.support.hostile import NESTED_LOOPS, UNSTOPPABLE, cpu_s

DEFAULT = Route(id="RDEFAULT", integration_id="C1", is_default=True)
# Half a second of slow jobs, the last one's own tenth, and the batch itself.
SAME_BATCH_CPU_S = 0.5 + 0.1 + 0.15
NEXT_BATCH_CPU_S = 0.15
# On the clock the machine may be busy with ten other things; and a worker that was ended has to be replaced.
BUSY_S = 10.0
# A millisecond or two for each of `times`.
LOOPS = (
    "{% for a in payload.many %}{% for b in payload.many %}{% for c in payload.many[:payload.times] %}"
    "{% endfor %}{% endfor %}{% endfor %}s"
)
# Not worth ending, but too slow for a batch of many.
SLUGGISH = 20


@pytest_asyncio.fixture(loop_scope="function")
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as opened:
        await opened.route([a_job("C-warm", "warm", "{{ payload.n }}")], NOON)
        yield opened


def a_job(integration_id: str, alert_id: str, template: str, **payload: Any) -> RouteJob:
    using = Integration(
        id=integration_id, name="prod", type="webhook", token_digest="", templates={"grouping_key": template}
    )
    payload = {"n": 1, "many": list(range(200)), **payload}
    alert = Alert(id=alert_id, integration_id=integration_id, received_at=NOON, payload=payload)
    return RouteJob(alert=alert, integration=using, routes=(DEFAULT,))


def victims(count: int = 20, batch: int = 0) -> list[RouteJob]:
    return [a_job(f"C-v{n}", f"v{batch}-{n}", "{{ payload.n }}") for n in range(count)]


def mixed(ones: Sequence[RouteJob], others: Sequence[RouteJob]) -> list[RouteJob]:
    """Return the jobs of both, as they would arrive."""
    return sorted([*ones, *others], key=lambda one: one.alert.id[::-1])


class Measured(NamedTuple):
    """One batch: seconds on the clock, CPU seconds of the worker that everybody shares, answers by alert."""

    took_s: float
    cpu_s: float
    answers: dict[str, Routed | Deferred]


async def timed(sandbox: Sandbox, jobs: Sequence[RouteJob]) -> Measured:
    """Return what a batch took. The CPU time leaves out a worker that was ended."""
    pids = sandbox._pool.pids
    before = sum(cpu_s(pid) for pid in pids)
    began_s = time.monotonic()
    answers = await sandbox.route_or_defer(jobs, NOON)
    took_s = time.monotonic() - began_s
    used_s = sum(cpu_s(pid) for pid in pids) - before if sandbox._pool.pids == pids else 0.0
    return Measured(took_s, used_s, {job.alert.id: one for job, one in zip(jobs, answers, strict=True)})


def answered(answers: dict[str, Routed | Deferred], jobs: Sequence[RouteJob]) -> bool:
    found = [answers[one.alert.id] for one in jobs]
    return all(isinstance(one, Routed) and one.grouping_key == "1" for one in found)


async def test_thirty_culprits_in_one_batch_delay_the_others_by_half_a_second_and_the_next_batch_by_nothing(
    sandbox: Sandbox,
) -> None:
    await timed(sandbox, victims())
    culprits = [a_job(f"C-c{n}", f"c{n}", NESTED_LOOPS) for n in range(30)]

    first = await timed(sandbox, mixed(culprits, victims(batch=1)))
    again = [a_job(f"C-c{n}", f"d{n}", NESTED_LOOPS) for n in range(30)]
    second = await timed(sandbox, mixed(again, victims(batch=2)))

    assert answered(first.answers, victims(batch=1))
    assert answered(second.answers, victims(batch=2))
    assert {type(first.answers[one.alert.id]) for one in culprits} == {Deferred}
    print(
        f"{first.took_s:.2f} s, CPU {first.cpu_s:.2f} s; then {second.took_s:.2f} s, CPU {second.cpu_s:.2f} s"
    )
    assert (first.cpu_s < SAME_BATCH_CPU_S, second.cpu_s < NEXT_BATCH_CPU_S) == (True, True)
    assert max(first.took_s, second.took_s) < BUSY_S


async def test_culprits_that_end_the_worker_delay_the_others_by_its_replacement_only(
    sandbox: Sandbox,
) -> None:
    await timed(sandbox, victims())
    big = [f"k{n}" for n in range(20_000)]
    culprits = [a_job(f"C-c{n}", f"c{n}", UNSTOPPABLE, big=big) for n in range(10)]

    first = await timed(sandbox, mixed(culprits, victims(batch=1)))
    second = await timed(sandbox, mixed(culprits, victims(batch=2)))

    print(f"first batch {first.took_s:.2f} s, second {second.took_s:.2f} s")
    assert answered(first.answers, victims(batch=1))
    assert answered(second.answers, victims(batch=2))
    assert second.cpu_s < NEXT_BATCH_CPU_S
    assert max(first.took_s, second.took_s) < BUSY_S


async def test_the_alert_of_a_culprit_gets_its_safe_default_when_it_is_asked_for_again(
    sandbox: Sandbox,
) -> None:
    culprit = a_job("C-c", "c", NESTED_LOOPS)
    _, _, first = await timed(sandbox, [culprit])
    deferred = first["c"]
    assert isinstance(deferred, Deferred)

    await deferred.answer
    _, _, second = await timed(sandbox, [culprit])

    answer = second["c"]
    assert isinstance(answer, Routed)
    assert (answer.route_id, answer.grouping_key) == ("RDEFAULT", None)
    assert "longer than 0.25 s" in answer.problems[0].message


async def test_many_sluggish_alerts_of_one_integration_are_answered_apart_and_whole(sandbox: Sandbox) -> None:
    await timed(sandbox, victims())
    sluggish = [a_job("C-s", f"s{n}", LOOPS, times=SLUGGISH) for n in range(30)]

    took_s, used_s, answers = await timed(sandbox, mixed(sluggish, victims(batch=1)))

    print(f"with 30 sluggish ones {took_s:.2f} s, CPU {used_s:.2f} s")
    assert answered(answers, victims(batch=1))
    assert used_s < SAME_BATCH_CPU_S
    waiting = [one for one in sluggish if isinstance(answers[one.alert.id], Deferred)]
    assert len(waiting) > 20
    for one in waiting:
        deferred = answers[one.alert.id]
        assert isinstance(deferred, Deferred)
        assert (await deferred.answer).grouping_key == "s"


async def test_more_slow_alerts_of_one_integration_than_can_be_evaluated_get_the_safe_default(
    sandbox: Sandbox,
) -> None:
    many = [a_job("C-s", f"s{n}", LOOPS, times=SLUGGISH) for n in range(60)]

    *_, answers = await timed(sandbox, many)

    found = [one for one in answers.values() if isinstance(one, Routed) and one.problems]
    assert {one.problems[0].message for one in found} == {CROWDED}
    assert 5 < len(found) < 30


async def test_an_integration_that_is_quick_again_leaves_the_slow_way(sandbox: Sandbox) -> None:
    await sandbox.route([a_job("C-s", "slow", LOOPS, times=200)], NOON)
    quick = [a_job("C-s", f"q{n}", LOOPS, times=0) for n in range(3)]
    _, _, first = await timed(sandbox, quick[:1])
    deferred = first["q0"]
    assert isinstance(deferred, Deferred)

    await deferred.answer
    _, _, second = await timed(sandbox, quick[1:])

    assert {type(one) for one in second.values()} == {Routed}


async def test_callers_that_ask_for_the_same_slow_job_get_the_same_answer(sandbox: Sandbox) -> None:
    await sandbox.route([a_job("C-s", "slow", LOOPS, times=200)], NOON)
    job = a_job("C-s", "s", LOOPS, times=SLUGGISH)

    both = await asyncio.gather(sandbox.route([job, job], NOON), sandbox.route([job], NOON))

    assert {one.grouping_key for answers in both for one in answers} == {"s"}
