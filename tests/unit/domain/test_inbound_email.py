"""Addresses, keys and payloads of mails: what groups, what is the same alert, and that no token gets out."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from shared.domain.inbound_email import Recipient, domains_of, key_of, payload_of, recipient_of
from shared.domain.mail import Mail

DOMAINS = domains_of(" Alerts.Example.com, @b.example.com ,")
TO = Recipient("s3cr3t", "", "alerts.example.com")


@pytest.mark.parametrize(
    ("address", "token", "dedup"),
    [
        ("s3cr3t@alerts.example.com", "s3cr3t", ""),
        ("<s3cr3t@ALERTS.example.COM.>", "s3cr3t", ""),
        ("s3cr3t+db1/var@b.example.com", "s3cr3t", "db1/var"),
        ("s3cr3t+a+b@b.example.com", "s3cr3t", "a+b"),
        ('"s3cr3t"@b.example.com', "s3cr3t", ""),
    ],
)
def test_an_address_of_ours_is_token_and_dedup(address: str, token: str, dedup: str) -> None:
    found = recipient_of(address, DOMAINS)
    assert found is not None
    assert (found.token, found.dedup) == (token, dedup)


@pytest.mark.parametrize(
    "address", ["", "@", "a@", "@alerts.example.com", "a@example.com", "a@x.b.example.com", "a"]
)
def test_any_other_address_is_nobodys(address: str) -> None:
    assert recipient_of(address, DOMAINS) is None


def test_the_key_is_the_message_id_and_the_dedup_part_and_never_the_token() -> None:
    mail = Mail("s", "m", message_id="<1@x>")
    assert key_of(mail, TO) == "<1@x>"
    assert key_of(mail, Recipient("t", "db1", "d")) == "<1@x> db1"
    assert key_of(Mail("s", "m", digest="d1"), TO) == "d1"
    assert key_of(Mail("s", "m"), TO, "post") == "post"
    assert key_of(Mail("s", "m"), TO) is None
    assert len(key_of(Mail("s", "m", message_id="<" + "x" * 500), TO) or "") == 64


def test_no_payload_holds_the_token() -> None:
    mail = Mail(
        subject="Fwd: to S3CR3T@alerts.example.com",
        message="To: s3cr3t+db1@alerts.example.com",
        to=("s3cr3t@alerts.example.com",),
        message_id="<s3cr3t@x>",
        date=datetime(2026, 1, 5, tzinfo=UTC),
    )
    payload = payload_of(mail, TO, "bounce@example.com")

    assert "s3cr3t" not in json.dumps(payload).lower()
    assert payload["to"] == ["***@alerts.example.com"]
    assert (payload["sender"], payload["date"]) == ("bounce@example.com", "2026-01-05T00:00:00+00:00")
    assert "s3cr3t" not in repr(TO)
