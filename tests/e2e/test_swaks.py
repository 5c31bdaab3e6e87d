"""A real swaks mails at the receiver's own SMTP port: encrypted, refused where nobody lives, over with "OK"."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

import pytest

from deploy.local.ports import free_port
from tests.e2e.story import FIRST, calling, one_integration, until
from tests.support.certificates import a_certificate
from tests.support.program import path_of
from tests.support.smtp_double import SmtpDouble
from tests.support.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.deep, pytest.mark.timeout(240)]
TOKEN = "swakstoken00000000000001"
DOMAIN = "alerts.example.com"
NO_SUCH_RECIPIENT = 24


class Swaks:
    """Debian's swaks, sending to one port with STARTTLS only."""

    def __init__(self, port: int, trusted: Path) -> None:
        self._port = port
        self._trusted = trusted

    async def send(self, to: str, subject: str, text: str) -> tuple[int, str]:
        """Return its exit code and the dialogue."""
        process = await asyncio.create_subprocess_exec(
            path_of("swaks", "swaks libnet-ssleay-perl"),
            *("--server", "127.0.0.1", "--port", str(self._port)),
            *("--tls", "--tls-verify", "--tls-ca-path", str(self._trusted)),
            *("--from", "monitoring@example.com", "--to", to),
            *("--header", f"Subject: {subject}", "--body", text),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        printed, _ = await asyncio.wait_for(process.communicate(), 40)
        assert process.returncode is not None
        return process.returncode, printed.decode(errors="replace")


async def test_a_mail_of_swaks_pages_and_a_mail_that_says_ok_ends_it(
    stack: Stack, mailbox: SmtpDouble, tmp_path: Path
) -> None:
    chain, key = a_certificate(DOMAIN).written(tmp_path)
    port = free_port()
    stack.environment |= {
        "TOCSIN_INBOUND_EMAIL_DOMAIN": DOMAIN,
        "TOCSIN_INBOUND_SMTP_PORT": str(port),
        "TOCSIN_INBOUND_SMTP_TLS_CERTIFICATE": str(chain),
        "TOCSIN_INBOUND_SMTP_TLS_KEY": str(key),
        "TOCSIN_INBOUND_SMTP_REQUIRE_TLS": "true",
    }
    await stack.start(one_integration("inbound_email", TOKEN))
    swaks = Swaks(port, chain)
    async with calling(stack) as api:
        # Encrypted, or not at all; and nobody but the integration lives there.
        code, dialogue = await swaks.send(f"{TOKEN}@{DOMAIN}", "Disk of db1 is full", "2 GB are left")
        assert (code, "=== TLS started" in dialogue) == (0, True), dialogue
        code, dialogue = await swaks.send(f"nobody@{DOMAIN}", "Disk of db1 is full", "OK")
        assert (code, "550" in dialogue) == (NO_SUCH_RECIPIENT, True), dialogue
        group = await api.the_group("firing", "Disk of db1 is full", alerts_count=1)
        [page] = await until(lambda: mailbox.of(FIRST))
        assert "Disk of db1 is full" in page.text

        # "OK" under the same subject, and nothing else, ends it.
        code, dialogue = await swaks.send(f"{TOKEN}@{DOMAIN}", "Disk of db1 is full", "OK")
        assert code == 0, dialogue
        over = await api.the_group("resolved", "Disk of db1 is full", alerts_count=2)
        assert over["id"] == group["id"]
