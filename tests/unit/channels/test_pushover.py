"""Pushover: how an emergency goes on after it was taken, and what its callback tells."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest

from shared.channels import pushover
from shared.channels.callback import Incoming
from shared.channels.channel import HttpReply
from shared.domain.send_outcome import Refused, Report, Retry, Sent
from shared.errors import Permanent
from shared.sending import Outlet
from tests.support.outgoing import NOON, a_message
from tests.support.pushover_double import USER, PushoverDouble


@pytest.fixture
async def double() -> AsyncIterator[PushoverDouble]:
    async with PushoverDouble() as double:
        yield double


async def test_an_important_page_is_asked_after_until_it_is_read_and_can_be_ended(double: PushoverDouble):
    settings = pushover.CHANNEL.settings_from(SimpleNamespace(**double.settings))
    async with Outlet() as outlet:
        sent = pushover.read(await outlet.perform(pushover.post(a_message(important=True), USER, settings)))
        assert isinstance(sent, Sent)
        seen = []
        for change in ({}, {"delivered": True}, {"acknowledged": True}):
            double.taken[0] |= change
            question = pushover.status(sent.handle, settings)
            assert question is not None
            seen.append(pushover.judge(await outlet.perform(question)))
        end = pushover.cancel(sent.handle, settings)
        assert end is not None
        assert (await outlet.perform(end)).status == 200  # type: ignore[union-attr]

    assert isinstance(seen[0], Retry)
    assert seen[1:] == [Report("delivered"), Report("read", is_final=True)]
    assert double.taken[0]["cancelled"]
    assert double.violations == []


def test_of_a_page_that_does_not_repeat_nothing_more_is_asked():
    settings = pushover.PushoverSettings()

    assert pushover.status("5042853c-402d-4a18-abcb-168734a801de", settings) is None
    assert pushover.cancel("5042853c-402d-4a18-abcb-168734a801de", settings) is None


def test_an_emergency_that_ran_out_is_not_asked_after_again():
    answer = HttpReply(200, {}, b'{"status": 1, "acknowledged": 0, "expired": 1, "last_delivered_at": 0}')

    assert isinstance(pushover.judge(answer), Refused)


def callback(**fields: str) -> Incoming:
    return Incoming(
        "POST",
        "https://t/pushover/receipt?delivery=D1&ticket=T",
        "receipt",
        {},
        urlencode(fields).encode(),
        NOON,
    )


def test_a_callback_tells_of_an_acknowledge_by_the_ticket_of_its_url():
    heard = pushover.hear(callback(receipt="R" * 30, acknowledged="1"))

    assert (heard.presses[0].action, heard.presses[0].ticket) == ("acknowledge", "T")
    assert (heard.reports[0].request_id, heard.reports[0].report.state) == ("D1", "read")
    assert pushover.hear(callback(receipt="R" * 30, acknowledged="0")).presses == ()


def test_a_callback_without_a_receipt_is_none():
    with pytest.raises(Permanent):
        pushover.hear(callback(acknowledged="1"))
