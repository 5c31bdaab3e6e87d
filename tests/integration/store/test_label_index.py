"""A list of groups by label reads the groups that it shows, however many there are."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from multidict import MultiDict

from services.api.group_query import group_query
from shared.domain.configuration_draft import Tables
from shared.store.alert_groups import AlertGroups, GroupWrite
from shared.store.mongo import Database
from tests.support.build import NOON, a_group, minute

pytestmark = pytest.mark.integration
NEWEST = [("opened_at", -1), ("_id", 1)]


@pytest.fixture
async def groups(mongo_url: str) -> AsyncIterator[AlertGroups]:
    database = Database(mongo_url)
    found = AlertGroups(database)
    await found.prepare()
    yield found
    database.close()


async def index_uses(groups: AlertGroups) -> int:
    """Return how often the index of labels was used."""
    found = await groups.collection.aggregate([{"$indexStats": {}}])
    return sum(int(one["accesses"]["ops"]) for one in found if one["name"].startswith("labels.key"))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (["team:db"], ["I30", "I20", "I10", "I0"]),
        (["team:db", "odd:no"], ["I10"]),
        (["host:db"], []),
        (["team:none"], []),
    ],
)
async def test_it_uses_the_index_of_labels(groups: AlertGroups, asked: list[str], expected: list[str]):
    def labels(n: int) -> dict[str, str]:
        if n % 2:
            return {}
        return {"team": "web" if n % 10 else "db", "host": "db1", "odd": "no" if n == 10 else "yes"}

    writes = [
        GroupWrite(
            a_group(id=f"I{n}", key=str(n), number=n, opened_at=minute(n), labels=labels(n)), None, (), NOON
        )
        for n in range(40)
    ]
    assert await groups.save(writes) == set()
    before = await index_uses(groups)

    query = group_query(MultiDict([("label", one) for one in asked]), Tables())
    found = await groups.find(query, NEWEST, 50)

    assert [one.id for one in found] == expected
    assert await index_uses(groups) > before
    assert await groups.count(query) == len(expected)
