"""Background tasks end when they are told to, also those that did not hear it the first time."""

from __future__ import annotations

import asyncio

import pytest

from shared import supervisor
from shared.supervisor import Supervisor


async def test_a_task_whose_cancellation_got_lost_ends_all_the_same(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(supervisor, "AGAIN_S", 0.01)
    watched = Supervisor()
    began = asyncio.Event()
    lost: list[str] = []

    async def deaf() -> None:
        while True:
            began.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                if lost:
                    raise
                lost.append("as a client library does when an error comes at the same time")

    watched.spawn("deaf", deaf)
    await began.wait()

    async with asyncio.timeout(30):
        await watched.close()

    assert len(lost) == 1


async def test_a_task_that_takes_its_time_to_end_is_waited_for():
    watched = Supervisor()
    began, may_end = asyncio.Event(), asyncio.Event()
    ended: list[str] = []

    async def careful() -> None:
        try:
            began.set()
            await asyncio.Event().wait()
        finally:
            await may_end.wait()
            ended.append("what was in hand")

    watched.spawn("careful", careful)
    await began.wait()
    closing = asyncio.create_task(watched.close())
    await asyncio.sleep(0)
    assert not closing.done()
    may_end.set()
    await closing

    assert ended == ["what was in hand"]
