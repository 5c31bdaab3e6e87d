"""Mail over TLS at the receiver's own SMTP port, and certificates that are renewed while it runs."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from pathlib import Path

import pytest
from aiosmtplib import SMTPResponseException

from tests.integration.mail_running import DOMAIN, TO, a_mail, a_mail_receiver
from tests.support.certificates import a_certificate

pytestmark = pytest.mark.integration


async def test_starttls_is_offered_and_its_renewed_certificate_used(
    amqp_url: str, mongo_url: str, tmp_path: Path
) -> None:
    first, second = a_certificate(DOMAIN), a_certificate(DOMAIN)
    chain, key = first.written(tmp_path)
    files = {"inbound_smtp_tls_certificate": str(chain), "inbound_smtp_tls_key": str(key)}
    async with a_mail_receiver(
        amqp_url, tmp_path, mongo_url, inbound_smtp_require_tls=True, **files
    ) as mails:
        await mails.receiver.connected()
        async with mails.line() as line:
            with pytest.raises(SMTPResponseException) as refused:
                await line.mail("mon@example.com")
            assert refused.value.code == 530
        for made in (first, second):
            made.written(tmp_path)
            said = await asyncio.to_thread(_send_encrypted, mails.port, made.pem.decode())
            assert said[0] == 250
        key.write_text("broken")
        assert (await asyncio.to_thread(_send_encrypted, mails.port, second.pem.decode()))[0] == 250


def _send_encrypted(port: int, trusted_pem: str) -> tuple[int, bytes]:
    """Send with smtplib, over TLS with this certificate only."""
    context = ssl.create_default_context(cadata=trusted_pem)
    with smtplib.SMTP("127.0.0.1", port, timeout=20) as line:
        line._host = DOMAIN  # type: ignore[attr-defined]  # the name that the certificate must have
        line.starttls(context=context)
        line.ehlo()
        assert "auth" not in line.esmtp_features
        line.mail("mon@example.com")
        line.rcpt(TO)
        return line.data(a_mail(Message_ID="<tls@x>").as_bytes())
