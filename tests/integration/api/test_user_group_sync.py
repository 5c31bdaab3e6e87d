"""User groups of Slack follow who is on call: once per change, by one instance, never emptied, retried."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.api.api import API
from services.api.user_group_sync import PAUSE_S, UserGroupSync
from shared import clock
from shared.channels.slack import SlackSettings
from shared.domain.configuration import Schedule, Shift, User, UserGroup
from shared.domain.configuration_draft import Draft
from shared.domain.model import SYSTEM
from shared.http import HttpClient
from shared.store.configuration import ConfigurationStore
from tests.integration.api.api_running import RunningApi, an_api
from tests.support.one_service import until
from tests.support.slack_double import TOKEN, SlackDouble

pytestmark = pytest.mark.integration
METHOD = "usergroups.users.update"


def group(id: str, *members: str) -> dict[str, Any]:
    return {"id": id, "name": id, "handle": id.lower(), "users": list(members), "date_delete": 0}


@pytest.fixture
async def slack() -> AsyncIterator[SlackDouble]:
    async with SlackDouble() as double:
        double.user_groups = [group("SG1", "UOLD"), group("SG2", "UOLD")]
        yield double
        assert double.violations == []


@pytest.fixture
async def api(mongo_url: str, tmp_path: Path) -> AsyncIterator[RunningApi]:
    """An api that does nothing by itself: the tests say when."""
    async with an_api(mongo_url, tmp_path) as running:
        yield running


def on_call(*users: str, group_id: str = "SG1", hours: int = 48) -> list[Any]:
    """Return a schedule that keeps a group, and one shift of it that has just begun."""
    start = (clock.now() - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S")
    schedule = Schedule(id=f"S{group_id}", name=f"Of {group_id}", slack_user_group_id=group_id)
    fields: dict[str, Any] = {"start": start, "duration": hours * 3600, "users": users}
    return [schedule, Shift(id=f"L{group_id}", name="on", schedule_id=schedule.id, **fields)]


class Syncing:
    """One instance's work on user groups."""

    def __init__(self, api: RunningApi, http: HttpClient, slack: SlackDouble) -> None:
        self.api = api
        settings = SlackSettings.model_validate({"bot_token": TOKEN, "api_url": slack.url})
        self.sync = UserGroupSync(api.running.io.http[API], http, settings)
        self.slack = slack

    async def put(self, *rows: Any) -> None:
        """Store rows of the configuration, and the groups as Slack has them."""
        told = [
            UserGroup(
                id=one["id"], name=one["name"], handle=one["handle"], slack_user_ids=tuple(one["users"])
            )
            for one in self.slack.user_groups
        ]
        users = [User(id=one, username=one.lower(), slack_user_id=f"U{one}") for one in ("ANNA", "BOB")]

        def change(draft: Draft) -> None:
            for one in (*told, *users, User(id="CARL", username="carl"), *rows):
                draft.put(one)

        await self.store.change(change, SYSTEM, clock.now())

    @property
    def store(self) -> ConfigurationStore:
        return ConfigurationStore(self.api.store)

    async def turn(self, at_s: float = 0.0) -> int:
        """Follow the configuration, then look at what is due; return how many groups that were."""
        await self.sync.follow(await self.store.load())
        claimed = await self.sync.syncs.claim(clock.now() + timedelta(seconds=at_s))
        await self.sync.sync(claimed)
        return len(claimed)

    def members(self, group_id: str = "SG1") -> list[str]:
        return next(one["users"] for one in self.slack.user_groups if one["id"] == group_id)

    async def problems(self) -> list[str]:
        found = (await self.api.get("problems"))["results"]
        return [f"{one['where']}: {one['message']}" for one in found if "user group" in one["where"]]


@pytest.fixture
async def syncing(api: RunningApi, slack: SlackDouble) -> AsyncIterator[Syncing]:
    async with HttpClient() as http:
        made = Syncing(api, http, slack)
        await made.sync.syncs.prepare()
        yield made


@asynccontextmanager
async def later(by: timedelta) -> AsyncIterator[None]:
    """Move the clock of this process."""
    before = clock.use(clock.now)
    clock.use(lambda: before() + by)
    try:
        yield
    finally:
        clock.use(before)


async def test_a_group_becomes_who_is_on_call_and_slack_is_not_asked_again(
    syncing: Syncing, slack: SlackDouble
):
    await syncing.put(*on_call("BOB", "ANNA"))

    assert await syncing.turn() == 1
    assert syncing.members() == ["UANNA", "UBOB"]
    for at_s in (0, 1, 30):
        await syncing.turn(at_s)

    assert slack.count(METHOD) == 1
    assert [one.username for one in (await syncing.store.load()).members_of_group("SG1")] == ["anna", "bob"]
    assert syncing.members("SG2") == ["UOLD"]


async def test_an_edit_a_change_of_shift_and_another_hand_in_slack_are_followed(
    syncing: Syncing, slack: SlackDouble
):
    await syncing.put(*on_call("ANNA", hours=3))
    await syncing.turn()
    (schedule, shift) = on_call("BOB", hours=3)
    await syncing.put(schedule, shift)
    await syncing.turn()
    assert syncing.members() == ["UBOB"]

    second = shift.model_copy(update={"id": "L2", "users": ("ANNA",), "start": _in(2), "duration": 7200})
    await syncing.put(second)
    await syncing.turn()
    assert (syncing.members(), slack.count(METHOD)) == (["UBOB"], 2)
    async with later(timedelta(hours=2, minutes=1)):
        assert await syncing.turn() == 1
        assert syncing.members() == ["UANNA"]

        slack.user_groups[0]["users"] = ["UOTHER"]
        await syncing.put()  # as the next reading of Slack's list tells
        await syncing.turn()
        assert syncing.members() == ["UANNA"]


async def test_a_group_is_never_emptied(syncing: Syncing, slack: SlackDouble):
    await syncing.put(*on_call("CARL"), *on_call("ANNA", group_id="SG2", hours=2))
    await syncing.turn()
    async with later(timedelta(hours=1, minutes=30)):
        await syncing.turn()

    assert (syncing.members("SG1"), syncing.members("SG2")) == (["UOLD"], ["UANNA"])
    assert slack.count(METHOD) == 1
    assert await syncing.problems() == [
        "Slack's user group @sg1: carl is on call in Of SG1, and has no id in Slack"
    ]


@pytest.mark.parametrize(
    ("error", "hint"), [("missing_scope", "missing_scope"), ("permission_denied", "settings")]
)
async def test_a_refusal_is_a_problem_until_it_works_and_is_tried_again(
    syncing: Syncing, slack: SlackDouble, error: str, hint: str
):
    slack.faults.refused[METHOD] = error
    await syncing.put(*on_call("ANNA"))
    await syncing.turn()

    (problem,) = await syncing.problems()
    assert (hint in problem, "stays as it was" in problem) == (True, True)
    assert await syncing.turn(at_s=300) == 0
    slack.faults.refused.clear()
    await syncing.turn(at_s=601)
    assert syncing.members() == ["UANNA"]
    assert await syncing.problems() == []


async def test_guests_are_refused_in_words(syncing: Syncing, slack: SlackDouble):
    slack.guests = {"UANNA"}
    slack.faults.refused["unused"] = "invalid_users"  # so that the double does not count it as a violation
    await syncing.put(*on_call("ANNA"))
    await syncing.turn()

    (problem,) = await syncing.problems()
    assert "guest" in problem
    assert syncing.members() == ["UOLD"]


async def test_slacks_pace_is_kept_and_a_lost_answer_does_no_harm(syncing: Syncing, slack: SlackDouble):
    await syncing.put(*on_call("ANNA"), *on_call("BOB", group_id="SG2"))
    slack.faults.limited, slack.faults.retry_after_s = 1, 40

    assert await syncing.turn() == 2
    assert slack.count(METHOD) == 1
    await syncing.turn(at_s=PAUSE_S)
    assert (syncing.members("SG1"), syncing.members("SG2")) in [
        (["UOLD"], ["UBOB"]),
        (["UANNA"], ["UOLD"]),
    ]
    slack.faults.lost_answers = 1
    await syncing.turn(at_s=40)
    await syncing.turn(at_s=101)
    assert (syncing.members("SG1"), syncing.members("SG2")) == (["UANNA"], ["UBOB"])
    assert await syncing.problems() == []


async def test_a_group_is_worked_on_by_one_instance_and_by_another_when_that_one_died(
    syncing: Syncing, slack: SlackDouble
):
    await syncing.put(*on_call("ANNA"))
    await syncing.sync.follow(await syncing.store.load())

    assert len(await syncing.sync.syncs.claim(clock.now())) == 1
    assert await syncing.turn() == 0
    assert await syncing.turn(at_s=61) == 1
    assert syncing.members() == ["UANNA"]


async def test_an_api_with_a_token_keeps_groups_by_itself(mongo_url: str, tmp_path: Path, slack: SlackDouble):
    values: dict[str, Any] = {"slack_api_url": slack.url, "slack_bot_token": TOKEN}
    async with an_api(mongo_url, tmp_path, **values) as api:
        user = await api.post("users/", username="anna", slack={"user_id": "UANNA"})
        shift = await api.post(
            "on_call_shifts/",
            name="on",
            type="single_event",
            start=_in(-1),
            duration=86_400,
            users=[user["id"]],
        )
        await api.post(
            "schedules/", name="Primary", type="calendar", time_zone="UTC", shifts=[shift["id"]],
            slack={"user_group_id": "SG1"},
        )  # fmt: skip

        await until(lambda: slack.user_groups[0]["users"] == ["UANNA"])


def _in(hours: float) -> str:
    return (clock.now() + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S")
