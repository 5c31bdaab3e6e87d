"""Mail against a real SMTP server: the outcome is unknown only from DATA on."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from shared.channels import email
from shared.channels.channel import SmtpCall, SmtpReply
from shared.errors import Transient, Unanswered
from shared.sending import Outlet
from tests.support.outgoing import a_message
from tests.support.smtp_double import SmtpDouble


@pytest.fixture
async def smtp() -> AsyncIterator[SmtpDouble]:
    async with SmtpDouble() as double:
        yield double


@pytest.fixture
async def outlet() -> AsyncIterator[Outlet]:
    async with Outlet() as outlet:
        yield outlet


def call(
    smtp: SmtpDouble, recipient: str = "alice@example.org", timeout_s: float = 2.0, id: str = "D-1"
) -> SmtpCall:
    settings = email.EmailSettings(
        host=smtp.host, port=smtp.port, sender="tocsin@example.org", timeout_s=timeout_s
    )
    made = email.post(a_message(id=id), recipient, settings)
    assert isinstance(made, SmtpCall)
    return made


async def test_a_mail_arrives(smtp: SmtpDouble, outlet: Outlet):
    reply = await outlet.perform(call(smtp))

    assert reply == SmtpReply(250, "queued as 1")
    assert [one.message_id for one in smtp.of("alice@example.org")] == ["<D-1@example.org>"]
    assert "95 % of /var" in smtp.mails[0].text


async def test_nothing_is_sent_between_preparing_and_handing_over(smtp: SmtpDouble, outlet: Outlet):
    async with outlet.prepared(call(smtp)):
        assert smtp.connections == 1

    assert smtp.mails == []


async def test_a_line_serves_the_next_mail(smtp: SmtpDouble, outlet: Outlet):
    for number in range(3):
        await outlet.perform(call(smtp, id=f"D-{number}"))

    assert (len(smtp.mails), smtp.connections) == (3, 1)


async def test_a_kept_line_that_died_costs_nothing(outlet: Outlet, smtp: SmtpDouble):
    await outlet.perform(call(smtp))
    smtp.break_lines()

    reply = await outlet.perform(call(smtp, id="D-2"))

    assert reply == SmtpReply(250, "queued as 2")


async def test_a_kept_line_that_the_server_says_goodbye_to_costs_nothing(outlet: Outlet, smtp: SmtpDouble):
    await outlet.perform(call(smtp))
    smtp.faults.answers["MAIL"], smtp.faults.count = "421 idle for too long", 1

    assert await outlet.perform(call(smtp, id="D-2")) == SmtpReply(250, "queued as 2")


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("code", [451, 550])
async def test_a_rejection_is_an_answer(smtp: SmtpDouble, outlet: Outlet, command: str, code: int):
    smtp.faults.answers[command] = f"{code} no"

    assert await outlet.perform(call(smtp)) == SmtpReply(code, "no")
    assert smtp.mails == []


async def test_no_server_is_surely_not_sent(outlet: Outlet, smtp: SmtpDouble):
    await smtp.stop()

    with pytest.raises(Transient, match="no line to the mail server") as caught:
        await outlet.perform(call(smtp))

    assert not isinstance(caught.value, Unanswered)


@pytest.mark.parametrize("command", ["EHLO", "MAIL", "RCPT"])
async def test_a_server_that_hangs_before_data_is_surely_not_sent(
    smtp: SmtpDouble, outlet: Outlet, command: str
):
    smtp.faults.hanging_at = command

    with pytest.raises(Transient) as caught:
        await outlet.perform(call(smtp, timeout_s=0.1))

    assert not isinstance(caught.value, Unanswered)


async def test_a_server_that_hangs_after_data_leaves_the_outcome_unknown(smtp: SmtpDouble, outlet: Outlet):
    smtp.faults.hanging_at = "DATA"

    with pytest.raises(Unanswered):
        await outlet.perform(call(smtp, timeout_s=0.1))


async def test_a_line_that_breaks_after_data_leaves_the_outcome_unknown(smtp: SmtpDouble, outlet: Outlet):
    smtp.faults.drops_after_data = 1

    with pytest.raises(Unanswered):
        await outlet.perform(call(smtp))

    assert len(smtp.mails) == 1
