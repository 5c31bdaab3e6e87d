"""What becomes of single events: what cannot be read, what fails, what must wait; the others of its batch go on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest

from shared import loop
from shared.bus import wire
from shared.bus.wire import Provenance
from shared.errors import Permanent, Transient, Unavailable
from shared.events import AlertReceived, Event
from shared.service import Io, Service
from shared.stage import Done, Handled, Handler
from tests.support.build import an_alert
from tests.support.house import House, received, until
from tests.support.queues import letters, put, waiting

pytestmark = pytest.mark.integration
QUEUE, DEAD = "tocsin.router", "tocsin.router.dead"


class Stage:
    """A stage in the router's place that does to each alert what its payload says, and notes what it has done."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.calls = 0
        self.is_away = False

    def service(self) -> Service:
        """Return it as a service."""

        @asynccontextmanager
        async def opened(_: Io) -> AsyncIterator[Handler]:
            yield self.handle

        return Service(
            name="router", open=opened, consumes=(AlertReceived,), needs_database=False, keeps=frozenset()
        )

    async def handle(self, events: Sequence[Event]) -> Handled:
        """Fail as the first alert that wants to fail says; else note all."""
        self.calls += 1
        if self.is_away:
            raise Unavailable("the database is away")
        payloads = [one.alert.payload for one in events if isinstance(one, AlertReceived)]
        for one in payloads:
            match one.get("do"):
                case "bug":
                    raise KeyError("no such thing")
                case "permanent":
                    raise Permanent("never")
                case "transient":
                    raise Transient("later", after_s=600)
        self.done += [one["n"] for one in payloads]
        return Handled([Done()] * len(events))


@pytest.fixture
async def stage(house: House) -> Stage:
    """The stage, waiting for `house.run(stage.service(), …)`."""
    await house.configure()
    return Stage()


def alerts(count: int, odd: int = -1, do: str = "") -> list[AlertReceived]:
    """Return alerts; the one at `odd` wants to fail."""
    return [
        received(an_alert(f"a{one}", payload={"n": f"a{one}", "do": do if one == odd else ""}))
        for one in range(count)
    ]


async def all_done(stage: Stage, count: int) -> None:
    """Wait until so many alerts are handled."""

    async def enough() -> bool:
        return len(set(stage.done)) >= count

    await until(enough, what=f"{count} alerts are handled; done: {len(set(stage.done))}")


async def test_what_cannot_be_decoded_goes_to_the_dead_letters_alone(house: House, stage: Stage):
    good = [wire.encode(one, Provenance("test", "t")) for one in alerts(3)]
    unknown = orjson.dumps({"specversion": "1.0", "id": "x", "type": "alert.eaten.v1", "data": {}})
    await house.run(stage.service(), "stage")
    await house.io("stage").rabbit.wait_connected()

    await put(house.amqp_url, QUEUE, b"\xff no json")
    await put(house.amqp_url, QUEUE, wire.join([good[0], unknown, good[1]]))
    await put(house.amqp_url, QUEUE, good[2])

    await all_done(stage, 3)
    dead = await until(lambda: letters_of(house, DEAD, 2), what="two dead letters")
    assert {one.headers["x-reason"].split(":")[0] for one in dead} == {
        "body is not JSON",
        "type 'alert.eaten.v1' is not in the catalogue",
    }
    assert b"\xff no json" in [one.body for one in dead]


async def letters_of(house: House, queue: str, count: int) -> Any:
    """Return the letters of a queue when there are so many."""
    found = await letters(house.amqp_url, queue)
    return found if len(found) == count else None


async def test_a_bug_buries_one_event_with_its_traceback_and_the_others_go_on(house: House, stage: Stage):
    await house.run(stage.service(), "stage")

    await house.publish(*alerts(64, odd=30, do="bug"))

    await all_done(stage, 63)
    (dead,) = await until(lambda: letters_of(house, DEAD, 1), what="a dead letter")
    assert "KeyError" in dead.headers["x-reason"]
    assert "in handle" in dead.headers["x-traceback"]
    assert dead.events[0]["alertid"] == an_alert("a30").id
    assert sorted(stage.done) == sorted(set(stage.done))


async def test_a_permanent_failure_is_buried_with_its_reason(house: House, stage: Stage):
    await house.run(stage.service(), "stage")

    await house.publish(*alerts(5, odd=2, do="permanent"))

    await all_done(stage, 4)
    (dead,) = await until(lambda: letters_of(house, DEAD, 1), what="a dead letter")
    assert (dead.headers["x-reason"], dead.headers["x-instance"]) == ("never", "stage")


async def test_a_transient_failure_climbs_the_ladder_with_its_history(house: House, stage: Stage):
    await house.run(stage.service(), "stage")

    await house.publish(*alerts(5, odd=2, do="transient"))

    await all_done(stage, 4)
    (waits,) = await until(lambda: letters_of(house, "tocsin.router.retry.600s", 1), what="a retry")
    history = orjson.loads(waits.headers["x-history"])
    assert (waits.headers["x-attempt"], [one["reason"] for one in history]) == (1, ["later"])


async def test_after_the_last_rung_an_event_is_buried(house: House, stage: Stage):
    await house.run(stage.service(), "stage")
    await house.io("stage").rabbit.wait_connected()
    (event,) = alerts(1, odd=0, do="transient")
    body = wire.join([wire.encode(event, Provenance("test", "t"))])

    await put(house.amqp_url, QUEUE, body, {"x-attempt": 5, "x-history": "[]"})

    (dead,) = await until(lambda: letters_of(house, DEAD, 1), what="a dead letter")
    assert dead.headers["x-reason"] == "later (tried 6 times)"


async def test_a_retried_event_comes_back_by_itself(house: House, stage: Stage):
    await house.run(stage.service(), "stage")
    await house.io("stage").rabbit.wait_connected()
    (event,) = alerts(1)

    await put(
        house.amqp_url,
        "tocsin.router.retry.1s",
        wire.encode(event, Provenance("test", "t")),
        {"x-attempt": 1},
    )

    await all_done(stage, 1)


async def test_an_event_that_the_recorder_cannot_keep_is_buried_alone(
    house: House, stage: Stage, mongo_client: Any, database: str
):
    await house.start("recorder")
    good = [orjson.loads(wire.encode(one, Provenance("test", "t"))) for one in alerts(3)]
    odd = {**good[1], "id": "odd", "data": {**good[1]["data"], "problems": [{"no": "problem"}]}}

    await put(house.amqp_url, "tocsin.recorder", orjson.dumps([good[0], odd, good[1]]))
    await put(house.amqp_url, "tocsin.recorder", orjson.dumps([good[2]]))

    (dead,) = await until(lambda: letters_of(house, "tocsin.recorder.dead", 1), what="a dead letter")
    assert [one["id"] for one in dead.events] == ["odd"]

    async def kept() -> bool:
        pages = mongo_client[database].journal.find()
        return {one["alertid"] for one in good} == {alert for one in pages for alert in one["alerts"]}

    await until(kept, what="the others are in the journal")


async def test_a_stage_that_is_stopped_while_the_database_is_away_gives_its_batch_back(
    house: House, stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    stage.is_away = True
    running = await house.run(stage.service(), "stage", _never_back)
    await house.publish(*alerts(1))
    await until(lambda: _paused(running), what="the stage holds its batch")

    await asyncio.wait_for(house.stop_one("stage"), loop.HOLD_S / 2)

    assert await waiting(house.amqp_url, DEAD) == 0
    stage.is_away = False
    await house.run(stage.service(), "next")
    await all_done(stage, 1)


async def test_a_batch_that_is_held_for_too_long_is_given_back_and_handled_later(
    house: House, stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(loop, "HOLD_S", 0.3)
    stage.is_away = True
    running = await house.run(stage.service(), "stage", _never_back)
    await house.publish(*alerts(1))
    await until(lambda: _paused(running), what="the stage holds its batch")

    async def given_back() -> bool:
        return await waiting(house.amqp_url, QUEUE) == 1

    await until(given_back, what="the batch is given back")
    stage.is_away = False
    await all_done(stage, 1)
    assert await waiting(house.amqp_url, DEAD) == 0


async def test_while_a_dependency_is_away_the_stage_asks_now_and_then_and_not_all_the_time(
    house: House, stage: Stage
):
    stage.is_away = True
    running = await house.run(stage.service(), "stage")  # whoever probes finds the dependency there
    await house.publish(*alerts(1))
    await until(lambda: _paused(running), what="the stage holds its batch")

    before, began_s = stage.calls, time.monotonic()
    await asyncio.sleep(0.19)
    passed_s = time.monotonic() - began_s  # a busy machine sleeps for longer

    assert stage.calls - before <= 2 + int(passed_s / loop.PROBE_EVERY_S)
    stage.is_away = False
    await all_done(stage, 1)


def _never_back(running: Any) -> None:
    """Let the stage's probe say what the stage itself would: away."""
    loops: Callable[..., Any] = running._open

    async def opened(stack: Any) -> Any:
        made = await loops(stack)
        handler = made._handler

        async def probe() -> None:
            if handler.__self__.is_away:
                raise Unavailable("the database is away")

        made.__class__ = type(
            "Probed", (made.__class__,), {"probe": property(lambda _: probe, lambda *_: None)}
        )
        return made

    running._open = opened


async def _paused(running: Any) -> bool:
    return running._loop is not None and running._loop.paused_by is not None
