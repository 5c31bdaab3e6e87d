"""What mail servers and scripts get at the receiver's own SMTP port, with a real broker and database behind it."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtplib import SMTPDataError, SMTPRecipientRefused, SMTPResponseException, SMTPServerDisconnected

from shared.domain.configuration import ConfigSnapshot
from shared.domain.ingest import alert_id
from shared.events import AlertReceived
from tests.integration.mail_running import (
    DOMAIN,
    INTEGRATIONS,
    OTHER,
    TO,
    TOKEN,
    MailReceiver,
    a_mail,
    a_mail_receiver,
)
from tests.integration.receiver_running import events_in, missing_alerts

pytestmark = pytest.mark.integration
NO_BROKER = "amqp://guest:guest@127.0.0.1:1/"


@pytest.fixture
async def mails(amqp_url: str, mongo_url: str, tmp_path: Path) -> AsyncIterator[MailReceiver]:
    async with a_mail_receiver(amqp_url, tmp_path, mongo_url) as mails:
        await mails.receiver.connected()
        yield mails


async def alerts(amqp_url: str, at_least: int = 1) -> list[AlertReceived]:
    found = await events_in(amqp_url, "tocsin.router", at_least)
    return [one for one in found if isinstance(one, AlertReceived)]


async def swaks(*arguments: str) -> tuple[int, str]:
    """Run swaks; return its exit code and the dialogue."""
    process = await asyncio.create_subprocess_exec(
        "swaks", *arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    printed, _ = await process.communicate()
    return process.returncode or 0, printed.decode(errors="replace")


async def test_a_mail_is_an_alert_with_an_id_that_anybody_can_compute(
    mails: MailReceiver, amqp_url: str
) -> None:
    said = await mails.send(a_mail(Message_ID="<1@example.com>", Date="Mon, 05 Jan 2026 13:00:00 +0100"))
    [event] = await alerts(amqp_url)

    assert said.endswith(event.alert.id)
    assert event.alert.id == alert_id("CMAIL", "<1@example.com>")
    assert event.reason == "mailed to Mails"
    assert event.alert.payload == {
        "subject": "Disk full",
        "message": "2 GB left",
        "sender": "mon@example.com",
        "sender_name": "Monitoring",
        "to": [f"***@{DOMAIN}"],
        "dedup": None,
        "message_id": "<1@example.com>",
        "date": "2026-01-05T12:00:00+00:00",
    }


async def test_a_retry_of_a_mail_is_the_same_alert(mails: MailReceiver, amqp_url: str) -> None:
    first = await mails.send(a_mail(Message_ID="<1@example.com>"))
    again = await mails.send(a_mail(Message_ID="<1@example.com>"))
    other = await mails.send(a_mail(Message_ID="<2@example.com>"))

    assert first == again != other
    assert len(await alerts(amqp_url, 2)) == 2


async def test_each_recipient_of_a_mail_is_an_alert_and_the_part_after_the_plus_goes_along(
    mails: MailReceiver, amqp_url: str
) -> None:
    await mails.send(
        a_mail(Message_ID="<1@x>"), TO, f"{TOKEN}+db1@{DOMAIN}", f"{OTHER}@{DOMAIN}", TO.upper(), TO
    )
    found = {(one.alert.integration_id, one.alert.payload["dedup"]) for one in await alerts(amqp_url, 3)}

    assert found == {("CMAIL", None), ("CMAIL", "db1"), ("CTWO", None)}


@pytest.mark.parametrize(
    "address", [f"nobody@{DOMAIN}", f"webtoken@{DOMAIN}", f"{TOKEN}@elsewhere.example.com", "postmaster"]
)
async def test_an_address_that_takes_no_mail_is_refused_for_good(mails: MailReceiver, address: str) -> None:
    async with mails.line() as line:
        await line.mail("mon@example.com")
        with pytest.raises(SMTPRecipientRefused) as refused:
            await line.rcpt(address)
        assert refused.value.code == 550
        await line.rcpt(TO)
        assert (await line.data(a_mail().as_bytes())).code == 250


async def test_whoever_tries_many_addresses_is_sent_away(mails: MailReceiver) -> None:
    codes = []
    async with mails.line() as line:
        await line.mail("mon@example.com")
        for number in range(20):
            with pytest.raises(SMTPRecipientRefused) as refused:
                await line.rcpt(f"guess{number}@{DOMAIN}")
            codes.append(refused.value.code)
        with pytest.raises((SMTPServerDisconnected, SMTPResponseException)):
            await line.noop()
    assert codes == [550] * 19 + [421]


async def test_while_recipients_cannot_be_looked_up_the_sender_keeps_its_mail(
    tmp_path: Path,
) -> None:
    async with a_mail_receiver(NO_BROKER, tmp_path) as mails, mails.line() as line:
        await line.mail("mon@example.com")
        with pytest.raises(SMTPRecipientRefused) as refused:
            await line.rcpt(TO)
        assert refused.value.code == 451


async def test_a_new_token_is_not_refused_for_good_while_the_database_is_away(
    amqp_url: str, tmp_path: Path
) -> None:
    known = ConfigSnapshot(version=7, integrations=INTEGRATIONS)
    async with a_mail_receiver(amqp_url, tmp_path, configuration=known) as mails, mails.line() as line:
        await line.mail("mon@example.com")
        assert (await line.rcpt(TO)).code == 250
        with pytest.raises(SMTPRecipientRefused) as refused:
            await line.rcpt(f"storedmeanwhile@{DOMAIN}")
        assert refused.value.code == 451


async def test_without_the_broker_a_mail_is_spooled_and_told_later_under_its_id(
    amqp_url: str, mongo_url: str, tmp_path: Path
) -> None:
    async with a_mail_receiver(NO_BROKER, tmp_path, mongo_url) as mails:
        said = await mails.send(a_mail(Message_ID="<1@x>"), TO, f"{OTHER}@{DOMAIN}")
        assert await mails.receiver.metric("tocsin_spool_events") == 2
        assert await mails.receiver.metric("tocsin_ingest_accepted_total", where="spool") == 2
    async with a_mail_receiver(amqp_url, tmp_path, mongo_url):
        found = await alerts(amqp_url, 2)
    assert {one.alert.id for one in found} == {alert_id("CMAIL", "<1@x>"), alert_id("CTWO", "<1@x>")}
    assert alert_id("CMAIL", "<1@x>") in said


async def test_with_neither_broker_nor_disk_the_sender_keeps_its_mail_for_all_recipients(
    mongo_url: str, tmp_path: Path
) -> None:
    async with a_mail_receiver(NO_BROKER, tmp_path, mongo_url, spool_max_bytes=1) as mails:
        with pytest.raises(SMTPDataError) as refused:
            await mails.send(a_mail(), TO, f"{OTHER}@{DOMAIN}")
        assert refused.value.code == 451
        assert await mails.receiver.metric("tocsin_ingest_accepted_total", where="spool") == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied (vacation)"},
        {"X_Failed_Recipients": "bob@example.com"},
        {"X_Tocsin_Group": "I1"},
    ],
)
async def test_replies_of_machines_and_our_own_pages_are_refused_and_no_alert(
    mails: MailReceiver, headers: dict[str, str]
) -> None:
    with pytest.raises(SMTPDataError) as refused:
        await mails.send(a_mail(**headers), sender="")
    assert refused.value.code == 550


async def test_a_tool_may_send_with_the_null_sender(mails: MailReceiver, amqp_url: str) -> None:
    mail = a_mail(Auto_Submitted="auto-generated")
    del mail["From"]
    await mails.send(mail, sender="")
    [event] = await alerts(amqp_url)
    assert (event.alert.payload["subject"], event.alert.payload["sender"]) == ("Disk full", "")


async def test_the_size_limit_is_told_and_held(amqp_url: str, mongo_url: str, tmp_path: Path) -> None:
    async with a_mail_receiver(amqp_url, tmp_path, mongo_url, inbound_email_max_bytes=20_000) as mails:
        await mails.receiver.connected()
        async with mails.line() as line:
            await line.ehlo()
            assert line.esmtp_extensions["size"] == "20000"
            with pytest.raises(SMTPResponseException) as refused:
                await line.mail("mon@example.com", options=["SIZE=20001"])
            assert refused.value.code == 552
        with pytest.raises(SMTPDataError) as too_much:
            await mails.send(a_mail("line\n" * 6000))
        assert too_much.value.code == 552
        assert "Accepted" in await mails.send(a_mail("line\n" * 3000))


async def test_a_line_without_an_end_is_cut_off(amqp_url: str, mongo_url: str, tmp_path: Path) -> None:
    async with a_mail_receiver(amqp_url, tmp_path, mongo_url, inbound_email_max_bytes=20_000) as mails:
        reader, writer = await asyncio.open_connection("127.0.0.1", mails.port)
        writer.write(f"EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<{TO}>\r\nDATA\r\n".encode())
        try:
            for _ in range(40):
                writer.write(b"x" * 100_000)
                await writer.drain()
        except ConnectionError:
            pass
        said = await asyncio.wait_for(_rest(reader), 60)
        writer.close()
        assert b"552" in said or said.endswith(b"354 End data with <CR><LF>.<CR><LF>\r\n")


async def _rest(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read()
    except ConnectionError:
        return b"552"


async def test_more_connections_than_allowed_are_asked_to_come_later(
    amqp_url: str, mongo_url: str, tmp_path: Path
) -> None:
    async with a_mail_receiver(amqp_url, tmp_path, mongo_url, inbound_smtp_max_connections=4) as mails:
        async with mails.line() as one, mails.line() as two:
            await one.noop()
            await two.noop()
            assert await mails.receiver.metric("tocsin_inbound_smtp_connections") == 2
            with pytest.raises(SMTPResponseException) as refused:
                await mails.line().connect()
            assert refused.value.code == 421
        async with mails.line() as line:
            assert (await line.noop()).code == 250


async def test_who_says_nothing_is_hung_up_on(amqp_url: str, mongo_url: str, tmp_path: Path) -> None:
    async with a_mail_receiver(amqp_url, tmp_path, mongo_url, inbound_smtp_timeout_s=0.3) as mails:
        reader, writer = await asyncio.open_connection("127.0.0.1", mails.port)
        assert (await asyncio.wait_for(reader.read(), 60)).startswith(b"220")
        writer.close()


async def test_swaks_delivers_and_is_told_of_an_unknown_recipient(mails: MailReceiver, amqp_url: str) -> None:
    server = ("--server", "127.0.0.1", "--port", str(mails.port), "--from", "mon@example.com")
    code, dialogue = await swaks(*server, "--to", TO, "--header", "Subject: From swaks")
    assert code == 0, dialogue
    code, dialogue = await swaks(*server, "--to", f"nobody@{DOMAIN}")
    assert (code, "550" in dialogue) == (24, True), dialogue
    [event] = await alerts(amqp_url)
    assert event.alert.payload["subject"] == "From swaks"


async def test_a_stop_answers_the_mail_in_hand_and_hangs_up_on_idle_lines(
    amqp_url: str, mongo_url: str, tmp_path: Path
) -> None:
    async with a_mail_receiver(amqp_url, tmp_path, mongo_url) as mails:
        await mails.receiver.connected()
        line = mails.line()
        await line.connect()
        sending = [asyncio.create_task(mails.send(a_mail(Message_ID=f"<{n}@x>"))) for n in range(20)]
        await asyncio.wait(sending, return_when=asyncio.FIRST_COMPLETED)
    answers: list[Any] = await asyncio.gather(*sending, return_exceptions=True)
    accepted = [one for one in answers if isinstance(one, str)]
    assert accepted
    assert await missing_alerts(amqp_url, [one.rpartition(" ")[2] for one in accepted]) == set()
    line.close()
