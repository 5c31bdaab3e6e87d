"""Integrations with slow or hostile templates: other people's alerts pass theirs, and theirs arrive all the same."""

from __future__ import annotations

import time

import pytest

from shared.domain.configuration import Integration, Route
from shared.store.alert_groups import AlertGroups
from shared.store.problems import Problems
from tests.support.hostile import NESTED_LOOPS
from tests.support.house import House, until

pytestmark = pytest.mark.integration
CULPRITS = 8
ALERTS = 6


async def opened(house: House, prefix: str) -> int:
    """Return how many alerts of the integrations with this prefix are in groups."""
    groups = await AlertGroups(house.database).find({}, [("opened_at", 1)], 500)
    return sum(one.alerts_count for one in groups if one.integration_id.startswith(prefix))


async def test_alerts_of_others_overtake_those_of_slow_integrations_and_none_is_lost(house: House):
    hostile = {"grouping_key": NESTED_LOOPS, "web": {"title": NESTED_LOOPS}}
    for number in range(CULPRITS):
        id = f"CBAD{number}"
        await house.configure(
            Integration(id=id, name=id, type="webhook", token_digest=id, templates=hostile),
            Route(id=f"R{id}", integration_id=id, is_default=True),
        )
    await house.configure(
        Integration(id="CGOOD", name="good", type="webhook", token_digest="good"),
        Route(id="RGOOD", integration_id="CGOOD", is_default=True),
    )
    await house.start("recorder", "router", "grouper", "renderer")
    many = list(range(200))

    for turn in range(ALERTS):
        for number in range(CULPRITS):
            await house.receive({"many": many, "alert_uid": "x"}, integration_id=f"CBAD{number}")
        await house.receive({"alert_uid": f"good-{turn}"}, integration_id="CGOOD")
    began_s = time.monotonic()

    async def good() -> bool:
        return await opened(house, "CGOOD") == ALERTS

    async def bad() -> bool:
        return await opened(house, "CBAD") == ALERTS * CULPRITS

    await until(good, timeout_s=90, what="the good ones are through")
    good_s = time.monotonic() - began_s
    passed = await opened(house, "CBAD")
    await until(bad, timeout_s=90, what="the bad ones too, with their safe defaults")
    bad_s = time.monotonic() - began_s
    print(f"good {good_s:.1f} s, bad {bad_s:.1f} s")
    assert passed < ALERTS * CULPRITS, "none of the slow ones was waited for"
    problems = await Problems(house.database).find([f"CBAD{number}" for number in range(CULPRITS)])
    assert {one["integration_id"] for one in problems} == {f"CBAD{number}" for number in range(CULPRITS)}
    assert await Problems(house.database).find(["CGOOD"]) == []
