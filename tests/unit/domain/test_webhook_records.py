"""What people are shown of a webhook's run holds no secret; what signs it is what receivers' libraries check."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime

import pytest

from shared.domain.configuration import Webhook
from shared.domain.webhook_record import (
    LIMIT,
    MASKED,
    masked_data,
    masked_event,
    masked_headers,
    masked_url,
)
from shared.domain.webhook_signature import key_of, secret_of, signed_headers
from shared.errors import Permanent
from tests.support.build import NOON, minute

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_the_signature_is_that_of_the_published_example():
    """The example that the libraries of Standard Webhooks are tested by."""
    at = datetime.fromtimestamp(1614265330, UTC)

    headers = signed_headers("msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}', [SECRET])

    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_while_a_secret_is_replaced_both_sign():
    other = secret_of(bytes(range(32)))

    signatures = signed_headers("m", NOON, b"x", [other, SECRET])["webhook-signature"].split(" ")

    content = f"m.{int(NOON.timestamp())}.x".encode()
    made = [hmac.new(key_of(one), content, hashlib.sha256).digest() for one in (other, SECRET)]
    assert signatures == [f"v1,{base64.b64encode(one).decode()}" for one in made]


def test_a_former_secret_signs_until_its_time_is_up():
    row = Webhook(
        id="W", name="w", url="u", signing_secret="new", former_signing_secret="old",
        former_signing_secret_until=minute(5),
    )  # fmt: skip

    assert row.signing_secrets_at(minute(4)) == ("new", "old")
    assert row.signing_secrets_at(minute(5)) == ("new",)
    assert signed_headers("m", NOON, b"", []) == {}


@pytest.mark.parametrize("text", ["", "whsec_", "whsec_short", "secret", SECRET.removeprefix("whsec_")])
def test_what_is_no_secret_is_refused(text: str):
    with pytest.raises(Permanent, match="whsec_"):
        key_of(text)


def test_headers_that_are_named_like_secrets_are_masked():
    headers = {"Authorization": "Bearer x", "X-Api-Key": "k", "X-Name": "db hunter2"}

    assert masked_headers(headers, ["hunter2"]) == {
        "Authorization": MASKED,
        "X-Api-Key": MASKED,
        "X-Name": f"db {MASKED}",
    }


def test_bodies_are_masked_by_name_and_by_what_is_known_to_be_secret():
    body = {"token": "t", "list": [{"password": "p", "text": "say hunter2"}], "token_count": 3}

    shown = json.loads(masked_data(json.dumps(body).encode(), ["hunter2", ""]) or "")

    assert shown == {
        "token": MASKED,
        "list": [{"password": MASKED, "text": f"say {MASKED}"}],
        "token_count": 3,
    }
    assert masked_data(b"plain hunter2", ["hunter2"]) == f"plain {MASKED}"
    assert masked_data(None) is None


def test_urls_are_shown_without_passwords_and_tokens():
    url = "https://u:p@x.example/a?token=abc&state=up"

    assert masked_url(url) == "https://u:***@x.example/a?token=***&state=up"
    assert masked_url("https://x.example/{% if") == "https://x.example/{% if"


def test_what_is_too_big_is_cut():
    assert len(masked_data(b"x" * 2 * LIMIT) or "") < LIMIT + 100
    assert "characters" in masked_event({"payload": "x" * LIMIT})
