"""The story of a group: whole, or how it began and what came last."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from shared.store import journal as stored
from shared.store.journal import Journal, Page
from shared.store.mongo import Database
from tests.support.build import NOON, minute

pytestmark = pytest.mark.integration
COUNT = 30


def a_record(number: int, group_id: str) -> dict[str, Any]:
    time = minute(number).isoformat()
    return {"id": f"{group_id}-{number}", "type": "x", "time": time, "data": {"group_id": group_id}}


@pytest.fixture
async def journal(mongo_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Journal]:
    """Each page is of two groups; few pages are read at once."""
    monkeypatch.setattr(stored, "READ_AT_ONCE", 4)
    monkeypatch.setattr(stored, "BEGINNING_PAGES", 3)
    database = Database(mongo_url)
    made = Journal(database)
    await made.prepare()
    for number in range(COUNT):
        records = [a_record(number, group_id) for group_id in ("G1", "G2")]
        at = minute(number)
        await made.add([Page(records, [], ["G1", "G2"], at, NOON + timedelta(days=9))])
    yield made
    database.close()


def numbers(records: list[dict[str, Any]]) -> list[int]:
    assert {one["data"]["group_id"] for one in records} == {"G1"}
    return [int(one["id"].partition("-")[2]) for one in records]


@pytest.mark.parametrize("limit", [COUNT, COUNT + 1, 2000])
async def test_a_story_is_told_from_its_beginning(journal: Journal, limit: int):
    assert numbers(await journal.of_group("G1", limit)) == list(range(COUNT))


async def test_of_a_story_that_is_too_long_the_middle_is_left_out_and_never_what_came_last(journal: Journal):
    assert numbers(await journal.of_group("G1", 10)) == [0, 1, 2, *range(COUNT - 10, COUNT)]
