"""A hundred due times a second among a hundred thousand that wait: none is late, lost or done twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import aio_pika
import orjson
import pytest

from shared import clock
from shared.bus.publisher import Encoded
from shared.domain.escalation import Escalation, begin
from shared.domain.model import Card
from shared.events import GroupRendered
from shared.store.escalations import Escalations, EscalationWrite
from tests.support.build import NOON, a_configuration, a_group, notify, wait
from tests.support.house import House, until
from tests.support.queues import channel

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(240)]
CONFIGURATION = a_configuration(wait(60), notify("U1"))
PER_S = 100
CHUNK = 2_000
HEAD_START_S = 3.0


def due_escalation(number: int, due_at: datetime) -> Escalation:
    """Return an escalation whose next step pages at an instant."""
    group = a_group(id=f"IDUE{number:06d}")
    event = GroupRendered(
        id=f"rendered-{number}",
        time=NOON,
        alert_id=group.first_alert_id,
        group=group,
        change="group.opened.v1",
        cards={"email": Card(title="Disk")},
    )
    begun, _ = begin(event, CONFIGURATION, NOON)
    assert begun is not None
    return begun.model_copy(update={"next_step_at": due_at})


async def store(house: House, escalations: list[Escalation]) -> None:
    repository = Escalations(house.database)
    keep, nothing = timedelta(days=1), tuple[Encoded, ...]()
    for start in range(0, len(escalations), CHUNK):
        some = escalations[start : start + CHUNK]
        await repository.save([EscalationWrite(one, None, nothing, NOON, keep) for one in some])


def store_waiting(stored: Any, count: int) -> None:
    """Fill the collection with what is due in a day; nobody reads more of it than its due time."""
    later = clock.now() + timedelta(days=1)
    for start in range(0, count, CHUNK):
        stored.escalations.insert_many(
            [
                {"_id": f"waiting-{one}", "due_at": later, "group_id": "w", "run": one, "body": "x" * 1000}
                for one in range(start, min(count, start + CHUNK))
            ]
        )


@asynccontextmanager
async def pages(house: House) -> AsyncIterator[list[tuple[str, datetime]]]:
    """Every page that is asked for: its group, and when it arrived."""
    arrived: list[tuple[str, datetime]] = []

    async def take(message: aio_pika.abc.AbstractIncomingMessage) -> None:
        now = clock.now()
        arrived.extend((one["data"]["group"]["id"], now) for one in orjson.loads(message.body))
        await message.ack()

    async with channel(house.amqp_url) as own:
        queue = await own.get_queue("tocsin.notifier")
        await queue.consume(take)
        yield arrived


@pytest.mark.parametrize(
    ("waiting", "seconds", "late_s"),
    # The shorter run shares its two cores with other tests.
    [(20_000, 5, 15.0), pytest.param(100_000, 30, 1.0, marks=pytest.mark.deep)],
)
async def test_what_is_due_is_done_once_and_in_time_also_while_an_instance_restarts(
    house: House, mongo_client: Any, database: str, waiting: int, seconds: int, late_s: float
):
    await house.configure_all(CONFIGURATION)
    await house.start("escalator", instances=2)
    await Escalations(house.database).prepare()
    store_waiting(mongo_client[database], waiting)
    first = clock.now() + timedelta(seconds=HEAD_START_S)
    due = {f"IDUE{one:06d}": first + timedelta(seconds=one / PER_S) for one in range(seconds * PER_S)}
    await store(house, [due_escalation(number, at) for number, at in enumerate(due.values())])

    async with pages(house) as arrived:
        stored_at = clock.now()  # on a busy machine later than the head start

        async def half_paged() -> bool:
            return len(arrived) >= len(due) / 2

        await until(half_paged, seconds + 60, what="half of them are paged")
        await house.stop_one("escalator-0")
        await house.start_one("escalator", "escalator-2")

        async def all_paged() -> bool:
            return len({group for group, _ in arrived}) == len(due)

        await until(all_paged, seconds + 60, what="everybody is paged")

    assert [group for group, at in arrived if at < due[group]] == []
    late = sorted((at - max(due[group], stored_at)).total_seconds() for group, at in arrived)
    print(f"{waiting} waiting, {PER_S}/s due: late p50 {late[len(late) // 2]:.3f} s, max {late[-1]:.3f} s")
    assert [group for group, count in Counter(group for group, _ in arrived).items() if count > 1] == []
    assert late[-1] < late_s


async def test_what_a_dead_instance_had_claimed_is_done_by_another_and_once(
    house: House, mongo_client: Any, database: str
):
    await house.configure_all(CONFIGURATION)
    await house.start("escalator", instances=2)
    first = clock.now() + timedelta(seconds=1)
    due = [first + timedelta(seconds=one / PER_S) for one in range(3 * PER_S)]
    await store(house, [due_escalation(number, at) for number, at in enumerate(due)])

    async with pages(house) as arrived:

        async def some_paged() -> bool:
            return len(arrived) >= PER_S

        await until(some_paged, what="a third of them are paged")
        await house.crash("escalator-0")

        async def all_paged() -> bool:
            return len({group for group, _ in arrived}) == len(due)

        await until(all_paged, 90, what="everybody is paged")

    stored = mongo_client[database].escalations
    assert stored.count_documents({"ended": ""}) == 0
    requests = {one["_id"]: one["body"].count('"requested":["') for one in stored.find()}
    assert set(requests.values()) == {1}
