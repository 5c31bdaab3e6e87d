"""Slack's user groups and channels become configuration, page by page, at Slack's pace."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.api.api import API
from services.api.slack_refresh import SlackRefresh
from shared import clock
from shared.channels.slack import CHANNEL
from shared.domain.steps import run_step
from shared.http import HttpClient
from shared.store.configuration import ConfigurationStore
from shared.store.slack_directory import SlackDirectory
from tests.integration.api.api_running import RunningApi, an_api
from tests.support.one_service import until
from tests.support.slack_double import TOKEN, SlackDouble
from tests.unit.domain.test_steps import moment_of

pytestmark = pytest.mark.integration
GROUPS = [
    {"id": "S1", "name": "Databases", "handle": "dba", "users": ["U1", "U2"], "date_delete": 0},
    {"id": "S2", "name": "Gone", "handle": "gone", "users": ["U1"], "date_delete": 1700000000},
]


@pytest.fixture
async def slack() -> AsyncIterator[SlackDouble]:
    async with SlackDouble({f"C{number:04}": f"channel-{number}" for number in range(450)}) as double:
        double.user_groups = list(GROUPS)
        yield double
        assert double.violations == []


@pytest.fixture
async def api(mongo_url: str, tmp_path: Path, slack: SlackDouble) -> AsyncIterator[RunningApi]:
    """An api that reads nothing by itself: the tests say when."""
    async with an_api(mongo_url, tmp_path, slack_api_url=slack.url) as running:
        yield running


class Reader:
    """Reads what is due, as an instance of the api does, without its pauses."""

    def __init__(self, api: RunningApi, http: HttpClient, slack: SlackDouble, token: str = TOKEN) -> None:
        self.api = api
        settings = CHANNEL.settings_from(api.running.io.settings).model_copy(
            update={"bot_token": type(api.running.io.settings.slack_bot_token)(token), "api_url": slack.url}
        )
        self.refresh = SlackRefresh(api.running.io.http[API], http, settings)
        self.refresh.page_pause_s = 0.0
        self.refresh.members_pause_s = 0.0
        self.directory = SlackDirectory(api.store)

    async def turn(self, at_s: float = 0.0) -> int:
        """Read one page of every list that is due."""
        claimed = await self.directory.claim(clock.now() + timedelta(seconds=at_s))
        await self.refresh.read_pages(claimed)
        return len(claimed)

    async def all(self) -> None:
        await self.directory.prepare(["slack_channels", "user_groups"], clock.now())
        while await self.turn():
            pass


@pytest.fixture
async def reader(api: RunningApi, slack: SlackDouble) -> AsyncIterator[Reader]:
    async with HttpClient() as http:
        yield Reader(api, http, slack)


async def test_groups_and_channels_are_listed_and_found_by_name(api: RunningApi, reader: Reader):
    await reader.all()

    (group,) = (await api.get("user_groups", slack_handle="DBA"))["results"]
    assert group == {
        "id": "S1",
        "type": "slack_based",
        "slack": {"id": "S1", "name": "Databases", "handle": "dba"},
    }
    assert (await api.get("user_groups/"))["count"] == 1
    found = await api.get("slack_channels", channel_name="#channel-17")
    assert found["results"] == [{"name": "channel-17", "slack_id": "C0017"}]
    assert (await api.get("slack_channels"))["count"] == 450


async def test_members_are_the_users_with_these_slack_ids(api: RunningApi, reader: Reader):
    await api.post("users/", username="alice", slack={"user_id": "U1"})
    await reader.all()

    config = await ConfigurationStore(api.store).load()

    assert [one.username for one in config.members_of_group("S1")] == ["alice"]


async def test_what_did_not_change_is_no_new_version_and_what_is_gone_goes(
    api: RunningApi, reader: Reader, slack: SlackDouble
):
    await reader.all()
    version = await ConfigurationStore(api.store).version()

    for _ in range(3):
        await reader.turn(at_s=3600)
    assert await ConfigurationStore(api.store).version() == version

    slack.user_groups = []
    for _ in range(3):
        await reader.turn(at_s=7200)
    assert (await api.get("user_groups"))["count"] == 0


async def test_slacks_pace_is_kept_and_reading_goes_on_where_it_was(
    api: RunningApi, reader: Reader, slack: SlackDouble
):
    await reader.directory.prepare(["slack_channels"], clock.now())
    await reader.turn()
    slack.faults.limited, slack.faults.retry_after_s = 1, 40
    await reader.turn()

    assert (await reader.turn(), await reader.turn(at_s=35)) == (0, 0)
    await reader.turn(at_s=41)
    await reader.turn()

    pages = [body for method, body in slack.calls if method == "conversations.list"]
    assert [one.get("cursor") for one in pages] == [None, "200", "200", "400"]
    assert (await api.get("slack_channels"))["count"] == 450


async def test_a_refusal_keeps_the_last_list_and_is_a_problem(
    api: RunningApi, reader: Reader, slack: SlackDouble
):
    await reader.all()
    slack.faults.refused["usergroups.list"] = "missing_scope"
    await reader.turn(at_s=3600)

    problems = (await api.get("problems"))["results"]
    assert [(one["where"], one["severity"]) for one in problems] == [("Slack's user_groups", "warning")]
    assert "missing_scope" in problems[0]["message"]
    assert (await api.get("user_groups"))["count"] == 1
    slack.faults.refused.clear()
    await reader.turn(at_s=7200)
    assert (await api.get("problems"))["results"] == []


async def watch(api: RunningApi, reader: Reader, channel_id: str) -> None:
    """Have a chain notify the whole channel of a route, and Slack asked for its members from now on."""
    chain = await api.post("escalation_chains/", name=f"call {channel_id}")
    await api.post(
        "escalation_policies/", escalation_chain_id=chain["id"], type="notify_whole_channel", position=0
    )
    route = {"escalation_chain_id": chain["id"], "slack": {"channel_id": channel_id, "enabled": True}}
    await api.post("integrations/", type="webhook", name=f"of {channel_id}", default_route=route)
    await reader.refresh.follow(await ConfigurationStore(api.store).load())


async def members(api: RunningApi, channel_id: str) -> tuple[str, ...] | None:
    config = await ConfigurationStore(api.store).load()
    return next(one.slack_user_ids for one in config.slack_channels if one.id == channel_id)


async def problems_of(api: RunningApi) -> list[tuple[str, str]]:
    found = (await api.get("problems"))["results"]
    return [(one["where"], one["message"]) for one in found if one["where"].startswith("Slack")]


async def test_a_step_notifies_the_users_who_are_in_the_channel_and_names_the_others(
    api: RunningApi, reader: Reader, slack: SlackDouble
):
    await api.post("users/", username="alice", slack={"user_id": "U0001"})
    slack.members = {"C0017": [f"U{number:04}" for number in range(450)], "C0018": ["U1"]}
    await watch(api, reader, "C0017")
    await reader.all()

    config = await ConfigurationStore(api.store).load()
    (step,) = config.steps
    (route,) = config.routes
    moment = moment_of("notify_whole_channel", config=config)
    group = moment.group.model_copy(update={"route_id": route.id})
    result = run_step(replace(moment, step=step, group=group))

    assert result.notify == tuple(one.id for one in config.users if one.username == "alice")
    assert "U0000" in result.reason
    assert len(await members(api, "C0017") or ()) == 450
    assert await members(api, "C0018") is None
    asked = [body for method, body in slack.calls if method == "conversations.members"]
    assert {one["channel"] for one in asked} == {"C0017"}


async def test_members_stay_known_while_the_list_is_read_again_or_cannot_be(
    api: RunningApi, reader: Reader, slack: SlackDouble
):
    slack.members = {"C0017": ["U2", "U1"]}
    await watch(api, reader, "C0017")
    await reader.all()
    version = await ConfigurationStore(api.store).version()

    slack.faults.refused["conversations.members"] = "missing_scope"
    for _ in range(4):
        await reader.turn(at_s=3600)

    assert await members(api, "C0017") == ("U1", "U2")
    assert await ConfigurationStore(api.store).version() == version
    ((where, message),) = await problems_of(api)
    assert (where, "missing_scope" in message) == ("Slack's members of channel C0017", True)

    slack.faults.refused.clear()
    slack.members = {"C0017": ["U3"]}
    await reader.turn(at_s=7200)
    assert await members(api, "C0017") == ("U3",)
    assert await problems_of(api) == []


async def test_a_channel_that_is_archived_is_not_asked_for_and_is_a_problem(
    api: RunningApi, reader: Reader, slack: SlackDouble
):
    slack.archived = {"C0017"}
    await watch(api, reader, "C0017")
    await reader.all()
    for _ in range(2):
        await reader.turn(at_s=60)

    ((where, message),) = await problems_of(api)
    assert (where, "archived" in message) == ("Slack's members of channel C0017", True)
    assert slack.count("conversations.members") == 0


async def test_members_of_many_channels_are_asked_for_one_after_the_other_and_forgotten_with_the_step(
    api: RunningApi, reader: Reader, slack: SlackDouble
):
    for channel in ("C0001", "C0002", "C0003"):
        await watch(api, reader, channel)
    await reader.all()
    reader.refresh.members_pause_s = 1.0
    before = slack.count("conversations.members")

    await reader.turn(at_s=3600)
    assert slack.count("conversations.members") == before + 1

    for step in (await ConfigurationStore(api.store).load()).steps:
        await api.delete(f"escalation_policies/{step.id}/")
    await reader.refresh.follow(await ConfigurationStore(api.store).load())
    assert [one.id for one in await reader.directory.readings()] == ["slack_channels", "user_groups"]


async def test_an_api_with_a_token_reads_by_itself_and_when_asked(
    mongo_url: str, tmp_path: Path, slack: SlackDouble
):
    values: dict[str, Any] = {"slack_api_url": slack.url, "slack_bot_token": TOKEN}
    async with an_api(mongo_url, tmp_path, **values) as api:

        async def groups() -> list[str]:
            return [one["id"] for one in (await api.get("user_groups"))["results"]]

        async def are(*ids: str) -> bool:
            return await groups() == list(ids)

        await until(lambda: are("S1"))
        slack.user_groups.append({"id": "S3", "name": "Net", "handle": "net", "users": [], "date_delete": 0})
        reply = await api.ask("POST", "user_groups/refresh/")
        assert reply.status == 202
        await until(lambda: are("S1", "S3"))


async def test_without_slack_there_is_nothing_to_ask(api: RunningApi):
    assert "not set up" in str(await api.refused("POST", "slack_channels/refresh"))
