"""What belongs to an open group does not expire; everything else does when its time has come."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.grouper.retention import Retention as AlertRetention
from services.recorder.retention import Retention as JournalRetention
from shared import clock
from shared.domain.model import Group
from shared.store import alert_groups
from shared.store.alert_groups import AlertGroups, GroupWrite
from shared.store.alerts import Alerts
from shared.store.journal import Journal, Page
from shared.store.mongo import Database
from tests.support.build import NOON, a_group, an_alert

pytestmark = pytest.mark.integration
KEEP = timedelta(days=30)
LONG_AGO, LATELY = NOON - KEEP + timedelta(hours=1), NOON - timedelta(days=2)


class Place:
    """Groups with an alert and a journal page each, all from when the group opened."""

    def __init__(self, database: Database, stored: Any) -> None:
        self.groups, self.alerts, self.journal = AlertGroups(database), Alerts(database), Journal(database)
        self._stored = stored

    async def put(self, id: str, opened_at: datetime, **fields: Any) -> Group:
        alert = an_alert(id, at=opened_at)
        group = a_group(id=id, key=id, opened_at=opened_at, **fields)
        await self.alerts.insert_new([alert], opened_at + KEEP)
        await self.alerts.set_groups({alert.id: id})
        await self.journal.add(
            [Page([{"id": id, "type": "x"}], [alert.id], [id], opened_at, opened_at + KEEP)]
        )
        await self.groups.save([GroupWrite(group, None, [], opened_at)])
        return group

    async def postpone(self) -> tuple[int, int]:
        """Do what is done once an hour; return how many alerts and pages were postponed."""
        alerts = AlertRetention(self.alerts, self.groups, KEEP)
        journal = JournalRetention(self.journal, self.groups, KEEP)
        return await alerts.postpone(), await journal.postpone()

    def gone_at(self, at: datetime) -> tuple[set[str], set[str]]:
        """Return the groups whose alerts, and those whose pages, have expired by then."""
        over = {"expires_at": {"$lte": at}}
        alerts = {one["group_id"] for one in self._stored.alerts.find(over)}
        return alerts, {one["groups"][0] for one in self._stored.journal.find(over)}


@pytest.fixture
async def place(
    mongo_url: str, mongo_client: Any, database: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Place]:
    monkeypatch.setattr(clock, "now", lambda: NOON)
    monkeypatch.setattr(alert_groups, "WALKED_AT_ONCE", 2)
    opened = Database(mongo_url)
    made = Place(opened, mongo_client[database])
    # Without their indexes: nothing may expire while the test looks.
    yield made
    opened.close()


async def test_alerts_and_records_of_open_groups_outlive_their_time_and_no_others(place: Place):
    kept = [f"G{number}" for number in range(5)]
    for id in kept:
        await place.put(id, LONG_AGO)
    await place.put("silenced", LONG_AGO, silenced_at=LATELY)
    await place.put("over", LONG_AGO, resolved_at=LATELY)

    assert await place.postpone() == (6, 6)

    assert place.gone_at(NOON + timedelta(days=2)) == ({"over"}, {"over"})
    assert place.gone_at(NOON + KEEP - timedelta(hours=1)) == ({"over"}, {"over"})


async def test_what_has_time_left_is_not_touched(place: Place):
    await place.put("young", LATELY)

    assert await place.postpone() == (0, 0)

    assert place.gone_at(LATELY + KEEP) == ({"young"}, {"young"})


async def test_what_was_postponed_is_postponed_again_while_the_group_is_open(
    place: Place, monkeypatch: pytest.MonkeyPatch
):
    group = await place.put("G1", LONG_AGO)
    for days in range(70):
        monkeypatch.setattr(clock, "now", lambda days=days: NOON + timedelta(days=days))
        await place.postpone()
        assert place.gone_at(NOON + timedelta(days=days, hours=23)) == (set(), set())

    over = group.model_copy(update={"version": group.version + 1, "resolved_at": clock.now()})
    await place.groups.save([GroupWrite(over, group.version, [], clock.now(), expires_at=clock.now() + KEEP)])
    monkeypatch.setattr(clock, "now", lambda: NOON + timedelta(days=71))

    assert await place.postpone() == (0, 0)
