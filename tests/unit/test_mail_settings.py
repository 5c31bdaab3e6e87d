"""Settings of inbound mail that do not fit together are told at the start, by name."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from services.receiver.mail_settings import MailSettings


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"inbound_smtp_port": 25}, "TOCSIN_INBOUND_EMAIL_DOMAIN"),
        ({"inbound_email_esp": "amazon_ses"}, "TOCSIN_INBOUND_EMAIL_DOMAIN"),
        (
            {"inbound_email_esp": "mailgun", "inbound_email_domain": "a.b"},
            "TOCSIN_INBOUND_EMAIL_MAILGUN_SECRET",
        ),
        ({"inbound_email_esp": "gmail"}, "unknown mail provider gmail"),
        ({"inbound_smtp_require_tls": True}, "TOCSIN_INBOUND_SMTP_TLS_CERTIFICATE"),
    ],
)
def test_what_is_missing_is_named(values: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        MailSettings(**values)


def test_a_provider_has_its_own_secret_or_the_common_one() -> None:
    settings = MailSettings.model_validate(
        {
            "inbound_email_esp": "mailgun,postal,amazon_ses",
            "inbound_email_domain": "a.b, C.d",
            "inbound_email_webhook_secret": "common",
            "inbound_email_postal_secret": "own",
        }
    )
    assert [settings.secret_of(one) for one in settings.mail_providers] == ["common", "own", "common"]
    assert settings.mail_domains == ("a.b", "c.d")
    assert "common" not in repr(settings)
