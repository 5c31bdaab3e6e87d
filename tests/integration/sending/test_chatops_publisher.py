"""The publisher on a real broker and database, against a strict double of Slack: one message, always caught up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.chatops_publisher.service import service
from shared import clock
from shared.domain.configuration import User
from shared.domain.posting import post_id, trying
from shared.events import PostDelivered, PostFailed, StageDecided
from shared.service import Running
from shared.store.posts import Posts
from tests.support.one_service import Surroundings, until
from tests.support.outgoing import a_group, acknowledged, post_requested
from tests.support.slack_double import SIGNING_SECRET, TOKEN, SlackDouble

pytestmark = pytest.mark.integration


@pytest.fixture
async def around(amqp_url: str, mongo_url: str, tmp_path: Path) -> AsyncIterator[Surroundings]:
    async with Surroundings(amqp_url, mongo_url, tmp_path) as around:
        await around.configure(User(id="U-alice", username="alice"))
        yield around


@pytest.fixture
async def slack() -> AsyncIterator[SlackDouble]:
    async with SlackDouble() as double:
        yield double
        assert double.violations == []


@asynccontextmanager
async def publisher(around: Surroundings, slack: SlackDouble, **settings: Any) -> AsyncIterator[Running]:
    given = {
        "slack_api_url": slack.url,
        "slack_bot_token": TOKEN,
        "slack_signing_secret": SIGNING_SECRET,
        "chat_edit_interval_s": 0.5,
        **settings,
    }
    async with around.running(service, **given) as running:
        yield running


@asynccontextmanager
async def later(by: timedelta) -> AsyncIterator[None]:
    """Move the clock of this process."""
    before = clock.use(clock.now)
    clock.use(lambda: before() + by)
    try:
        yield
    finally:
        clock.use(before)


def rows(around: Surroundings) -> Posts:
    return Posts(around.database, timedelta(days=1))


def shows(slack: SlackDouble, version: int, channel: str = "C0ALERTS") -> bool:
    """Whether the channel has exactly one message, and it shows this version."""
    found = slack.shown(channel)
    return len(found) == 1 and found[0].versions[-1] == version


async def test_a_group_is_one_message_edited_in_place(around: Surroundings, slack: SlackDouble):
    async with publisher(around, slack):
        await around.publish(post_requested())
        await until(lambda: shows(slack, 1))
        await around.publish(post_requested(acknowledged(a_group())))
        await until(lambda: shows(slack, 2))
        told = await around.expect(PostDelivered, 2)

    assert [(one.decision, one.group_version) for one in told] == [("posted", 1), ("edited", 2)]
    assert "#daa038" in slack.shown()[0].text
    assert "Alice" in slack.shown()[0].text
    assert "unacknowledge" in slack.shown()[0].actions


async def test_it_becomes_known_where_a_message_is_seen_and_no_post_waits_for_that(
    around: Surroundings, slack: SlackDouble
):
    version, group = 1, a_group()

    async def linked() -> str | None:
        nonlocal version
        version += 1
        await around.publish(post_requested(a_group(version=version, acknowledged_at=clock.now())))
        return (await rows(around).permalinks_of([group.id])).get((group.id, "slack"))

    async with publisher(around, slack):
        await around.publish(post_requested(group))
        found = await until(linked)

    (shown,) = slack.shown()
    assert found == f"https://double.slack.com/archives/C0ALERTS/p{shown.ts.replace('.', '')}"


async def test_a_channel_shows_the_newest_version_whatever_the_order(
    around: Surroundings, slack: SlackDouble
):
    newest = post_requested(a_group(version=9))
    older = [post_requested(a_group(version=number)) for number in (3, 1, 7)]
    async with publisher(around, slack):
        await around.publish(newest, *older, newest)
        await around.expect(StageDecided, 3)
        await until(lambda: shows(slack, 9))

    assert slack.shown()[0].versions == [9]


async def test_many_alerts_are_few_edits(around: Surroundings, slack: SlackDouble):
    async with publisher(around, slack, chat_edit_interval_s=1.0):
        await around.publish(post_requested())
        await until(lambda: shows(slack, 1))
        for version in range(2, 40):
            await around.publish(post_requested(a_group(version=version, alerts_count=version)))
        await until(lambda: shows(slack, 39))

    assert slack.count("chat.update") <= 4
    assert slack.count("chat.postMessage") == 1
    assert {one.decision for one in around.of(StageDecided)} == {"coalesced"}


async def test_two_instances_make_one_message(around: Surroundings, slack: SlackDouble):
    async with publisher(around, slack, instance="one"), publisher(around, slack, instance="two"):
        for version in range(1, 21):
            request = post_requested(a_group(version=version))
            await around.publish(request, request)
        await until(lambda: shows(slack, 20))

    assert slack.count("chat.postMessage") == 1
    assert slack.shown()[0].versions == sorted(slack.shown()[0].versions)


async def test_a_rate_limit_is_kept_and_everything_is_caught_up(around: Surroundings, slack: SlackDouble):
    """Five groups come while Slack says 429: all of them are shown in the end, and Slack is left alone meanwhile."""
    slack.faults.limited, slack.faults.retry_after_s = 1, 2
    groups = [a_group(key=f"k{number}") for number in range(5)]
    async with publisher(around, slack):
        began = clock.monotonic_s()
        await around.publish(*(post_requested(one) for one in groups))
        await until(lambda: slack.count("chat.postMessage"))
        await around.publish(*(post_requested(acknowledged(one)) for one in groups))
        await until(lambda: len(slack.shown()) == 5 and all(one.versions[-1] == 2 for one in slack.shown()))
        took_s = clock.monotonic_s() - began

    assert took_s >= 1.9
    assert slack.count("chat.postMessage") == 6


async def test_a_post_whose_answer_was_lost_is_found_and_not_made_twice(
    around: Surroundings, slack: SlackDouble
):
    slack.faults.lost_answers = 1
    async with publisher(around, slack):
        await around.publish(post_requested())
        (told,) = await around.expect(PostDelivered)

    assert slack.count("chat.postMessage") == 1
    assert slack.count("conversations.history") == 1
    assert told.handle == f"C0ALERTS:{slack.shown()[0].ts}"


async def test_a_post_that_never_arrived_is_made_after_a_look(around: Surroundings, slack: SlackDouble):
    """The sender died between marking the row and the post, or right after it: nobody knows which."""
    posts = rows(around)
    async with publisher(around, slack) as running:
        await running.io.supervisor.close()  # takes requests in, posts nothing
        await around.publish(post_requested())
        (leased,) = await until(lambda: posts.lease(1, (), clock.now(), 30))
        tried = trying(leased.post, clock.now())
        assert await posts.keep(leased, leased.post, tried, clock.now() + timedelta(seconds=30))
    async with publisher(around, slack), later(timedelta(seconds=40)):
        await around.expect(PostDelivered)

    assert slack.count("conversations.history") == 1
    assert len(slack.shown()) == 1


async def test_a_channel_named_by_name_is_looked_into_by_its_id(around: Surroundings, slack: SlackDouble):
    async with publisher(around, slack):
        await around.publish(post_requested(a_group(key="first"), channel="#alerts"))
        await around.expect(PostDelivered)
        slack.faults.lost_answers = 1
        await around.publish(post_requested(a_group(key="second"), channel="#alerts"))
        await around.expect(PostDelivered, 2)

    assert len(slack.shown()) == 2


async def test_a_server_error_passes(around: Surroundings, slack: SlackDouble):
    slack.faults.server_errors = 1
    async with publisher(around, slack):
        await around.publish(post_requested())
        await around.expect(PostDelivered)

    assert len(slack.shown()) == 1


async def test_a_refusal_is_told_once_and_caught_up_when_it_is_mended(
    around: Surroundings, slack: SlackDouble
):
    slack.faults.refused["chat.postMessage"] = "is_archived"
    async with publisher(around, slack):
        await around.publish(post_requested())
        (told,) = await around.expect(PostFailed)
        assert told.reason == "Slack: is_archived"
        async with later(timedelta(minutes=6)):
            await until(lambda: _tries(around, told, 2))
        assert len(around.of(PostFailed)) == 1
        slack.faults.refused.clear()
        async with later(timedelta(hours=1)):
            await around.expect(PostDelivered)

    assert shows(slack, 1)


@pytest.mark.parametrize(
    ("settings", "fields", "reason"),
    [
        ({"slack_bot_token": ""}, {}, "Slack is not set up: TOCSIN_SLACK_BOT_TOKEN is empty"),
        ({}, {"channel": None}, "no Slack channel is configured"),
        ({}, {"medium": "msteams", "channel": "1"}, "msteams is not set up"),
    ],
)
async def test_what_is_not_set_up_says_so_once(around, slack, settings, fields, reason):
    async with publisher(around, slack, **settings):
        await around.publish(post_requested(**fields))
        (told,) = await around.expect(PostFailed)
        await around.publish(post_requested(a_group(version=2), **fields))
        await until(lambda: _version(around, told, 2))

    assert told.reason == reason
    assert len(around.of(PostFailed)) == 1
    assert slack.calls == []


async def _tries(around: Surroundings, told: PostFailed, attempts: int) -> bool:
    id = post_id(told.group_id, told.medium, told.channel or "")
    return (await rows(around).get_many([id]))[id].attempts == attempts


async def _version(around: Surroundings, told: PostFailed, version: int) -> bool:
    id = post_id(told.group_id, told.medium, told.channel or "")
    return (await rows(around).get_many([id]))[id].version == version


async def test_a_message_that_somebody_deleted_comes_back_with_the_next_change(
    around: Surroundings, slack: SlackDouble
):
    slack.faults.refused["unused"] = (
        "message_not_found"  # it is the deletion that is meant, not a fault of ours
    )
    async with publisher(around, slack):
        await around.publish(post_requested())
        await until(lambda: shows(slack, 1))
        slack.delete(slack.shown()[0].ts)
        await around.publish(post_requested(acknowledged(a_group())))
        await until(lambda: shows(slack, 2))

    assert slack.count("chat.postMessage") == 2


async def test_a_hung_call_holds_no_other_channel(around: Surroundings, slack: SlackDouble):
    async with publisher(around, slack):
        slack.hang_channel("C0ALERTS")
        await around.publish(*(post_requested(a_group(key=f"k{number}")) for number in range(20)))
        await until(lambda: slack.waiting)
        await around.publish(post_requested(channel="C0OTHER"))
        await until(lambda: slack.shown("C0OTHER"))
        assert slack.waiting == 1
        slack.release()
        await until(lambda: len(slack.shown("C0ALERTS")) == 20)


async def test_a_stopping_publisher_writes_down_what_it_has_in_hand(around: Surroundings, slack: SlackDouble):
    async with publisher(around, slack):
        slack.hang_channel("C0ALERTS")
        await around.publish(post_requested())
        await until(lambda: slack.waiting)
        asyncio.get_running_loop().call_later(0.1, slack.release)

    id = post_id(a_group().id, "slack", "C0ALERTS")
    post = (await rows(around).get_many([id]))[id]
    assert (post.handle, post.trying_since) == (f"C0ALERTS:{slack.shown()[0].ts}", None)
