"""Problems are counted by template, and are over when later alerts went without them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from typing import Any

import orjson
import pytest

from services.recorder.clearing import PASSES, QUIET, Clearing
from shared import clock
from shared.bus import wire
from shared.bus.wire import Provenance
from shared.domain.model import Card, Problem
from shared.events import Event, GroupRendered
from shared.store.mongo import Database
from shared.store.problems import Problems
from tests.support.build import NOON, a_group, routed

pytestmark = pytest.mark.integration


@pytest.fixture
async def problems(mongo_url: str) -> AsyncIterator[Problems]:
    database = Database(mongo_url)
    found = Problems(database)
    await found.prepare()
    yield found
    database.close()


@pytest.fixture(autouse=True)
def turn_clock() -> Iterator[Callable[[timedelta], None]]:
    """Let time stand at noon, and be turned."""
    at = [NOON]
    real = clock.use(lambda: at[0])

    def turn(by: timedelta) -> None:
        at[0] += by

    yield turn
    clock.use(real)


def a_problem(where: str = "grouping_key", message: str = "broken", alert: str = "a1") -> Problem:
    return Problem(integration_id="C1", where=where, message=message, line=2, alert_id=alert, digest="d1")


def told(*events: Event) -> list[list[dict[str, Any]]]:
    """Return events as the recorder sees them."""
    return [[orjson.loads(wire.encode(one, Provenance("test", "t"))) for one in events]]


async def test_one_template_is_one_problem_with_the_newest_message(problems: Problems):
    await problems.add([a_problem(message="first"), a_problem(message="second", alert="a2")], NOON)
    later = NOON + timedelta(minutes=1)
    await problems.add([a_problem(message="$third", alert="a3"), a_problem("web.title")], later)

    found = {one["where"]: one for one in await problems.find(["C1"])}

    one = found["grouping_key"]
    assert (one["count"], one["message"], one["alert_id"], one["line"]) == (3, "$third", "a3", 2)
    assert (one["first_seen_at"], one["last_seen_at"]) == (NOON, later)
    assert found["web.title"]["count"] == 1
    assert await problems.find(["C2"]) == []
    assert len(await problems.find()) == 2


async def test_it_is_over_when_three_later_alerts_went_without_it_and_an_hour_has_passed(
    problems: Problems, turn_clock: Callable[[timedelta], None]
):
    clearing = Clearing(problems)
    await problems.add([a_problem()], clock.now())
    await clearing.look()

    clearing.watch(told(*(routed(f"a{n}") for n in range(PASSES - 1))))
    turn_clock(QUIET)
    await clearing.look()
    assert len(await problems.find(["C1"])) == 1, "too few alerts went without it"
    clearing.watch(told(routed("last")))
    await clearing.look()

    assert await problems.find(["C1"]) == []
    (over,) = await problems.find(["C1"], cleared=True)
    assert over["cleared_at"] == clock.now()
    await problems.add([a_problem()], clock.now())
    (again,) = await problems.find(["C1"])
    assert (again["count"], again["first_seen_at"]) == (1, clock.now())


async def test_it_is_not_over_before_the_hour_or_when_it_comes_again(
    problems: Problems, turn_clock: Callable[[timedelta], None]
):
    clearing = Clearing(problems)
    await problems.add([a_problem()], clock.now())
    await clearing.look()
    many = [routed(f"a{n}") for n in range(10)]

    clearing.watch(told(*many))
    turn_clock(QUIET - timedelta(seconds=1))
    await clearing.look()
    assert len(await problems.find(["C1"])) == 1
    clearing.watch(told(routed("bad", problems=(a_problem(),))))
    turn_clock(timedelta(seconds=1))
    await clearing.look()

    assert len(await problems.find(["C1"])) == 1


async def test_another_recorder_that_saw_it_again_keeps_it(
    problems: Problems, turn_clock: Callable[[timedelta], None]
):
    clearing = Clearing(problems)
    await problems.add([a_problem()], clock.now())
    await clearing.look()
    clearing.watch(told(*(routed(f"a{n}") for n in range(10))))
    turn_clock(QUIET)

    await problems.add([a_problem()], clock.now())
    await clearing.look()

    assert len(await problems.find(["C1"])) == 1


async def test_only_evaluations_of_the_template_count(
    problems: Problems, turn_clock: Callable[[timedelta], None]
):
    clearing = Clearing(problems)
    await problems.add([a_problem("sms.title"), a_problem("grouping_key")], clock.now())
    await clearing.look()
    fields: dict[str, Any] = {"group": a_group(), "change": "x", "cards": {"web": Card(), "slack": Card()}}
    rendered = [GroupRendered(id=f"g{n}", time=NOON, **fields) for n in range(10)]

    clearing.watch(told(*rendered))
    turn_clock(QUIET)
    await clearing.look()
    assert len(await problems.find(["C1"])) == 2
    sms = fields | {"cards": {"sms": Card()}}
    clearing.watch(told(*(GroupRendered(id=f"s{n}", time=NOON, **sms) for n in range(PASSES))))
    await clearing.look()

    assert [one["where"] for one in await problems.find(["C1"])] == ["grouping_key"]
