"""Insights: means, counts and hours as they follow from the stored groups and pages, in the reader's zone."""

from __future__ import annotations

import re
import uuid
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from deploy.local.servers import Servers
from shared import clock
from shared.domain.configuration import Integration, Route, Team
from shared.domain.model import SYSTEM
from shared.store.alert_groups import AlertGroups
from shared.store.configuration import ConfigurationStore
from shared.store.deliveries import Deliveries
from tests.integration.api.acting_running import a_person
from tests.integration.api.api_running import RunningApi, an_api, drop
from tests.integration.console.browsing import Browser, by_token
from tests.support import servers as shared_servers

RANK = re.compile(r'<th scope="row">(?:<a [^>]*>)?([^<]+)(?:</a>)?<svg.*?</th><td>(\d+)</td><td>(\d+) %</td>')
PAGED = re.compile(r'>([^<>]+)(?:</a>)?<svg class="lying".*?</th><td>(\d+)</td><td>(\d+)</td></tr>')
pytestmark = [pytest.mark.integration, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(loop_scope="module")
async def api(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningApi]:
    """An api of each test's own, because sums are over everything; the broker is not needed."""
    mongo_url = shared_servers.with_database(servers.mongo_url, shared_servers.fresh_name())
    async with an_api(mongo_url, tmp_path_factory.mktemp("insights")) as running:
        await AlertGroups(running.store).prepare()
        await Deliveries.of(running.store).prepare()
        yield running
    await drop(mongo_url)


def a_group(
    at: datetime, answered_s: int | None = None, resolved_s: int | None = None, **of: Any
) -> dict[str, Any]:
    """Return as much of a stored group as is counted."""
    times = {"acknowledged_at": answered_s, "resolved_at": resolved_s}
    id = uuid.uuid4().hex
    return {
        "_id": id,
        "group_key": id,
        "seen": True,
        "opened_at": at,
        "integration_id": "C1",
        "route_id": "R1",
        **{name: at + timedelta(seconds=s) if s is not None else None for name, s in times.items()},
        **of,
    }


def a_page(at: datetime, user_id: str, **of: Any) -> dict[str, Any]:
    row = {"_id": uuid.uuid4().hex, "kind": "page", "state": "sent", "subject_id": user_id, "finished_at": at}
    return {**row, **of}


async def a_reader(api: RunningApi, zone: str = "UTC") -> Browser:
    return await by_token(api, await a_person(api, role="viewer", timezone=zone))


def figures(text: str) -> dict[str, str]:
    found = re.findall(r"<div><dt>(.*?)</dt><dd>(.*?)</dd></div>", text)
    return {re.sub("<.*?>", "", name): value for name, value in found}


async def test_means_are_of_what_was_answered_and_nothing_else_is_counted(api: RunningApi):
    at = clock.now() - timedelta(hours=30)
    await api.store.collection("alert_groups").insert_new(
        [
            a_group(at, answered_s=60, resolved_s=600),
            a_group(at, answered_s=180),
            a_group(at, resolved_s=1200),
            a_group(at),
            a_group(at, answered_s=999, seen=False),
            a_group(at - timedelta(days=8), answered_s=999),
        ]
    )
    browser = await a_reader(api)
    week, month = await browser.get("/insights?days=7"), await browser.get("/insights?days=30")

    assert figures(week.text) == {
        "Alert groups": "4",
        "MTTA": "2 min",
        "MTTR": "15 min",
        "Acknowledged": "50 %",
        "Pages": "0",
        "Pages at night": "0",
    }
    assert figures(month.text)["Alert groups"] == "5"
    assert "<svg" in week.text
    assert "Nobody was paged." in week.text


async def test_noise_is_told_by_integration_and_rule_with_what_nobody_answered(api: RunningApi):
    integration = Integration(id="C1", name="<b>prod", type="webhook", token_digest="d")
    route = Route(id="R1", integration_id="C1", routing_type="jinja2", routing_regex="{{ 1 }}")
    await ConfigurationStore(api.store).change(
        lambda draft: (draft.put(integration), draft.put(route)), SYSTEM, clock.now()
    )
    at = clock.now() - timedelta(hours=1)
    rows = [a_group(at, answered_s=60), a_group(at), a_group(at), a_group(at, route_id=None)]
    await api.store.collection("alert_groups").insert_new(
        [*rows, a_group(at, integration_id="C2", route_id="R2")]
    )
    page = await (await a_reader(api)).get("/insights?days=7")
    ranks = RANK.findall(page.text)

    assert ranks == [
        ("&lt;b&gt;prod", "4", "75"),
        ("an integration that is gone", "1", "100"),
        ("&lt;b&gt;prod: route 1, {{ 1 }}", "3", "67"),
        ("&lt;b&gt;prod: no route", "1", "100"),
        ("an integration that is gone: a route that is gone", "1", "100"),
    ]
    assert "<b>prod" not in page.text


async def test_pages_count_by_person_and_by_the_hour_of_the_reader(api: RunningApi):
    ann, bob = await a_person(api), await a_person(api)
    yesterday = (clock.now() - timedelta(days=1)).replace(hour=14, minute=10, second=0, microsecond=0)
    rows = [a_page(yesterday, ann.id) for _ in range(3)]
    rows += [a_page(yesterday.replace(hour=3), bob.id, state="delivered"), a_page(yesterday, "UGONE")]
    rows += [a_page(yesterday, ann.id, state="cancelled"), a_page(yesterday, ann.id, kind="webhook")]
    await api.store.collection("deliveries").insert_new(rows)
    here = await (await a_reader(api)).get("/insights?days=7")
    tokyo = await (await a_reader(api, "Asia/Tokyo")).get("/insights?days=7")

    assert figures(here.text)["Pages"] == "5"
    assert (figures(here.text)["Pages at night"], figures(tokyo.text)["Pages at night"]) == ("1", "4")
    assert '<tr><th scope="row">14:00</th><td>4</td></tr>' in here.text
    assert '<tr><th scope="row">23:00</th><td>4</td></tr>' in tokyo.text
    first, *others = PAGED.findall(here.text)
    assert first == (ann.username, "3", "0")
    assert set(others) == {(bob.username, "1", "1"), ("somebody who is gone", "1", "0")}


async def test_of_a_team_its_integrations_and_members_count(api: RunningApi):
    team = Team(id="T1", name="Ops & more")
    mine = Integration(id="C1", name="mine", type="webhook", token_digest="d", team_id=team.id)
    await ConfigurationStore(api.store).change(
        lambda draft: (draft.put(team), draft.put(mine)), SYSTEM, clock.now()
    )
    member, at = await a_person(api, team_ids=(team.id,)), clock.now() - timedelta(hours=30)
    groups = [a_group(at), a_group(at), a_group(at, integration_id="C2")]
    await api.store.collection("alert_groups").insert_new(groups)
    await api.store.collection("deliveries").insert_new([a_page(at, member.id), a_page(at, "UOTHER")])
    browser = await a_reader(api)
    page = await browser.get("/insights?days=7&team_id=T1")

    assert (figures(page.text)["Alert groups"], figures(page.text)["Pages"]) == ("2", "1")
    assert 'href="/insights?days=30&amp;team_id=T1"' in page.text
    assert (await browser.get("/insights?team_id=TNONE")).status == 400


async def test_another_period_is_refused(api: RunningApi):
    browser = await a_reader(api)
    for days in ("0", "8", "x", "-1"):
        answer = await browser.get(f"/insights?days={days}")
        assert (answer.status, "days: Must be one of" in answer.text) == (400, True)
