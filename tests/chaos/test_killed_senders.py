"""kill -9 of a sender in the middle of a hand-over: nobody is paged twice, no message is posted twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from services.chatops_publisher.service import service as chatops_publisher
from services.notifier.service import service as notifier
from shared.domain.configuration import User
from shared.events import NotificationDelivered, NotificationUnknown, PostDelivered
from tests.support.killing import later, process
from tests.support.one_service import Surroundings, until
from tests.support.outgoing import a_group, page_requested, post_requested
from tests.support.slack_double import TOKEN, SlackDouble
from tests.support.smtp_double import SmtpDouble

pytestmark = pytest.mark.chaos


@pytest.fixture
async def around(amqp_url: str, mongo_url: str, tmp_path: Path) -> AsyncIterator[Surroundings]:
    async with Surroundings(amqp_url, mongo_url, tmp_path) as around:
        await around.configure(User(id="U-alice", username="alice", email="alice@example.org"))
        await around.store(a_group())
        yield around


async def test_a_notifier_killed_while_the_mail_server_has_the_mail_never_sends_it_again(
    around: Surroundings,
):
    async with SmtpDouble() as smtp:
        settings = {"TOCSIN_SMTP_HOST": smtp.host, "TOCSIN_SMTP_PORT": str(smtp.port)}
        smtp.faults.hanging_at = "DATA"
        async with process(around, "notifier", settings) as stack:
            await around.publish(page_requested())
            await until(lambda: smtp.waiting)
            stack.kill9("notifier")
        smtp.faults.hanging_at = ""
        smtp.faults.released.set()
        async with (
            later(timedelta(minutes=2)),
            around.running(notifier, smtp_host=smtp.host, smtp_port=smtp.port),
        ):
            await around.expect(NotificationUnknown)
            await around.publish(page_requested(part="another"))
            await around.expect(NotificationDelivered)

    assert smtp.repeated() == set()
    assert len(smtp.mails) <= 2


async def test_a_notifier_killed_before_the_hand_over_loses_no_page(around: Surroundings):
    async with SmtpDouble() as smtp:
        settings = {"TOCSIN_SMTP_HOST": smtp.host, "TOCSIN_SMTP_PORT": str(smtp.port)}
        smtp.faults.hanging_at = "RCPT"
        async with process(around, "notifier", settings) as stack:
            await around.publish(page_requested())
            await until(lambda: smtp.waiting)
            stack.kill9("notifier")
        smtp.faults.hanging_at = ""
        smtp.faults.released.set()
        async with (
            later(timedelta(minutes=2)),
            around.running(notifier, smtp_host=smtp.host, smtp_port=smtp.port),
        ):
            await around.expect(NotificationDelivered)

    assert len(smtp.mails) == 1


@pytest.mark.parametrize("arrives", [True, False])
async def test_a_publisher_killed_during_its_first_post_makes_one_message(
    around: Surroundings, arrives: bool
):
    """Whether the post arrived is not known to who comes after; the channel is."""
    async with SlackDouble() as slack:
        settings = {"TOCSIN_SLACK_API_URL": slack.url, "TOCSIN_SLACK_BOT_TOKEN": TOKEN}
        slack.hang_channel("C0ALERTS")
        async with process(around, "chatops_publisher", settings) as stack:
            await around.publish(post_requested())
            await until(lambda: slack.waiting)
            if not arrives:
                slack.faults.refused["chat.postMessage"] = "fatal_error"
            stack.kill9("chatops_publisher")
        slack.release()
        await until(lambda: not slack.waiting)
        slack.faults.refused.clear()
        async with (
            later(timedelta(minutes=2)),
            around.running(chatops_publisher, slack_api_url=slack.url, slack_bot_token=TOKEN),
        ):
            await around.expect(PostDelivered)

    assert len(slack.shown()) == 1
    assert slack.count("conversations.history") == 1
