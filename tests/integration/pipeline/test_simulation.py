"""A simulation is the real run: whatever the configuration, both tell the same at the same instants."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from prometheus_client import CollectorRegistry

from services.escalator.answering import Answering
from services.escalator.deciding import Deciding
from services.escalator.due import Deciders, DueEscalations, Writing
from services.escalator.storming import Storming
from shared import clock
from shared.bus.publisher import Encoded
from shared.bus.wire import Provenance, decode
from shared.domain.configuration import ConfigSnapshot
from shared.domain.model import Alert
from shared.domain.rotation import next_turn
from shared.domain.simulation import Simulated, simulate
from shared.domain.steps import Question, Turn
from shared.domain.storm import StormLimits
from shared.events import Event, GroupOpened, GroupRendered, NotificationRequested
from shared.lazy_sandbox import LazySandbox
from shared.metrics import Metrics
from shared.store import due
from shared.store.alert_groups import AlertGroups, GroupWrite
from shared.store.alerts import Alerts
from shared.store.digests import Digests
from shared.store.escalations import Escalations
from shared.store.mongo import Database
from shared.store.storms import Storms
from shared.telling import Row
from tests.support.build import a_group
from tests.support.chains import BEGIN, PAYLOAD, configurations, verdict_on

pytestmark = pytest.mark.integration
HORIZON = timedelta(days=3)
Told = list[tuple[datetime, str, str, str, str]]


class Heard:
    """In the place of the broker: keeps what due escalations tell."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    async def tell(self, rows: Sequence[Row]) -> None:
        self.events += [event for row in rows for one in row.events for event in decode(one.body)]


class Fixed:
    """In the place of the live configuration: the one that is."""

    def __init__(self, config: ConfigSnapshot) -> None:
        self.current = config


class Real:
    """The escalator's own decisions over a real database, driven from one due time to the next."""

    def __init__(self, database: Database, sandbox: LazySandbox) -> None:
        metrics = Metrics(CollectorRegistry(), "escalator")
        self.database = database
        self.escalations = Escalations(database)
        self.storming = Storming(Storms(database), Digests(database), StormLimits(), metrics)
        self.answering = Answering(database, sandbox)

    async def run(self, event: GroupRendered, config: ConfigSnapshot, until: datetime) -> Told:
        """Play the run on the clock of this process; return what was told, in order."""
        now = BEGIN
        clock.use(lambda: now)
        keep = timedelta(days=90)
        deciding = Deciding(self.escalations, self.storming, self.answering, _encoded, keep)
        told = await deciding.decide([event], config)
        found = _told([one for each in told for part in each.events for one in decode(part.body)])
        heard = Heard()
        waking = DueEscalations(
            self.escalations,
            Deciders(self.storming, self.answering),
            heard,
            Fixed(config),
            Writing(_encoded, keep, ""),
        )
        while True:
            (stored,) = (await self.escalations.get_many([f"{event.group.id}:1"])).values() or (None,)
            if stored is None or stored.due_at is None or stored.due_at > until:
                return found + _told(heard.events)
            now = max(now, stored.due_at)
            documents = await due.claim(self.escalations.collection, {"_id": stored.id}, now)
            await waking.wake(documents)


def _encoded(event: Event) -> Encoded:
    return Encoded.of(event, Provenance("escalator", "1"))


def _told(events: Sequence[Event]) -> Told:
    return [_line(one) for one in events if one.type != "post.requested.v1"]


def _line(event: Event) -> tuple[datetime, str, str, str, str]:
    is_page = isinstance(event, NotificationRequested)
    who, how = (event.user_id, event.channel) if is_page else ("", "")
    return (event.time, event.decision, event.reason, who, how)


def simulated(event: GroupRendered, config: ConfigSnapshot, until: datetime) -> Simulated:
    """Simulate with facts of our own: turns from the beginning, one alert, conditions as they say themselves."""
    last: dict[str, str] = {}

    def answer(question: Question) -> Any:
        if isinstance(question, Turn):
            last[question.step_id] = next_turn(question.persons, last.get(question.step_id, ""))
            return last[question.step_id]
        return verdict_on(question.template) if hasattr(question, "template") else 1

    playing = simulate(event, config, BEGIN, until)
    said: Any = None
    while True:
        try:
            question, _ = playing.send(said)
        except StopIteration as end:
            return end.value
        said = answer(question)


def opened(number: int) -> GroupRendered:
    """Return a group's opening; every example has a group of its own."""
    alert_id = f"alert-{number}"
    group = a_group(
        id=f"IGROUP{number}",
        first_alert_id=alert_id,
        last_alert_id=alert_id,
        opened_at=BEGIN,
        last_alert_at=BEGIN,
        labels={"severity": "critical"},
    )
    return GroupRendered(id=f"rendered-{number}", time=BEGIN, group=group, change=GroupOpened.type)


async def stored(database: Database, event: GroupRendered) -> None:
    """Store the group and its alert as the grouper would."""
    group = event.group
    alert = Alert(id=group.first_alert_id, integration_id="C1", received_at=BEGIN, payload=PAYLOAD)
    await Alerts(database).insert_new([alert], BEGIN + timedelta(days=400))
    await Alerts(database).set_groups({alert.id: group.id})
    await AlertGroups(database).save([GroupWrite(group, None, [], BEGIN)])


@pytest.fixture
def moving_clock() -> Iterator[None]:
    real = clock.use(clock.now)
    clock.use(real)
    yield
    clock.use(real)


def compare(mongo_url: str, examples: int) -> None:
    """Hold so many random configurations against the real run."""
    loop = asyncio.new_event_loop()
    database, sandbox = Database(mongo_url), LazySandbox(1.0)
    numbers = iter(range(1_000_000))

    async def both(config: ConfigSnapshot) -> None:
        event = opened(next(numbers))
        await stored(database, event)
        await database.collection("rotations").delete_many({})
        until = BEGIN + HORIZON
        real = await Real(database, sandbox).run(event, config, until)
        found = simulated(event, config, until)
        shown = [
            (one.at, one.decision, one.reason, one.user_id or "", one.channel or "") for one in found.lines
        ]
        assert shown == real

    @settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    @given(configurations())
    def held(config: ConfigSnapshot) -> None:
        loop.run_until_complete(both(config))

    try:
        held()
    finally:
        loop.run_until_complete(sandbox.close())
        database.close()
        loop.close()


def test_a_simulation_is_the_real_run(mongo_url: str, moving_clock: None):
    compare(mongo_url, examples=20)


@pytest.mark.deep
@pytest.mark.timeout(1800)
def test_a_thousand_simulations_are_the_real_run(mongo_url: str, moving_clock: None):
    compare(mongo_url, examples=1000)
