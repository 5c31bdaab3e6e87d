"""Problems of schedules are counted, are over when they are mended, and end with their schedule."""

from __future__ import annotations

from datetime import timedelta

import pytest

from shared.store.mongo import Database
from shared.store.schedule_problems import ScheduleProblems
from tests.support.build import NOON

pytestmark = pytest.mark.integration
HOUR = timedelta(hours=1)


async def test_a_problem_is_counted_until_it_is_over_and_begins_anew(mongo_url: str):
    database = Database(mongo_url)
    problems = ScheduleProblems(database)
    await problems.prepare()

    await problems.report("S1", "gaps", "first", NOON)
    await problems.report("S1", "gaps", "$second", NOON + HOUR)
    (standing,) = await problems.find(["S1"])
    assert (standing["count"], standing["message"], standing["first_seen_at"]) == (2, "$second", NOON)
    await problems.clear("S1", ["gaps"], NOON + 2 * HOUR)
    assert await problems.find() == []
    assert len(await problems.find(cleared=True)) == 1
    await problems.report("S1", "gaps", "again", NOON + 3 * HOUR)
    (again,) = await problems.find()
    assert (again["count"], again["first_seen_at"]) == (1, NOON + 3 * HOUR)

    await problems.report("S2", "gaps", "new", NOON + 5 * HOUR)
    await problems.forget(["S3"], NOON + 5 * HOUR)
    assert [one["schedule_id"] for one in await problems.find()] == ["S2"]
    database.close()
