"""Insights are counted in indexes alone, from what the grouper and the notifier store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from shared.domain.ledger import DeliveryState
from shared.domain.zone_offsets import offsets_in
from shared.store.alert_groups import AlertGroups, GroupWrite
from shared.store.deliveries import Deliveries
from shared.store.insights import Answered, Insights, Span, groups_by_day, groups_by_rule, pages_by_hour
from shared.store.mongo import Database
from tests.support.build import a_group

pytestmark = pytest.mark.integration
# In Berlin the day begins at 23:00 UTC in winter and at 22:00 in summer; the clocks change on 29 March.
CHANGE = datetime(2026, 3, 29, 1, tzinfo=UTC)


@pytest_asyncio.fixture
async def store(mongo_url: str) -> AsyncIterator[Database]:
    database = Database(mongo_url)
    yield database
    database.close()


def span_of(since: datetime, until: datetime, zone: str = "Europe/Berlin") -> Span:
    return Span(since, until, offsets_in(ZoneInfo(zone), since, until))


async def stored(database: Database, *times: datetime, **fields: Any) -> None:
    """Have groups stored that were opened at these times, as the grouper stores them."""
    groups, now = AlertGroups(database), max(times)
    await groups.prepare()
    made = [
        a_group(id=f"I{at:%m%d%H%M}{position}", key=f"{at:%m%d%H%M}{position}", opened_at=at, **fields)
        for position, at in enumerate(times)
    ]
    await groups.save([GroupWrite(one, None, [], now) for one in made])


async def test_a_day_is_that_of_the_zone_on_both_sides_of_a_clock_change(store: Database):
    winter, summer = CHANGE - timedelta(days=10), CHANGE + timedelta(days=10)
    times = [one.replace(hour=22, minute=30) for one in (winter, summer)]
    await stored(store, *times, acknowledged_at=None)
    found = await Insights(store).by_day(span_of(winter - timedelta(days=1), summer + timedelta(days=1)))
    assert found == {
        times[0].date(): Answered(groups=1),
        times[1].date() + timedelta(days=1): Answered(groups=1),
    }


async def test_times_are_those_of_the_stored_groups_and_no_document_is_read(
    store: Database, mongo_client: Any, database: str
):
    await Deliveries.of(store).prepare()
    opened = [CHANGE + timedelta(minutes=one) for one in range(40)]
    answered = {"acknowledged_at": CHANGE + timedelta(minutes=60), "integration_id": "C1", "route_id": "R1"}
    await stored(store, *opened, **answered)
    page = {"kind": "page", "state": DeliveryState.READ.value, "subject_id": "U1", "finished_at": CHANGE}
    await store.collection("deliveries").insert_new([{**page, "_id": str(one)} for one in range(40)])
    span = span_of(CHANGE, CHANGE + timedelta(days=1))
    ((rule, found),) = (await Insights(store).by_rule(span)).items()

    assert (rule, found.groups, found.acknowledged, found.mtta_s) == (("C1", "R1"), 40, 40, 40.5 * 60)
    assert await Insights(store).pages(span) == {"U1": {3: 40}}
    for collection, pipeline in (
        ("alert_groups", groups_by_day(span)),
        ("alert_groups", groups_by_rule(span)),
        ("deliveries", pages_by_hour(span)),
    ):
        command = {"aggregate": collection, "pipeline": pipeline, "cursor": {}}
        explained = mongo_client[database].command("explain", command, verbosity="executionStats")
        stats = explained.get("executionStats") or explained["stages"][0]["$cursor"]["executionStats"]
        assert stats["totalDocsExamined"] == 0, collection
