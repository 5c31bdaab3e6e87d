"""Alert groups in the database: which one a key finds, and what is known of instances."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from shared.domain.model import Group, Instance
from shared.store.alert_groups import AlertGroups, GroupWrite, group_key
from shared.store.mongo import Database
from tests.support.build import KEY, NOON, a_group, minute

pytestmark = pytest.mark.integration
FOUND_BY = group_key("C1", "R1", KEY)


@pytest.fixture
async def groups(mongo_url: str) -> AsyncIterator[AlertGroups]:
    database = Database(mongo_url)
    found = AlertGroups(database)
    await found.prepare()
    yield found
    database.close()


async def save(groups: AlertGroups, group: Group, base: int | None = None) -> None:
    assert await groups.save([GroupWrite(group, base, [], NOON)]) == set()


async def test_the_newest_closed_group_is_the_last_of_its_key_whatever_its_times(groups: AlertGroups):
    """Late alerts move the times of a group; the key must find the one that knows most all the same."""
    over = {"resolved_at": minute(9), "resolved_through": minute(9)}
    await save(groups, a_group(id="I1", opened_at=minute(2), last_alert_at=minute(8), **over))
    await save(groups, a_group(id="I2", opened_at=minute(0), last_alert_at=minute(6), generation=1, **over))

    assert (await groups.newest_of([FOUND_BY]))[FOUND_BY].id == "I2"


async def test_the_open_group_is_found_before_any_other(groups: AlertGroups):
    await save(groups, a_group(id="I1"))
    await save(groups, a_group(id="I2", generation=1, resolved_at=minute(9)))
    assert await groups.last_generation(a_group(id="I1")) == 1

    assert (await groups.newest_of([FOUND_BY]))[FOUND_BY].id == "I1"


async def test_instances_are_kept_to_the_microsecond_and_go_with_the_group(groups: AlertGroups):
    at = NOON + timedelta(microseconds=7)
    known = {"db1": Instance(at=at, id="a", ends_at=at), "b.$1": Instance(at=at, id="b", firing=False)}
    await save(groups, a_group(instances=known, firing_instances=1))

    found = (await groups.get_many(["IGROUP"]))["IGROUP"]
    assert (found.instances, found.firing_instances) == (known, 1)
    assert (await groups.newest_of([FOUND_BY]))[FOUND_BY].instances == known

    await save(groups, found.model_copy(update={"version": 2, "title": "new"}), base=1)
    again = await groups.get("IGROUP")
    assert again is not None
    assert (again.title, again.instances) == ("new", known)
