"""The notifier on a real broker and database, against a real mail server: once, in time, and only while wanted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from services.notifier.service import service
from shared import clock
from shared.bus.wire import Provenance, encode
from shared.domain.configuration import User
from shared.domain.delivery import DeliveryState
from shared.domain.model import GroupRun
from shared.events import (
    NotificationCancelled,
    NotificationDelivered,
    NotificationFailed,
    NotificationUnknown,
    StageDecided,
)
from shared.service import Running
from shared.store.deliveries import Deliveries
from tests.support.cable import Cable
from tests.support.one_service import Surroundings, until
from tests.support.outgoing import a_group, acknowledged, page_requested
from tests.support.smtp_double import SmtpDouble

pytestmark = pytest.mark.integration

ALICE = User(id="U-alice", username="alice", email="alice@example.org")
BOB = User(id="U-bob", username="bob", email="bob@slow.example")
CAROL = User(id="U-carol", username="carol", email="")


@pytest.fixture
async def around(amqp_url: str, mongo_url: str, tmp_path: Path) -> AsyncIterator[Surroundings]:
    async with Surroundings(amqp_url, mongo_url, tmp_path) as around:
        await around.configure(ALICE, BOB, CAROL)
        yield around


@pytest.fixture
async def smtp() -> AsyncIterator[SmtpDouble]:
    async with SmtpDouble() as double:
        yield double


@asynccontextmanager
async def notifier(around: Surroundings, smtp: SmtpDouble, **settings: object) -> AsyncIterator[Running]:
    given = {"smtp_host": smtp.host, "smtp_port": smtp.port, "smtp_from": "tocsin@example.org", **settings}
    async with around.running(service, **given) as running:
        yield running


def rows(around: Surroundings) -> Deliveries:
    return Deliveries(around.database, timedelta(days=1))


@asynccontextmanager
async def later(by: timedelta) -> AsyncIterator[None]:
    """Move the clock of this process."""
    before = clock.use(lambda: real() + by)
    real = before
    try:
        yield
    finally:
        clock.use(before)


async def test_a_page_arrives_and_is_told(around: Surroundings, smtp: SmtpDouble):
    async with notifier(around, smtp):
        await around.store(a_group())
        await around.publish(page_requested())
        (told,) = await around.expect(NotificationDelivered)

    assert [one.recipient for one in smtp.mails] == ["alice@example.org"]
    assert (told.user_id, told.run, told.alert_id, told.attempts) == ("U-alice", 1, "A-1", 1)
    assert told.handle == "queued as 1"


async def test_a_request_that_comes_twice_pages_once(around: Surroundings, smtp: SmtpDouble):
    async with notifier(around, smtp):
        await around.store(a_group())
        await around.publish(page_requested(), page_requested())
        await around.expect(NotificationDelivered)
        await around.publish(page_requested())
        repeats = await around.expect(StageDecided)

    assert len(smtp.mails) == 1
    assert {one.decision for one in repeats} == {"repeat"}


async def test_two_instances_page_once(around: Surroundings, smtp: SmtpDouble):
    group = await around.store(a_group())
    requests = [page_requested(group, part=number) for number in range(30)]
    async with notifier(around, smtp, instance="one"), notifier(around, smtp, instance="two"):
        await around.publish(*requests, *requests)
        await around.expect(NotificationDelivered, 30)

    assert len(smtp.mails) == 30
    assert smtp.repeated() == set()


async def test_nothing_is_sent_for_a_group_that_is_acknowledged(around: Surroundings, smtp: SmtpDouble):
    await around.store(a_group())
    await around.store(acknowledged(a_group()))
    async with notifier(around, smtp):
        await around.publish(page_requested(a_group()))
        (told,) = await around.expect(NotificationCancelled)

    assert smtp.mails == []
    assert told.reason == "the alert group is acknowledged by Alice"


async def test_an_acknowledge_between_claim_and_hand_over_stops_the_mail(
    around: Surroundings, smtp: SmtpDouble
):
    """The mail server is slow to take the recipient; meanwhile somebody acknowledges."""
    await around.store(a_group())
    smtp.faults.hanging_at = "RCPT"
    async with notifier(around, smtp):
        await around.publish(page_requested(a_group()))
        await until(lambda: smtp.waiting)
        await around.store(acknowledged(a_group()))
        smtp.faults.hanging_at = ""
        smtp.faults.released.set()
        await around.expect(NotificationCancelled)

    assert smtp.mails == []


async def test_a_page_of_an_older_run_is_not_sent(around: Surroundings, smtp: SmtpDouble):
    await around.store(a_group(run=2))
    async with notifier(around, smtp):
        await around.publish(page_requested(a_group(run=1)))
        await around.expect(NotificationCancelled)

    assert smtp.mails == []


@pytest.mark.parametrize(
    ("fields", "settings", "reason"),
    [
        ({"user_id": "U-carol"}, {}, "carol has no address for E-mail"),
        ({"user_id": "U-nobody"}, {}, "user U-nobody does not exist"),
        ({"channel": "phone_call"}, {}, "Twilio is not set up: TOCSIN_TWILIO_ACCOUNT_SID is empty"),
        ({"channel": "msteams"}, {}, "channel msteams is not set up"),
        ({}, {"smtp_host": ""}, "e-mail is not set up: TOCSIN_SMTP_HOST is empty"),
    ],
)
async def test_what_cannot_be_sent_at_all_fails_at_once(around, smtp, fields, settings, reason):
    await around.store(a_group())
    async with notifier(around, smtp, **settings):
        await around.publish(page_requested(**fields))
        (told,) = await around.expect(NotificationFailed)

    assert (told.reason, told.attempts) == (reason, 0)


async def test_a_rejection_for_now_is_tried_again(around: Surroundings, smtp: SmtpDouble):
    smtp.faults.answers["RCPT"], smtp.faults.count = "451 greylisted", 1
    await around.store(a_group())
    async with notifier(around, smtp):
        await around.publish(page_requested())
        (told,) = await around.expect(NotificationDelivered)

    assert told.attempts == 2
    assert len(smtp.mails) == 1


async def test_a_rejection_for_good_fails_and_says_what_the_server_said(
    around: Surroundings, smtp: SmtpDouble
):
    smtp.faults.answers["RCPT"] = "550 no such user"
    await around.store(a_group())
    async with notifier(around, smtp):
        await around.publish(page_requested())
        (told,) = await around.expect(NotificationFailed)

    assert told.reason == "the mail server said 550 no such user"


async def test_a_line_that_breaks_after_data_is_unknown_and_not_repeated(
    around: Surroundings, smtp: SmtpDouble
):
    smtp.faults.drops_after_data = 1
    await around.store(a_group())
    async with notifier(around, smtp):
        await around.publish(page_requested())
        (told,) = await around.expect(NotificationUnknown)

    assert "without an answer" in told.reason
    assert len(smtp.mails) == 1


async def test_a_hung_domain_holds_nobody_elses_mail(around: Surroundings, smtp: SmtpDouble):
    """Forty pages hang at one domain's server; a page to another domain goes out at once."""
    smtp.faults.hanging_at, smtp.faults.hanging_for = "RCPT", "slow.example"
    group = await around.store(a_group())
    async with notifier(around, smtp) as running:
        slow = [page_requested(group, user_id="U-bob", part=number) for number in range(40)]
        await around.publish(*slow)
        await until(lambda: smtp.waiting >= 8)
        began = clock.monotonic_s()
        await around.publish(page_requested(group))
        await until(lambda: smtp.of("alice@example.org"))
        took_s = clock.monotonic_s() - began
        smtp.faults.hanging_at = ""
        smtp.faults.released.set()
        await around.expect(NotificationDelivered, 41)

    assert took_s < running.settings.smtp_timeout_s / 2, "it waited for the others to time out"
    assert smtp.repeated() == set()


async def test_a_page_waits_while_nobody_can_say_whether_it_is_wanted(
    around: Surroundings, smtp: SmtpDouble, mongo_url: str
):
    """The database goes away when the mail server is ready: nothing goes out until it is back, then once."""
    await around.store(a_group())
    smtp.faults.hanging_at = "RCPT"
    async with Cable.to(mongo_url) as cable, notifier(around, smtp, mongo_url=cable.mongo_url(mongo_url)):
        await around.publish(page_requested())
        await until(lambda: smtp.waiting)
        await cable.cut()
        smtp.faults.hanging_at = ""
        smtp.faults.released.set()
        await until(lambda: not smtp.waiting)
        await until(lambda: smtp.broken_off)
        assert smtp.mails == []
        await cable.plug_in()
        await around.expect(NotificationDelivered)

    assert len(smtp.mails) == 1


async def test_what_was_sent_is_written_down_although_the_database_was_away(
    around: Surroundings, smtp: SmtpDouble, mongo_url: str
):
    await around.store(a_group())
    smtp.faults.hanging_at = "DATA"
    async with Cable.to(mongo_url) as cable, notifier(around, smtp, mongo_url=cable.mongo_url(mongo_url)):
        await around.publish(page_requested())
        await until(lambda: smtp.waiting)
        await cable.cut()
        smtp.faults.released.set()
        await until(lambda: smtp.mails)
        await cable.plug_in()
        await around.expect(NotificationDelivered)

    assert len(smtp.mails) == 1


async def test_a_row_whose_sender_died_becomes_unknown_and_is_never_sent_again(
    around: Surroundings, smtp: SmtpDouble
):
    await around.store(a_group())
    deliveries = rows(around)
    async with notifier(around, smtp) as running:
        await running.io.supervisor.close()  # this instance takes requests in and sends nothing
        await around.publish(page_requested())
        (claimed,) = await until(lambda: deliveries.claim("email", 1, (), clock.now(), 15))
        assert await deliveries.begin_sending(claimed, clock.now() + timedelta(seconds=35), clock.now())
    async with notifier(around, smtp), later(timedelta(seconds=60)):
        (told,) = await around.expect(NotificationUnknown)

    assert smtp.mails == []
    assert told.reason == "whoever was sending it did not live to tell"
    row = await deliveries.get(page_requested().id)
    assert row is not None
    assert row.state is DeliveryState.UNKNOWN


async def test_a_claimed_row_is_taken_over_by_another_instance(around: Surroundings, smtp: SmtpDouble):
    await around.store(a_group())
    deliveries = rows(around)
    async with notifier(around, smtp) as running:
        await running.io.supervisor.close()
        await around.publish(page_requested())
        await until(lambda: deliveries.claim("email", 1, (), clock.now(), 15))
    async with notifier(around, smtp), later(timedelta(seconds=20)):
        await around.expect(NotificationDelivered)

    assert len(smtp.mails) == 1


async def test_an_outcome_that_was_saved_but_not_told_is_told_by_whoever_is_there(
    around: Surroundings, smtp: SmtpDouble
):
    await around.store(a_group())
    deliveries = rows(around)
    async with notifier(around, smtp):
        await around.publish(page_requested())
        (told,) = await around.expect(NotificationDelivered)
    around.told.clear()
    # As it would be had the sender died between the write and the confirm.
    body = {"id": told.id, "key": told.type, "body": encode(told, Provenance("notifier", "dead")).decode()}
    await deliveries.collection.update_one(
        {"_id": told.request_id},
        {"$set": {"untold": [body], "untold_at": clock.now() - timedelta(seconds=6)}},
    )
    async with notifier(around, smtp):
        (again,) = await around.expect(NotificationDelivered)
        await until(lambda: _cleared(deliveries))

    assert again == told


async def _cleared(deliveries: Deliveries) -> bool:
    return await deliveries.collection.count({"untold_at": {"$exists": True}}) == 0


async def test_a_stopping_notifier_ends_what_it_has_in_hand(around: Surroundings, smtp: SmtpDouble):
    group = await around.store(a_group())
    smtp.faults.hanging_at = "DATA"
    async with notifier(around, smtp):
        await around.publish(page_requested(group))
        await until(lambda: smtp.waiting)
        asyncio.get_running_loop().call_later(0.1, smtp.faults.released.set)

    row = await rows(around).get(page_requested(group).id)
    assert row is not None
    assert row.state is DeliveryState.SENT
    assert around.of(NotificationDelivered) or await around.expect(NotificationDelivered)


async def test_a_digest_is_sent_while_one_of_its_groups_fires_and_not_when_all_are_taken(
    around: Surroundings, smtp: SmtpDouble
):
    first, second = a_group(id="G-1"), a_group(id="G-2", key="another")
    for group in (first, second, acknowledged(first)):
        await around.store(group)
    digest = [GroupRun(id=one.id, run=one.run) for one in (first, second)]
    async with notifier(around, smtp):
        await around.publish(page_requested(first, digest=digest, part="first"))
        await around.expect(NotificationDelivered)
        await around.store(acknowledged(second))
        await around.publish(page_requested(second, digest=digest, part="second"))
        (told,) = await around.expect(NotificationCancelled)

    (mail,) = smtp.mails
    assert "2 alert groups" in str(mail.message)
    assert told.reason.startswith("none of its 2 alert groups fires any more")
