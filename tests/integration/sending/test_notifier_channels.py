"""The notifier through every provider at once: each page once, lost answers unknown, and what comes after."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from services.notifier.service import service
from shared import clock
from shared.channels.registry import CHANNELS
from shared.domain.delivery import DeliveryState
from shared.domain.model import State
from shared.domain.people import User
from shared.domain.posting import Post
from shared.events import (
    DeliveryReported,
    NoticeRequested,
    NotificationDelivered,
    NotificationFailed,
    NotificationUnknown,
)
from shared.store.deliveries import Deliveries
from shared.store.posts import Posts
from tests.support.one_service import Surroundings, until
from tests.support.outgoing import a_group, acknowledged, page_requested
from tests.support.providers_running import Providers, alice, ways
from tests.support.pushover_double import PushoverDouble
from tests.support.slack_people_double import CHANNEL, THREAD

pytestmark = pytest.mark.integration


@pytest.fixture
async def providers() -> AsyncIterator[Providers]:
    async with Providers() as made:
        yield made


@pytest.fixture
async def around(
    amqp_url: str, mongo_url: str, tmp_path: Path, providers: Providers
) -> AsyncIterator[Surroundings]:
    async with Surroundings(amqp_url, mongo_url, tmp_path) as around:
        await around.configure(alice(providers), User(id="U-bob", username="bob"))
        yield around


async def test_each_provider_takes_one_page_and_its_id_is_kept(around: Surroundings, providers: Providers):
    group = await around.store(a_group())
    rules = [*providers.by_rule]
    async with around.running(service, **providers.settings):
        await around.publish(*(page_requested(group, channel=rule, part=rule) for rule in rules))
        told = await around.expect(NotificationDelivered, len(rules))

    assert sorted(one.channel for one in told) == sorted(rules)
    assert all(one.handle for one in told)
    assert sum(len(double.taken) for double in providers.doubles) == len(rules)
    assert [double.violations for double in providers.doubles if double.violations] == []


async def test_a_person_without_the_contact_point_fails_at_once_in_words(
    around: Surroundings, providers: Providers
):
    group = await around.store(a_group())
    rules = [*providers.by_rule, "mobile_app"]
    requests = [page_requested(group, user_id="U-bob", channel=rule, part=rule) for rule in rules]
    async with around.running(service, **providers.settings):
        await around.publish(*requests)
        told = await around.expect(NotificationFailed, len(rules))

    assert {one.reason.split(" for ")[0] for one in told} == {"bob has no address"}
    assert {one.reason for one in told if one.channel == "mobile_app"} == {
        "bob has no address for ntfy or Pushover"
    }


async def test_a_crash_between_hand_over_and_record_is_unknown_and_never_sent_again(
    around: Surroundings, providers: Providers
):
    """The answers are lost, as they are to a sender that dies: what was taken once is not handed over again."""
    group = await around.store(a_group())
    held = [rule for rule, slug in ways().items() if not CHANNELS[slug].repeats_unknown]
    for double in providers.doubles:
        double.faults.lost_answers = 2 if double.settings.get("twilio_number") else 1
    async with around.running(service, **providers.settings):
        await around.publish(*(page_requested(group, channel=rule, part=rule) for rule in held))
        told = await around.expect(NotificationUnknown, len(held))
    async with around.running(service, **providers.settings):
        repeats = [page_requested(group, channel=rule, part=rule) for rule in held]
        await around.publish(*repeats, page_requested(group, channel="telegram", part="another"))
        await around.expect(NotificationDelivered)

    assert sorted(one.channel for one in told) == sorted(held)
    assert sum(len(double.taken) for double in providers.doubles) == len(held) + 1


async def test_what_a_provider_reports_of_a_message_moves_its_row(around: Surroundings, providers: Providers):
    group = await around.store(a_group())
    page = page_requested(group, channel="sms")
    failing = page_requested(group, channel="phone_call", part="call")
    async with around.running(service, **providers.settings):
        await around.publish(page, failing)
        await around.expect(NotificationDelivered, 2)
        now = clock.now()
        await around.publish(
            DeliveryReported(id="r1", time=now, channel="twilio", state="delivered", request_id=page.id),
            DeliveryReported(
                id="r2",
                time=now,
                channel="twilio",
                state="failed",
                reason="Twilio: busy",
                request_id=failing.id,
            ),
        )
        (failed,) = await around.expect(NotificationFailed)
        rows = Deliveries(around.database, timedelta(days=1))
        await until(lambda: _is(rows, page.id, DeliveryState.DELIVERED))

    assert (failed.request_id, failed.reason) == (failing.id, "Twilio: busy")


async def test_a_page_that_repeats_is_ended_when_the_group_is_taken(
    around: Surroundings, providers: Providers
):
    group = await around.store(a_group())
    pushover = next(one for one in providers.doubles if isinstance(one, PushoverDouble))
    page = page_requested(group, channel="pushover", important=True)
    async with around.running(service, **providers.settings):
        await around.publish(page)
        await around.expect(NotificationDelivered)
        await around.store(acknowledged(group))
        real = clock.use(lambda: real() + timedelta(minutes=1))
        try:
            await until(lambda: pushover.taken[0].get("cancelled"))
        finally:
            clock.use(real)

    assert len(pushover.taken) == 1


async def test_a_page_that_repeats_is_read_when_it_is_acknowledged_there(
    around: Surroundings, providers: Providers
):
    group = await around.store(a_group())
    pushover = next(one for one in providers.doubles if isinstance(one, PushoverDouble))
    page = page_requested(group, channel="mobile_app_critical")
    async with around.running(service, **{**providers.settings, "ntfy_url": "off"}):
        await around.publish(page)
        await around.expect(NotificationDelivered)
        pushover.taken[0]["acknowledged"] = True
        real = clock.use(lambda: real() + timedelta(minutes=1))
        try:
            rows = Deliveries(around.database, timedelta(days=1))
            await until(lambda: _is(rows, page.id, DeliveryState.READ))
        finally:
            clock.use(real)

    assert pushover.taken[0]["priority"] == "2"


async def test_a_page_by_slack_is_a_direct_message_and_a_mention_in_the_groups_thread(
    around: Surroundings, providers: Providers
):
    group = await around.store(a_group())
    posts = Posts(around.database, timedelta(days=1))
    shown = Post(
        id="post-1", group_id=group.id, medium="slack", channel=CHANNEL, request={}, version=1,
        state=State.FIRING, run=1, handle=f"{CHANNEL}:{THREAD}",
    )  # fmt: skip
    await posts.want([(None, shown)], clock.now())
    slack = providers.by_rule["slack"]
    async with around.running(service, **providers.settings):
        await around.publish(page_requested(group, channel="slack"))
        await around.expect(NotificationDelivered)
        await until(lambda: len(slack.taken) == 2)

    card, mention = slack.taken
    assert "blocks" in card
    assert (mention["thread_ts"], mention["text"]) == (THREAD, "<@U0ALICE> is paged.")
    assert slack.violations == []


async def test_a_notice_to_a_channel_is_posted_there_and_calls_those_whom_it_mentions(
    around: Surroundings, providers: Providers
):
    slack = providers.by_rule["slack"]
    notice = NoticeRequested(
        id="notice-1", time=clock.now(), channel="slack", address=CHANNEL, in_channel=True, title="Primary: change",
        text="On call now: <b>ann</b>.", mentions=("U0ALICE", "!channel", "<!here>"),
    )  # fmt: skip
    async with around.running(service, **providers.settings):
        await around.publish(notice)
        await until(lambda: len(slack.taken) == 1)

    (posted,) = slack.taken
    words = "<@U0ALICE> <!channel> On call now: &lt;b&gt;ann&lt;/b&gt;."
    assert (posted["channel"], posted["text"]) == (CHANNEL, f"*Primary: change*\n{words}")
    assert slack.violations == []


async def _is(rows: Deliveries, id: str, state: DeliveryState) -> bool:
    row = await rows.get(id)
    return row is not None and row.state is state
