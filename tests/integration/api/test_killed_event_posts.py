"""An api that is killed between the request and the answer: the next one makes the same request again."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from shared import clock
from shared.domain.event_subscription import EventSubscription
from shared.store.event_positions import LEASE_S, EventPositions
from shared.store.journal import Journal, Page
from tests.integration.api.api_running import an_api
from tests.support.event_receiver import EventReceiver, an_event
from tests.support.killing import later, process
from tests.support.one_service import Surroundings, until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]
OPEN = {"TOCSIN_ALLOW_PRIVATE_ADDRESSES": "true"}


async def test_what_was_in_hand_when_the_process_was_killed_is_posted_again_and_nothing_is_skipped(
    amqp_url: str, mongo_url: str, tmp_path: Path
):
    async with EventReceiver() as receiver, Surroundings(amqp_url, mongo_url, tmp_path) as around:
        bot = EventSubscription(id="V1", name="bot", url=f"{receiver.url}/bot")
        await around.configure(bot)
        positions, journal = EventPositions(around.database), Journal(around.database)

        async def committed(*names: str) -> None:
            now = clock.now()
            events = [an_event(one) for one in names]
            await journal.add([Page(events, [], [], now, now + timedelta(days=1))])

        receiver.held.add("/bot")
        async with process(around, "api", OPEN) as stack:
            await until(lambda: positions.of(["V1"]))
            await committed("e1", "e2")
            await until(lambda: receiver.came.get("/bot"))
            stack.kill9("api")
        await committed("e3")
        receiver.held.clear()
        receiver.answering.set()
        async with (
            later(timedelta(seconds=LEASE_S + 1)),
            an_api(mongo_url, tmp_path, allow_private_addresses=True),
        ):
            await until(lambda: "e3" in receiver.taken("/bot") and receiver.came["/bot"] >= 3)

    assert {one.id for one in receiver.posts if "e1" in one.events} == {receiver.posts[0].id}
    assert receiver.posts[0].events == ["e1", "e2"]
    assert list(dict.fromkeys(receiver.taken("/bot"))) == ["e1", "e2", "e3"]
