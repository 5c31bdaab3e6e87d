"""A mail through the real SMTP port, encrypted, pages Alice; a mail that says OK resolves what it raised."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from email.message import EmailMessage
from pathlib import Path

import pytest

from deploy.local.ports import free_port
from tests.e2e.story import CONFIGURATION, FIRST, calling, until
from tests.support.certificates import a_certificate
from tests.support.smtp_double import SmtpDouble
from tests.support.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.deep, pytest.mark.timeout(180)]
DOMAIN = "alerts.example.com"
MAILS = """
  - name: Mails
    type: inbound_email
    default_route: {chain: "Alice, then Bob"}
"""


def send(port: int, trusted_pem: str, to: str, subject: str, html: str) -> None:
    """Send one HTML mail over TLS."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "UPS <ups@example.com>", to, subject
    mail.set_content(html, subtype="html")
    with smtplib.SMTP("127.0.0.1", port, timeout=20) as line:
        line._host = DOMAIN  # type: ignore[attr-defined]  # the name that the certificate must have
        line.starttls(context=ssl.create_default_context(cadata=trusted_pem))
        line.send_message(mail)


async def test_a_mail_pages_alice_and_one_that_says_ok_resolves_it(
    stack: Stack, mailbox: SmtpDouble, tmp_path: Path
) -> None:
    made, port = a_certificate(DOMAIN), free_port()
    chain, key = made.written(tmp_path)
    stack.environment |= {
        "TOCSIN_INBOUND_SMTP_PORT": str(port),
        "TOCSIN_INBOUND_SMTP_REQUIRE_TLS": "true",
        "TOCSIN_INBOUND_SMTP_TLS_CERTIFICATE": str(chain),
        "TOCSIN_INBOUND_SMTP_TLS_KEY": str(key),
        "TOCSIN_INBOUND_EMAIL_DOMAIN": DOMAIN,
    }
    await stack.start(CONFIGURATION + MAILS)
    async with calling(stack) as api:
        listed = (await api.get("/api/v1/integrations/?name=Mails"))["results"][0]
        address = listed["inbound_email"]
        assert (address.partition("@")[2], listed["link"]) == (DOMAIN, None)
        assert address == address.lower()

        fire = "<p>Battery at <b>12 %</b>, see <a href='https://ups.example.com/1'>the UPS</a></p>"
        await asyncio.to_thread(send, port, made.pem.decode(), address, "UPS 1 on battery", fire)
        group = await api.the_group("firing", "UPS 1 on battery")
        [page] = await until(lambda: mailbox.of(FIRST))
        assert "UPS 1 on battery" in str(page.message["Subject"])
        assert "the UPS (https://ups.example.com/1)" in page.text

        await asyncio.to_thread(send, port, made.pem.decode(), address, "ups 1 on battery", "<p>ok</p>")
        resolved = await api.the_group("resolved", alerts_count=2)
        assert resolved["id"] == group["id"]
    logs = "".join(one.log.read_text(errors="replace") for one in stack.instances)
    assert address.partition("@")[0] not in logs
