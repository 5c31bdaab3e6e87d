"""Somebody deletes the router's queue under load: what lay in it is found in the journal and sent on its way again."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from shared import clock
from shared.bus.replay import replay_stranded
from shared.domain.configuration import Integration
from shared.store.alerts import Alerts
from shared.store.journal import Journal
from tests.support.build import a_configuration, notify
from tests.support.house import TOKEN, House, token_digest, until
from tests.support.queues import channel, waiting

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(150)]
COUNT = 1200
SENDERS = 8
HOOK = Integration(id="C1", name="Hook", type="webhook", token_digest=token_digest())


async def send(url: str, accepted: set[str], everything_sent: asyncio.Event, half: asyncio.Event) -> None:
    """Have `COUNT` alerts accepted; each is repeated until the answer is 2xx."""
    numbers = iter(range(COUNT))

    async def work(client: aiohttp.ClientSession) -> None:
        for number in numbers:
            body = {"alert_uid": f"thing-{number % 9}", "title": "Broken", "n": number}
            while True:
                async with client.post(url, json=body, headers={"Idempotency-Key": f"n{number}"}) as answer:
                    if answer.status // 100 == 2:
                        accepted.add((await answer.json())["alert_id"])
                        break
            if len(accepted) >= COUNT // 2:
                half.set()

    async with aiohttp.ClientSession() as client:
        await asyncio.gather(*(work(client) for _ in range(SENDERS)))
    everything_sent.set()


async def test_no_alert_is_lost_when_the_routers_queue_is_deleted_under_load(
    house: House, mongo_client: Any, database: str
):
    await house.configure_all(a_configuration(notify("U1"), integrations=(HOOK,)))
    await house.start(
        "recorder", "grouper", "receiver"
    )  # no router yet: all of the first half waits in its queue
    began = clock.now()
    accepted: set[str] = set()
    sent, half = asyncio.Event(), asyncio.Event()
    url = f"http://127.0.0.1:{house.running['receiver-0'][0].port}/integrations/v1/webhook/{TOKEN}/"
    sending = asyncio.create_task(send(url, accepted, sent, half))

    await half.wait()
    async with channel(house.amqp_url) as foreign:
        await foreign.queue_delete("tocsin.router")
    await house.start("router")
    await sent.wait()
    await sending

    stored = mongo_client[database]

    async def drained() -> bool:
        queues = [await waiting(house.amqp_url, f"tocsin.{one}") for one in ("router", "grouper", "recorder")]
        recorded = sum(len(one["alerts"]) for one in stored.journal.find({"received": True}))
        return not any(queues) and recorded >= COUNT

    await until(drained, 60, what="the queues are empty and everything is recorded")
    before = stored.alerts.count_documents({})
    replayed = await replay_stranded(
        house.bus,
        Journal(house.database),
        Alerts(house.database),
        began - timedelta(seconds=5),
        clock.now() + timedelta(seconds=5),
    )

    async def all_there() -> bool:
        return stored.alerts.count_documents({"group_id": {"$ne": None}}) == COUNT

    await until(all_there, 60, what=f"{replayed} replayed alerts arrive")
    assert {one["_id"] for one in stored.alerts.find({}, {"_id": 1})} == accepted
    assert 0 < replayed <= COUNT - before + 64, "there was something to lose, and little was sent twice"
    assert sum(one["alerts_count"] for one in stored.alert_groups.find()) == COUNT
