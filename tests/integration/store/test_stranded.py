"""Alerts that were received and are in no group: found, told and replayed, however many were received beside them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from services.recorder.stranded import AFTER, LOOK_BACK, Stranded
from shared import clock
from shared.bus import wire
from shared.bus.replay import replay_between, replay_stranded
from shared.events import Event
from shared.metrics import Metrics
from shared.store import stranded
from shared.store.alerts import Alerts
from shared.store.journal import Journal, Page, alerts_of
from shared.store.mongo import Database, Document
from tests.support.build import NOON, an_alert
from tests.support.house import received

pytestmark = pytest.mark.integration
KEEP = timedelta(days=1)
SPAN = (NOON - timedelta(hours=1), NOON + timedelta(hours=1))


class Place:
    """The journal and the alerts; `told` is what was published."""

    def __init__(self, database: Database) -> None:
        self.journal, self.alerts = Journal(database), Alerts(database)
        self.told: list[str] = []

    async def record(self, *names: str, at: datetime = NOON) -> list[str]:
        """Put alerts into the journal as one message; return their ids."""
        events = [received(an_alert(name, at=at)) for name in names]
        body = wire.join([wire.encode(one, wire.Provenance("receiver", "test")) for one in events])
        entries = wire.envelopes(body)
        alerts = [id for one in entries for id in alerts_of(one)]
        await self.journal.add([Page(entries, alerts, [], at, at + KEEP)])
        return [one.alert.id for one in events]

    async def store(self, *names: str) -> None:
        """Put alerts where the grouper does."""
        await self.alerts.insert_new([an_alert(name) for name in names], clock.now() + KEEP)

    async def publish(self, events: Sequence[Event], **_: Any) -> None:
        self.told += [one.alert_id for one in events]  # type: ignore[attr-defined]


@pytest.fixture
async def place(mongo_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    """Few pages are held at once, so that a handful of them takes several turns."""
    monkeypatch.setattr(stranded, "IDS_AT_ONCE", 2)
    monkeypatch.setattr(stranded, "ENTRIES_AT_ONCE", 2)
    monkeypatch.setattr(stranded, "LOOKED_UP_AT_ONCE", 3)
    monkeypatch.setattr(clock, "now", lambda: NOON)
    database = Database(mongo_url)
    made = Place(database)
    await made.journal.prepare()
    yield made
    database.close()


def a_look(place: Place) -> Stranded:
    return Stranded(place.journal, place.alerts, Metrics(CollectorRegistry(), "recorder"))


async def test_every_alert_that_went_missing_is_replayed_once_and_no_other(place: Place):
    names = [f"a{number}" for number in range(30)]
    ids = [id for start in range(0, 30, 3) for id in await place.record(*names[start : start + 3])]
    await place.record("a4", "a9")  # told twice, in another message
    await place.store(*(name for number, name in enumerate(names) if number % 2))

    count = await replay_stranded(place, place.journal, place.alerts, *SPAN)  # type: ignore[arg-type]

    assert sorted(place.told) == sorted(ids[::2])
    assert count == 15


async def test_everything_of_a_time_is_replayed_once(place: Place):
    ids = [id for number in range(9) for id in await place.record(f"a{number}")]
    await place.record("a2")
    await place.record("late", at=SPAN[1])

    await replay_between(place, place.journal, *SPAN)  # type: ignore[arg-type]

    assert sorted(place.told) == sorted(ids)


async def test_what_is_missing_is_told_until_it_is_there_or_long_gone(
    place: Place, monkeypatch: pytest.MonkeyPatch
):
    look = a_look(place)
    (missing,) = await place.record("x", at=NOON - AFTER - timedelta(seconds=1))
    await place.record("young", at=NOON - timedelta(seconds=1))
    await place.record("stored", at=NOON - AFTER - timedelta(seconds=1))
    await place.store("young", "stored")
    assert await look.look() == [missing]

    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(minutes=5))
    assert await look.look() == [missing]
    assert await a_look(place).look() == [missing]

    monkeypatch.setattr(clock, "now", lambda: NOON + LOOK_BACK)
    assert await look.look() == []


async def test_what_turns_up_after_all_is_missing_no_more(place: Place):
    look = a_look(place)
    await place.record("x", at=NOON - AFTER - timedelta(seconds=1))
    assert len(await look.look()) == 1

    await place.store("x")

    assert await look.look() == []


async def test_what_was_received_is_read_once_and_without_its_payloads(
    place: Place, monkeypatch: pytest.MonkeyPatch
):
    read: list[Document] = []
    walk = place.journal.collection.walk

    async def watched(*asked: Any) -> AsyncIterator[list[Document]]:
        async for pages in walk(*asked):
            read.extend(pages)
            yield pages

    monkeypatch.setattr(place.journal.collection, "walk", watched)
    look = a_look(place)
    for number in range(7):
        await place.record(f"a{number}", at=NOON - timedelta(minutes=5, seconds=number))
        await place.store(f"a{number}")

    for minute in range(3):
        monkeypatch.setattr(clock, "now", lambda minute=minute: NOON + timedelta(minutes=minute))
        assert await look.look() == []

    assert len(read) == 7
    assert not any("entries" in one for one in read)
