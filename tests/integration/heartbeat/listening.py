"""The heartbeat service on real servers, in seconds after noon: the test is the receiver, the tool and the clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson

from shared.domain.configuration import Integration
from shared.domain.configuration_draft import Row
from shared.domain.heartbeat_settings import HeartbeatSettings
from shared.events import BeatSent, Event, HeartbeatReceived, derived_id
from tests.support.build import NOON
from tests.support.house import House, until

TIMEOUT_S = 60


def integration(id: str = "C1", **heartbeat: Any) -> Integration:
    """Return an integration whose heartbeat has a timeout of a minute."""
    settings = HeartbeatSettings(**{"timeout_s": TIMEOUT_S, **heartbeat})
    return Integration(id=id, name=f"prod {id}", type="webhook", token_digest=id, heartbeat=settings)


class Listening:
    """A house with the heartbeat service and the recorder, in seconds after noon."""

    def __init__(self, house: House, stored: Any) -> None:
        self.house = house
        self.stored = stored
        self.second = 0.0

    def now(self) -> datetime:
        """Return the instant that the clock of everybody shows."""
        return at(self.second)

    async def tell(self, *events: Event) -> None:
        """Publish events in this order, each in a message of its own."""
        for one in events:
            await self.house.publish(one)

    async def listen(self, until_second: float, *, pings: Sequence[float] = ()) -> None:
        """Let time pass: the tool pings at these instants, and the receiver's newest beat is of the last one."""
        for self.second in pings:
            await self.tell(ping(self.second))
        self.second = until_second
        await self.beat()

    async def beat(self, *, since: float = 0, receiver: str = "R1") -> None:
        """Tell a beat of now, and wait until it counts."""
        await self.tell(beat(self.second, since=since, receiver=receiver))
        await self.counted(receiver)

    async def counted(self, receiver: str = "R1") -> None:
        """Wait until the beat of now is known."""

        async def known() -> bool:
            return bool(self.stored.receiver_beats.count_documents({"_id": receiver, "at": self.now()}))

        await until(known, what=f"the beat of second {self.second} counts")

    async def configure(self, *rows: Row) -> None:
        """Store configuration rows and have the heartbeat service load them at once."""
        await self.house.configure(*rows)
        for instance in self.house.running:
            if instance.startswith("heartbeat"):
                await self.house.io(instance).config.load()

    def alarms(self) -> list[str]:
        """Return what was decided of alerts, each once, oldest first."""
        return [one["decision"] for one in self.told("alert.received.v1")]

    def told(self, type: str) -> list[Any]:
        """Return the events of a type that the journal has, repeats left out."""
        found = {}
        for page in self.stored.journal.find({}, {"entries": 1}):
            found |= {one["id"]: one for one in orjson.loads(page["entries"]) if one["type"] == type}
        return sorted(found.values(), key=lambda one: one["time"])

    async def expect(self, *alarms: str) -> None:
        """Wait until exactly these alerts were told, and none is left to tell."""

        async def there() -> bool:
            return self.alarms() == list(alarms) and not self.stored.heartbeats.count_documents(
                {"untold_at": {"$exists": True}}
            )

        await until(there, what=f"{alarms} were told; there are {self.alarms()}")

    async def looked(self) -> None:
        """Wait until the deadlines were looked at since now: a marker that is due has been seen."""
        marker = f"marker-{self.second}-{len(self.alarms())}"
        self.stored.heartbeats.insert_one(
            {"_id": marker, "due_at": at(-1000), "body": _marker(marker), "version": 1, "config_version": 0}
        )

        async def gone() -> bool:
            return not self.stored.heartbeats.count_documents({"_id": marker})

        await until(gone, what="the deadlines were looked at")


def _marker(id: str) -> str:
    """Return a heartbeat of an integration that does not exist: whoever looks at it removes it."""
    return orjson.dumps({"id": id, "timeout_s": TIMEOUT_S, "last_seen_at": at(-2000)}).decode()


def at(second: float) -> datetime:
    """Return an instant in seconds after noon."""
    return NOON + timedelta(seconds=second)


def ping(second: float, id: str = "C1") -> HeartbeatReceived:
    """Return a ping of a tool."""
    event_id = derived_id("ping", id, second)
    return HeartbeatReceived(id=event_id, time=at(second), subject=id, config_version=1, integration_id=id)


def beat(second: float, *, since: float = 0, receiver: str = "R1", is_last: bool = False) -> BeatSent:
    """Return a beat of a receiver."""
    return BeatSent(
        id=derived_id("beat", receiver, second, is_last),
        time=at(second),
        subject=receiver,
        config_version=1,
        receiver_id=receiver,
        instance=f"name of {receiver}",
        since=at(since),
        is_last=is_last,
    )
