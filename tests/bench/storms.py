"""What counting for storm mode costs: batches of new groups decided with and without it, in turns.

    TOCSIN_MONGO_URL=... python -m tests.bench.storms

CPU is this process's alone; the time also holds what the database does and whatever else runs on the machine.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import time
import uuid
from collections.abc import Iterator
from datetime import timedelta

from prometheus_client import CollectorRegistry

from services.escalator.answering import Answering
from services.escalator.deciding import Deciding
from services.escalator.storming import Storming
from shared import clock
from shared.bus.publisher import Encoded
from shared.bus.wire import Provenance
from shared.config import Settings
from shared.domain.model import Card
from shared.domain.storm import StormLimits
from shared.events import Event, GroupOpened, GroupRendered, derived_id
from shared.lazy_sandbox import LazySandbox
from shared.metrics import Metrics
from shared.store.digests import Digests
from shared.store.escalations import Escalations
from shared.store.mongo import Database
from shared.store.storms import Storms
from tests.support.build import a_configuration, a_group, notify, wait

BATCH = 64
ROUNDS = 150
NEVER, COUNTED, STORM = StormLimits(0), StormLimits(1_000_000), StormLimits(1)
CONFIG = a_configuration(notify("U1"), wait(5), notify("U2"))


def batches() -> Iterator[list[Event]]:
    """Return batches of groups that begin, none of them known."""
    number = 0
    while True:
        yield [rendered(f"I{uuid.uuid4().hex[:12]}", number) for _ in range(BATCH)]
        number += BATCH


def rendered(id: str, number: int) -> GroupRendered:
    """Return the first rendering of a group."""
    now = clock.now()
    group = a_group(id=id, number=number, opened_at=now, last_alert_at=now)
    cards = {"web": Card(title="Disk"), "email": Card(title="Disk", message="x" * 500)}
    return GroupRendered(
        id=derived_id("rendered", id), time=now, group=group, change=GroupOpened.type, cards=cards
    )


def deciding(database: Database, limits: StormLimits) -> Deciding:
    """Return an escalator's decisions."""
    metrics = Metrics(CollectorRegistry(), "escalator")
    storming = Storming(Storms(database), Digests(database), limits, metrics)

    def encode(event: Event) -> Encoded:
        return Encoded.of(event, Provenance("escalator", "1"))

    return Deciding(
        Escalations(database), storming, Answering(database, LazySandbox(0.25)), encode, timedelta(days=1)
    )


async def main() -> None:
    """Decide in turns, and print the medians of a batch."""
    url = Settings().mongo_url.get_secret_value().unicode_string()
    base, _, query = url.partition("?")
    database = Database(f"{base.rsplit('/', 1)[0]}/bench_{uuid.uuid4().hex[:8]}?{query}")
    ways = {
        "without": deciding(database, NEVER),
        "counted": deciding(database, COUNTED),
        "in a storm": deciding(database, STORM),
    }
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    try:
        await Escalations(database).prepare()
        source = batches()
        for _ in range(ROUNDS):
            for name, one in random.sample(list(ways.items()), len(ways)):
                batch = next(source)
                cpu, wall = time.process_time(), time.perf_counter()
                await one.decide(batch, CONFIG)
                spent[name].append((time.process_time() - cpu, time.perf_counter() - wall))
    finally:
        await database.drop()
        database.close()
    for name, costs in spent.items():
        cpu_ms, wall_ms = (1000 * statistics.median(one) for one in zip(*costs, strict=True))
        print(f"{name:12} batch of {BATCH} new groups: CPU {cpu_ms:6.2f} ms, time {wall_ms:6.2f} ms")


if __name__ == "__main__":
    asyncio.run(main())
