"""Where a message is seen in a browser, in the forms that the products document."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shared.channels import slack, telegram
from shared.channels.channel import HttpReply
from shared.domain.send_outcome import Refused, Sent


def answered(body: dict[str, Any]) -> HttpReply:
    return HttpReply(200, {}, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("chat", "permalink"),
    [
        ({"id": -1001234567890, "type": "supergroup"}, "https://t.me/c/1234567890/7"),
        ({"id": -1001234567890, "type": "channel"}, "https://t.me/c/1234567890/7"),
        ({"id": -1001234567890, "type": "channel", "username": "ops_alerts"}, "https://t.me/ops_alerts/7"),
        ({"id": -4012345, "type": "group"}, None),
        ({"id": 777, "type": "private", "username": "alice"}, None),
        ({"id": -1001234567890}, None),
    ],
)
def test_telegram_has_addresses_for_messages_of_supergroups_and_channels(
    chat: dict[str, Any], permalink: str | None
):
    sent = telegram.read(answered({"ok": True, "result": {"message_id": 7, "chat": chat}}))

    assert sent == Sent(handle=f"{chat['id']}:7", permalink=permalink)


def test_slack_has_an_address_for_every_message_of_the_workspace():
    address = slack.home(answered({"ok": True, "url": "https://example.slack.com/"}))

    assert isinstance(address, str)
    found = slack.link(address, "C123ABC456:1358546515.000008")
    assert found == "https://example.slack.com/archives/C123ABC456/p1358546515000008"


def test_a_workspace_that_does_not_say_where_it_is_has_no_addresses():
    assert isinstance(slack.home(answered({"ok": True})), Refused)
    assert isinstance(slack.home(answered({"ok": False, "error": "invalid_auth"})), Refused)
