"""A burst of pages to one person: the first at once, the rest as one mail; who is taken meanwhile drops out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from services.notifier.service import service
from shared.domain.configuration import User
from shared.domain.delivery import DeliveryState
from shared.events import (
    NotificationCancelled,
    NotificationDelivered,
    NotificationRequested,
    NotificationUnknown,
    StageDecided,
)
from shared.store.deliveries import Deliveries
from tests.support.one_service import Surroundings, until
from tests.support.outgoing import NOON, a_group, acknowledged, page_requested
from tests.support.smtp_double import SmtpDouble

pytestmark = pytest.mark.integration

ALICE = User(id="U-alice", username="alice", email="alice@example.org")
BOB = User(id="U-bob", username="bob", email="bob@example.org")
GROUPS = [
    a_group(
        key=f"k{number}", number=number, title=f"Disk {number}", opened_at=NOON + timedelta(seconds=number)
    )
    for number in range(1, 5)
]


@pytest.fixture
async def around(amqp_url: str, mongo_url: str, tmp_path: Path) -> AsyncIterator[Surroundings]:
    async with Surroundings(amqp_url, mongo_url, tmp_path) as around:
        await around.configure(ALICE)
        for group in GROUPS:
            await around.store(group)
        yield around


@pytest.fixture
async def smtp() -> AsyncIterator[SmtpDouble]:
    async with SmtpDouble() as double:
        yield double


@asynccontextmanager
async def notifier(around: Surroundings, smtp: SmtpDouble, **settings: object) -> AsyncIterator[None]:
    given: dict[str, object] = {
        "smtp_host": smtp.host,
        "smtp_port": smtp.port,
        "smtp_from": "tocsin@example.org",
        "page_intervals": "email=3",
    }
    async with around.running(service, **given | settings):
        yield


def pages() -> list[NotificationRequested]:
    return [page_requested(group) for group in GROUPS]


async def burst(around: Surroundings) -> None:
    """Page about four groups: the first goes out, three are collected."""
    first, *others = pages()
    await around.publish(first)
    await around.expect(NotificationDelivered)
    await around.publish(*others)
    await around.expect(StageDecided, 3)


async def test_a_burst_is_two_mails_and_each_page_has_its_own_word(around: Surroundings, smtp: SmtpDouble):
    async with notifier(around, smtp, instance="one"), notifier(around, smtp, instance="two"):
        await burst(around)
        await around.publish(*pages())
        told = await around.expect(NotificationDelivered, 4)

    assert len(smtp.mails) == 2
    assert smtp.mails[1].message["Subject"] == "3 alert groups are firing"
    assert all(f"Disk {number}" in smtp.mails[1].text for number in (2, 3, 4))
    assert {one.request_id for one in told} == {one.id for one in pages()}


async def test_several_rules_about_one_group_name_it_once_and_alone_it_is_an_ordinary_page(
    around: Surroundings, smtp: SmtpDouble
):
    """A person's first and second rule by the same channel may fall into one window."""
    await around.configure(BOB)
    first, second, third, _ = pages()
    again = [page_requested(one, part="rule 2") for one in GROUPS[1:3]]
    of_bob = [
        page_requested(GROUPS[number], user_id=BOB.id, part=f"bob {at}")
        for at, number in enumerate((0, 1, 1))
    ]
    async with notifier(around, smtp):
        await around.publish(first, of_bob[0])
        await around.expect(NotificationDelivered, 2)
        await around.publish(second, third, *again, *of_bob[1:])
        await around.expect(NotificationDelivered, 8)

    subjects = {
        one: [str(mail.message["Subject"]) for mail in smtp.of(one)] for one in (ALICE.email, BOB.email)
    }
    assert subjects[ALICE.email][1:] == ["2 alert groups are firing"]
    assert subjects[BOB.email][1:] == [subjects[BOB.email][0].replace("#1", "#2")]


async def test_a_group_that_is_taken_before_the_mail_is_made_drops_out(
    around: Surroundings, smtp: SmtpDouble
):
    async with notifier(around, smtp):
        await burst(around)
        await around.store(acknowledged(GROUPS[1]))
        await around.expect(NotificationDelivered, 3)
        (dropped,) = await around.expect(NotificationCancelled)

    assert len(smtp.mails) == 2
    assert "Disk 2" not in smtp.mails[1].text
    assert smtp.mails[1].message["Subject"] == "2 alert groups are firing"
    assert dropped.request_id == pages()[1].id


async def test_a_group_that_is_taken_at_the_last_moment_is_not_in_the_mail(
    around: Surroundings, smtp: SmtpDouble
):
    """The mail about three is ready to go when one is acknowledged: it is made again, about two."""
    async with notifier(around, smtp):
        await burst(around)
        smtp.faults.hanging_at = "RCPT"
        await until(lambda: smtp.waiting)
        await around.store(acknowledged(GROUPS[3]))
        smtp.faults.hanging_at = ""
        smtp.faults.released.set()
        await around.expect(NotificationDelivered, 3)
        await around.expect(NotificationCancelled)

    assert len(smtp.mails) == 2
    assert "Disk 4" not in smtp.mails[1].text


async def test_a_throttle_holds_what_is_above_it_says_so_and_sends_it_as_one(
    around: Surroundings, smtp: SmtpDouble, turn_clock: Callable[[timedelta], None]
):
    """Two mails in ten minutes: the third and fourth page wait, also when the instance that took them is gone."""
    first, second, third, fourth = pages()
    limits = {"page_intervals": "", "page_limits": "email=2/10"}
    async with notifier(around, smtp, instance="one", **limits):
        await around.publish(first)
        await around.expect(NotificationDelivered)
        await around.publish(second)
        await around.expect(NotificationDelivered, 2)
        await around.publish(third, fourth)
        held = await around.expect(StageDecided, 2)
    assert {one.decision for one in held} == {"throttled"}
    assert held[0].reason.startswith(
        "held by throttle: this person got 2 by email within 10 min, goes out with"
    )
    assert len(smtp.mails) == 2

    turn_clock(timedelta(minutes=11))
    async with notifier(around, smtp, instance="two", **limits):
        await around.publish(third)
        await around.expect(NotificationDelivered, 4)

    assert len(smtp.mails) == 3
    assert smtp.mails[2].message["Subject"] == "2 alert groups are firing"


async def test_an_unknown_outcome_is_unknown_for_every_page_of_the_mail(
    around: Surroundings, smtp: SmtpDouble
):
    async with notifier(around, smtp):
        await burst(around)
        smtp.faults.drops_after_data = 1
        await around.expect(NotificationUnknown, 3)

    ledger = Deliveries(around.database, timedelta(days=1))
    states = [one.state if (one := await ledger.get(page.id)) else None for page in pages()]
    assert states == [DeliveryState.SENT, *[DeliveryState.UNKNOWN] * 3]
    assert len(smtp.mails) == 2


async def test_a_refusal_for_now_keeps_the_pages_together(around: Surroundings, smtp: SmtpDouble):
    async with notifier(around, smtp):
        await burst(around)
        smtp.faults.answers["RCPT"], smtp.faults.count = "451 greylisted", 1
        told = await around.expect(NotificationDelivered, 4)

    assert len(smtp.mails) == 2
    assert [one.attempts for one in told] == [1, 2, 2, 2]
