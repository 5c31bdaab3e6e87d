"""Whatever a template does, the jobs beside it are answered, and the caller's event loop is not held up."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from shared.domain.configuration import Integration, Route
from shared.domain.model import Alert, Group
from shared.domain.template_jobs import PreviewJob, RenderJob, Routed, RouteJob, digest
from shared.sandbox import Sandbox

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
NESTED_LOOPS = (
    "{% set v = payload.many %}" + "".join(f"{{% for a{n} in v %}}" for n in range(4)) + "{% endfor %}" * 4
)
# One instruction of the interpreter that takes minutes: only the end of the process stops it.
UNSTOPPABLE = "{{ 10 | round(-100000000) }}"
DEFAULT = Route(id="RDEFAULT", integration_id="C1", is_default=True)
MANY = 80  # their worker is at it for long enough to be killed by a test that had to wait for the processor


@pytest_asyncio.fixture(loop_scope="function")
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as opened:
        yield opened


def integration(id: str = "C1", **templates: Any) -> Integration:
    return Integration(id=id, name="prod", type="webhook", token_digest="secret", templates=templates)


def alert(id: str, **payload: Any) -> Alert:
    return Alert(id=id, integration_id="C1", received_at=NOON, payload=payload)


def job(id: str, using: Integration, *routes: Route, **payload: Any) -> RouteJob:
    payload.setdefault("alert_uid", f"uid-{id}")
    return RouteJob(alert=alert(id, **payload), integration=using, routes=(*routes, DEFAULT))


def a_group(id: str = "g") -> Group:
    return Group(
        id=id,
        integration_id="C1",
        key="k",
        number=7,
        first_alert_id="a",
        last_alert_id="a",
        opened_at=NOON,
        last_alert_at=NOON,
    )


def is_safe_default(routed: Routed, id: str) -> bool:
    unkeyed = routed.grouping_key is None and routed.grouping_digest == digest(id)
    return unkeyed and routed.route_id == "RDEFAULT" and not routed.resolve and bool(routed.problems)


async def test_jobs_are_answered_in_their_order(sandbox: Sandbox) -> None:
    jobs = [job(f"a{n}", integration()) for n in range(150)]

    routed = await sandbox.route(jobs, NOON)

    assert [one.grouping_key for one in routed] == [f"uid-a{n}" for n in range(150)]
    assert await sandbox.route([], NOON) == []


@pytest.mark.parametrize(
    "template",
    [
        NESTED_LOOPS,
        UNSTOPPABLE,
        "{{ 'x' | center(10 ** 9) }}",
        "{% set ns = namespace(s='x') %}{% for a in payload.many %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
        "{{ '%099999999999d' | format(1) }}",
        "{% set l = [1] %}{% for a in payload.many %}{% set _ = l.extend(l) %}{% endfor %}",
        "{{ 'a' * 10 ** 9 }}",
        "{{ lipsum(n=100000) }}",
        "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ '{0.__class__.__init__.__globals__}'.format(payload) }}",
        "{{ payload.text | regex_search('(x+x+)+y') }}",
        "{{ payload.text | regex_replace('(?:a{1000}){1000}{1000}', '') }}",
    ],
)
async def test_a_hostile_template_harms_its_own_alert_only(sandbox: Sandbox, template: str) -> None:
    hostile = integration("HOSTILE", grouping_key=template)
    jobs = [job(f"a{n}", integration()) for n in range(10)]
    bad = job("bad", hostile, many=list(range(200)), text="x" * 5000)

    routed = await sandbox.route([*jobs[:5], bad, *jobs[5:]], NOON)

    assert [one.grouping_key for one in routed[:5] + routed[6:]] == [f"uid-a{n}" for n in range(10)]
    assert routed[5].grouping_key is None
    assert routed[5].grouping_digest == digest("bad")
    assert routed[5].problems


async def test_a_catastrophic_route_regex_is_no_match_and_a_problem(sandbox: Sandbox) -> None:
    slow = Route(id="RSLOW", integration_id="C1", routing_type="regex", routing_regex="(x+x+)+y")
    later = Route(id="RLATER", integration_id="C1", routing_type="regex", routing_regex="xxx")

    (routed,) = await sandbox.route([job("a", integration(), slow, later, text="x" * 5000)], NOON)

    assert routed.route_id == "RLATER" or is_safe_default(routed, "a")
    assert routed.problems


async def test_a_huge_result_is_cut(sandbox: Sandbox) -> None:
    huge = "{% for a in payload.many %}{% for b in payload.many %}0123456789{% endfor %}{% endfor %}"
    using = integration(web={"title": huge, "message": huge})
    asked = RenderJob(integration=using, group=a_group(), payload={"many": list(range(5000))}, media=("web",))

    (rendered,) = await sandbox.render([asked], NOON)

    card = rendered.cards["web"]
    assert (len(card.title), rendered.problems) == (502, ())
    assert 50_000 < len(card.message) < 50_100


async def test_a_culprit_of_rendering_shows_what_failed(sandbox: Sandbox) -> None:
    using = integration(slack={"title": NESTED_LOOPS})
    asked = RenderJob(integration=using, group=a_group(), payload={"many": list(range(200))})

    (rendered,) = await sandbox.render([asked], NOON)

    assert {card.title for card in rendered.cards.values()} == {"Alert from prod"}
    assert "longer than 0.25 s" in rendered.cards["slack"].message
    assert [one.where for one in rendered.problems] == ["rendering"]


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


async def test_odd_payloads_are_decided_or_get_the_safe_default(sandbox: Sandbox) -> None:
    deep = job("deep", integration(), deep=nested(10_000))
    surrogate = job("surrogate", integration(), text="\ud800")
    wide = job("wide", integration(), **{f"key{n}": n for n in range(100_000)})
    fine = job("fine", integration())

    routed = await sandbox.route([deep, surrogate, wide, fine], NOON)

    assert is_safe_default(routed[0], "deep")
    assert is_safe_default(routed[1], "surrogate")
    assert routed[2].grouping_key == "uid-wide"
    assert routed[3].grouping_key == "uid-fine"


async def test_a_worker_killed_in_the_middle_costs_no_answer(sandbox: Sandbox) -> None:
    slow = "{% for a in payload.many %}{% for b in payload.many %}{% endfor %}{% endfor %}{{ payload.alert_uid }}"
    jobs = [job(f"a{n}", integration(grouping_key=slow), many=list(range(300))) for n in range(MANY)]
    (before,) = sandbox.pids

    asked = asyncio.create_task(sandbox.route(jobs, NOON))
    await asyncio.sleep(0.05)
    assert not asked.done()
    os.kill(before, signal.SIGKILL)
    routed = await asked

    assert [one.grouping_key for one in routed] == [f"uid-a{n}" for n in range(MANY)]
    assert [one.problems for one in routed] == [()] * MANY
    assert sandbox.pids != [before]


async def test_a_caller_that_is_cancelled_leaves_a_working_sandbox(sandbox: Sandbox) -> None:
    asked = asyncio.create_task(sandbox.route([job("a", integration(grouping_key=UNSTOPPABLE))], NOON))
    await asyncio.sleep(0.05)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked

    (routed,) = await sandbox.route([job("b", integration())], NOON)

    assert routed.grouping_key == "uid-b"


async def test_an_integration_that_was_given_up_three_times_rests_until_it_is_changed(
    sandbox: Sandbox,
) -> None:
    hostile = integration("HOSTILE", grouping_key=NESTED_LOOPS)
    jobs = [job(f"a{n}", hostile, many=list(range(200))) for n in range(40)]

    routed = await sandbox.route(jobs, NOON)

    assert all(is_safe_default(one, f"a{n}") for n, one in enumerate(routed))
    assert sum("rest for a minute" in one.problems[0].message for one in routed) == 37

    mended = RouteJob(**{**dict(jobs[0]), "integration": integration("HOSTILE"), "config_version": 1})
    (after,) = await sandbox.route([mended], NOON)
    assert after.grouping_key == "uid-a0"


async def test_a_changed_definition_counts_even_under_the_same_version(sandbox: Sandbox) -> None:
    first = await sandbox.route([job("a", integration(grouping_key="one"))], NOON)
    second = await sandbox.route([job("a", integration(grouping_key="two"))], NOON)

    assert (first[0].grouping_key, second[0].grouping_key) == ("one", "two")


async def test_callers_take_turns_and_the_event_loop_stays_free(sandbox: Sandbox) -> None:
    slow = "{% for a in payload.many %}{% for b in payload.many %}{% endfor %}{% endfor %}x"
    many = [job(f"a{n}", integration(grouping_key=slow), many=list(range(200))) for n in range(400)]
    longest_s = 0.0
    finished: list[str] = []

    async def watch() -> None:
        nonlocal longest_s
        while True:
            before = time.thread_time()
            await asyncio.sleep(0.001)
            longest_s = max(longest_s, time.thread_time() - before)

    async def ask(name: str, jobs: list[RouteJob]) -> None:
        await sandbox.route(jobs, NOON)
        finished.append(name)

    watching = asyncio.create_task(watch())
    await asyncio.gather(ask("many", many), ask("one", [job("b", integration())]))
    watching.cancel()

    assert finished == ["one", "many"]
    assert longest_s < 0.25  # of work on this loop: a few milliseconds


async def test_the_worker_has_no_environment_and_no_file_of_ours(sandbox: Sandbox) -> None:
    (pid,) = sandbox.pids

    assert Path(f"/proc/{pid}/environ").read_bytes() == b""
    files = {str(one.readlink()) for one in Path(f"/proc/{pid}/fd").iterdir() if int(one.name) > 2}
    assert files <= {f"/proc/{pid}/statm"}


async def test_compiled_patterns_and_templates_do_not_fill_the_memory(sandbox: Sandbox) -> None:
    large = integration(grouping_key="{{ 'x' | regex_search('(?:[ab]{1000}){9}' ~ payload.n) }}")
    jobs = [job(f"a{n}", large, n=n) for n in range(300)]

    routed = await sandbox.route(jobs, NOON)

    assert {one.grouping_key for one in routed} == {"False"}
    for pid in sandbox.pids:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        assert pages * os.sysconf("SC_PAGE_SIZE") < 250 * 2**20


async def test_nothing_secret_is_sent(sandbox: Sandbox) -> None:
    (routed,) = await sandbox.route([job("a", integration(grouping_key="{{ payload.alert_uid }}"))], NOON)
    (pid,) = sandbox.pids

    assert routed.grouping_key == "uid-a"
    assert b"secret" not in Path(f"/proc/{pid}/cmdline").read_bytes()


async def test_preview_of_a_hostile_template_ends(sandbox: Sandbox) -> None:
    hostile = PreviewJob(
        type="webhook", payload={"many": list(range(200))}, templates={"source_link": NESTED_LOOPS}
    )
    fine = PreviewJob(type="webhook", payload={"alert_uid": "u"})

    previews = await sandbox.preview([hostile, fine], NOON)

    assert [bool(one.errors) for one in previews] == [True, False]
    assert previews[1].grouping_key == "u"


async def test_the_process_is_gone_when_the_sandbox_is_closed() -> None:
    async with Sandbox(workers=2) as sandbox:
        pids = sandbox.pids
        assert len(pids) == 2

    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
