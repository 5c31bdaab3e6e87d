"""A change of shift is told exactly once, whoever looks, and also when the one who looked died before telling."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from services.escalator.duties import DueDuties
from shared import clock
from shared.bus.publisher import Encoded, Publisher
from shared.domain.configuration import ConfigSnapshot
from shared.domain.duties import Duty, look
from shared.errors import Unavailable
from shared.events import Event
from shared.live_configuration import LiveConfiguration
from shared.store.configuration import ConfigurationStore
from shared.store.duties import Duties, read
from shared.store.mongo import Database
from shared.telling import Telling
from tests.support.schedules import DAY_S, a_schedule, a_shift, an_override, changed

pytestmark = pytest.mark.integration
A_ALWAYS = a_shift(duration=DAY_S, start="2024-01-01T00:00:00")


class Bus(Publisher):
    """Remembers what it was told, and refuses while it is `away`."""

    def __init__(self) -> None:
        self.told: list[Encoded] = []
        self.away = False

    @property
    def is_connected(self) -> bool:
        return not self.away

    async def publish_encoded(self, events: Sequence[Encoded], *, timeout_s: float = 10.0) -> None:
        if self.away:
            raise Unavailable("broker: away")
        self.told += events


@pytest.fixture
async def database(mongo_url: str) -> AsyncIterator[Database]:
    """A database of its own."""
    found = Database(mongo_url)
    yield found
    found.close()


def encode(event: Event) -> Encoded:
    """Return an event as it is stored."""
    return Encoded(event.type, event.id, event.model_dump_json().encode())


class Looking:
    """Two instances over one collection."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.duties, self.bus = Duties(database), Bus()
        self.config = LiveConfiguration(ConfigurationStore(database), folder / "configuration.json")
        self.telling = Telling(self.bus, self.duties.collection)
        self.instances = [DueDuties(self.duties, self.telling, self.config, encode) for _ in range(2)]

    def configured(self, version: int, config: ConfigSnapshot) -> None:
        """Put a configuration into force."""
        self.config.current = changed(config, version=version)

    async def look(self) -> None:
        """Have both instances look at everything at the same time."""
        await self.duties.prepare()
        await self.instances[0].claim_older(clock.now())
        found = await self.duties.collection.find({})
        await asyncio.gather(*(one.look(found) for one in self.instances))


def an_override_now() -> ConfigSnapshot:
    """Return a schedule in which F has replaced A since an hour ago."""
    start = clock.now() - timedelta(hours=1)
    override = an_override(f"{start:%Y-%m-%dT%H:%M:%S}", 2, "F")
    return a_schedule(A_ALWAYS, override, slack_channel_id="C1")


async def test_a_change_is_told_once_by_two_instances_that_look_at_once(database: Database, tmp_path: Path):
    looking = Looking(database, tmp_path)
    looking.configured(1, a_schedule(A_ALWAYS, slack_channel_id="C1"))
    await looking.look()
    assert looking.bus.told == []

    looking.configured(2, an_override_now())
    await looking.look()
    await looking.look()

    (told,) = looking.bus.told
    assert b"user-F" in told.body
    (stored,) = await looking.duties.collection.find({})
    assert (stored["untold"], read(stored).user_ids) == ([], ("F",))


async def test_what_was_saved_and_not_told_is_told_by_whoever_sweeps(database: Database, tmp_path: Path):
    looking = Looking(database, tmp_path)
    looking.configured(1, a_schedule(A_ALWAYS, slack_channel_id="C1"))
    await looking.look()
    looking.configured(2, an_override_now())
    looking.bus.away = True
    await looking.look()
    assert looking.bus.told == []

    looking.bus.away = False
    await looking.duties.collection.update_many(
        {}, {"$set": {"untold_at": clock.now() - timedelta(minutes=1)}}
    )
    assert await looking.telling.sweep() == 1
    assert await looking.telling.sweep() == 0
    await looking.look()

    assert len(looking.bus.told) == 1


async def test_an_instance_that_is_behind_does_not_tell_what_is_no_longer_so(
    database: Database, tmp_path: Path
):
    looking = Looking(database, tmp_path)
    looking.configured(1, a_schedule(A_ALWAYS, slack_channel_id="C1"))
    await looking.look()
    looking.configured(2, an_override_now())
    await looking.look()

    looking.configured(1, a_schedule(A_ALWAYS, slack_channel_id="C1"))
    await looking.look()

    assert len(looking.bus.told) == 1


async def test_a_schedule_that_cannot_be_looked_at_holds_no_other_back(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    looking = Looking(database, tmp_path)
    looking.configured(1, a_schedule(A_ALWAYS, slack_channel_id="C1"))
    await looking.duties.begin(["BROKEN"], clock.now())
    await looking.look()
    looking.configured(2, an_override_now())
    documents = await looking.duties.collection.find({}, sort=[("_id", 1)])
    assert [one["_id"] for one in documents] == ["BROKEN", "S"]

    monkeypatch.setattr("services.escalator.duties.look", _unless_broken)
    with pytest.raises(ZeroDivisionError):
        await looking.instances[0].look(documents)

    assert [b"user-F" in one.body for one in looking.bus.told] == [True]


def _unless_broken(duty: Duty, config: ConfigSnapshot, now: datetime) -> tuple[Duty, list[Event]]:
    """Look at a schedule as always, and fail at one of them."""
    if duty.id == "BROKEN":
        raise ZeroDivisionError
    return look(duty, config, now)
