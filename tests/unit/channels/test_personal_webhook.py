"""Personal webhooks and topics of people's own servers: what they are told, and where they may not lead."""

from __future__ import annotations

import json

import pytest

from shared.channels import apprise, ntfy, personal_webhook
from shared.channels.channel import HttpCall
from shared.errors import Permanent
from shared.sending import Outlet
from tests.support.outgoing import a_message
from tests.support.personal_webhook_double import SECRET


def call(target: str) -> HttpCall:
    made = personal_webhook.post(a_message(), target, personal_webhook.PersonalWebhookSettings())
    assert isinstance(made, HttpCall)
    return made


def test_the_signing_secret_never_travels():
    made = call(f"https://hooks.example.org/x?y=1#{SECRET}")

    assert made.url == "https://hooks.example.org/x?y=1"
    assert SECRET not in repr(made)
    assert made.headers["webhook-id"] == made.headers["Idempotency-Key"] == a_message().id


def test_without_a_secret_it_is_not_signed():
    made = call("https://hooks.example.org/x")

    assert set(made.headers) == {"Content-Type", "Idempotency-Key"}
    assert json.loads(made.body or b"")["alert_group"]["number"] == 12


@pytest.mark.parametrize(
    "text", ["ftp://x/y", "https://", "hooks.example.org", "https://x/#secret", "https://x:99999/"]
)
def test_what_is_no_url_or_no_secret_is_no_address(text: str):
    assert personal_webhook.address(text) is None


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/x", "http://10.0.0.1/x", "http://[::1]:9/x", "http://169.254.169.254/latest"]
)
async def test_a_persons_url_reaches_no_private_address(url: str):
    settings = ntfy.NtfySettings()
    async with Outlet() as outlet:
        for made in (call(url), ntfy.post(a_message(), url, settings)):
            with pytest.raises(Permanent, match="private"):
                await outlet.perform(made)


def test_our_login_is_not_sent_to_a_topic_on_another_server():
    settings = ntfy.NtfySettings.model_validate({"url": "https://ours.example.org", "token": "tk_ours"})
    ours = ntfy.post(a_message(), "topic", settings)
    theirs = ntfy.post(a_message(), "https://theirs.example.org/topic", settings)

    assert isinstance(ours, HttpCall)
    assert isinstance(theirs, HttpCall)
    assert ("Authorization" in ours.headers, ours.trusted) == (True, True)
    assert ("Authorization" in theirs.headers, theirs.trusted) == (False, False)
    assert (ours.url, theirs.url) == ("https://ours.example.org/", "https://theirs.example.org/")


@pytest.mark.parametrize(
    "text", ["file:///etc/passwd", "syslog://", "json://a/,json://b/", "no url", "FILE://x"]
)
def test_what_would_act_on_apprises_own_machine_or_on_several_is_no_address(text: str):
    assert apprise.address(text) is None
